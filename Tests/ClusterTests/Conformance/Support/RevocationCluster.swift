internal import Foundation
internal import NIOCore
internal import NIOPosix
internal import PKI
internal import SwiftASN1
internal import Testing
internal import X509

/// A cluster of two frontends that serve plain HTTP too, and whose certificates say where CRL and OCSP are to be had.
struct RevocationCluster: Sendable {
    let cluster: TestCluster
    /// `host:port` of each frontend's plain HTTP.
    let plain: [String]

    /// What the case V4 allows.
    static let limit = Duration.seconds(5)

    var frontends: ClosedRange<Int> { 1...plain.count }
    var issuer: String { "\(cluster.directory)/signer/authorities/devices/certificate.pem" }

    static func start() async throws -> RevocationCluster {
        let cluster = try await TestCluster(frontends: 2)
        var plain: [String] = []
        for name in cluster.frontends {
            let address = "127.0.0.1:\(try await freePort())"
            try append("plain-http:\n  listen: '\(address)'\n", to: "\(cluster.directory)/\(name)/configuration.yaml")
            plain.append(address)
        }
        let signer = "\(cluster.directory)/signer/configuration.yaml"
        let text = try String(contentsOfFile: signer, encoding: .utf8)
        try text.replacing(
            "  - name: devices\n",
            with: """
                  - name: devices
                    crl-url: ['http://\(plain[0])/crl/devices.crl']
                    ocsp-url: ['http://\(plain[1])/ocsp/devices']

                """
        ).write(toFile: signer, atomically: true, encoding: .utf8)
        try await cluster.start()
        return RevocationCluster(cluster: cluster, plain: plain)
    }

    private static func append(_ text: String, to path: String) throws {
        let old = try String(contentsOfFile: path, encoding: .utf8)
        try (old + text).write(toFile: path, atomically: true, encoding: .utf8)
    }

    /// A port that no other cluster of these tests has. It stays taken until the process ends.
    private static func freePort() async throws -> Int {
        while true {
            let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .bind(host: "127.0.0.1", port: 0).get()
            let port = try #require(channel.localAddress?.port)
            try await channel.close()
            if ClusterPlaces.shared.reserve([port]) { return port }
        }
    }

    /// The addresses of a path at a frontend: without and with TLS.
    func urls(_ path: String, frontend: Int) throws -> [String] {
        ["http://\(plain[frontend - 1])\(path)", "https://\(try cluster.address(frontend: frontend))\(path)"]
    }

    func get(_ url: String, _ arguments: [String] = []) async throws -> Curl.Answer {
        try await Curl.get(url, ["--cacert", cluster.trustAnchor] + arguments)
    }

    /// A device's certificate, and the PEM file that it is in.
    func enroll(_ name: String) async throws -> (certificate: Certificate, path: String) {
        let device = try TestDevice(name, in: cluster)
        let certificate = try await device.enroll(cluster, secret: cluster.firstSecret()).certificate()
        let path = "\(device.folder)/certificate.pem"
        try certificate.serializeAsPEM().pemString.write(toFile: path, atomically: true, encoding: .utf8)
        return (certificate, path)
    }

    func revoke(_ certificate: Certificate, reason: String) async throws {
        try await cluster.estuary(
            "certificate", "revoke", Array(certificate.serialNumber.bytes).hexadecimal, "--reason", reason)
    }

    /// A file of this cluster's folder.
    func file(_ name: String) -> String { "\(cluster.directory)/\(name)" }

    func write(_ contents: Data, _ name: String) throws -> String {
        try contents.write(to: URL(fileURLWithPath: file(name)))
        return file(name)
    }

    /// What openssl says, whether it succeeds or not.
    func openssl(_ arguments: String...) async throws -> (status: Int32, text: String) {
        let run = try await CommandRun.run(["openssl"] + arguments, environment: ["no_proxy": "*", "NO_PROXY": "*"])
        return (run.status, run.text + run.errors)
    }
}
