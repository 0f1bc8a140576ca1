internal import Foundation
internal import PKI
internal import SwiftASN1
internal import Testing
internal import X509

/// A cluster whose root rolls over, and devices that know one of the two roots only.
struct RollOverWorld {
    let cluster: TestCluster
    let folder: String

    var oldRootFolder: String { "\(cluster.directory)/root" }
    var newRootFolder: String { "\(cluster.directory)/root-2" }
    var oldRoot: String { "\(oldRootFolder)/root-certificate.pem" }
    var newRoot: String { "\(newRootFolder)/root-certificate.pem" }

    init(_ cluster: TestCluster) throws {
        self.cluster = cluster
        folder = "\(cluster.directory)/roll-over"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    static func certificates(_ path: String) throws -> [Certificate] {
        try String(contentsOfFile: path, encoding: .utf8).components(separatedBy: "-----BEGIN")
            .dropFirst().map { try Certificate(pemEncoded: "-----BEGIN" + $0) }
    }

    /// What `cacerts` has, fetched by a client that trusts the roots in a file.
    func bag(trusting anchor: String) async throws -> [Certificate] {
        let answer = try await Curl.get(cluster.url("cacerts"), ["--cacert", anchor])
        try #require(answer.status == 200, "curl ended with \(answer.exitStatus)")
        return try CertsOnlyMessage.decode(Base64Body.decode(answer.body)).map { try Certificate(derEncoded: $0) }
    }

    /// Waits until `cacerts` has so many certificates: frontends have the signer's catalogue within seconds.
    func waitForBag(of count: Int) async throws -> [Certificate] {
        try await wait("cacerts has \(count) certificates") {
            try await bag(trusting: cluster.trustAnchor).count == count
        }
        return try await bag(trusting: cluster.trustAnchor)
    }

    /// Waits until a client that trusts one root alone reaches the frontend.
    func waitUntilReached(trusting anchor: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await wait(
            "a client with \(anchor) reaches the frontend", limit: .seconds(60), sourceLocation: sourceLocation
        ) {
            try await Curl.get(cluster.url("cacerts"), ["--cacert", anchor]).status == 200
        }
    }

    /// Whether plain `openssl verify` finds the way to the one root with what `cacerts` has.
    func verifies(_ leaf: Certificate, trusting root: String, with bag: [Certificate]) async throws -> Bool {
        let (leafPath, bagPath) = ("\(folder)/\(UUID().uuidString).pem", "\(folder)/\(UUID().uuidString).pem")
        try leaf.serializeAsPEM().pemString.write(toFile: leafPath, atomically: true, encoding: .utf8)
        try bag.map { try $0.serializeAsPEM().pemString }.joined(separator: "\n")
            .write(toFile: bagPath, atomically: true, encoding: .utf8)
        let run = try await CommandRun.run([
            "openssl", "verify", "-no-CApath", "-no-CAstore", "-CAfile", root, "-untrusted", bagPath, leafPath,
        ])
        return run.status == 0 && run.text == "\(leafPath): OK\n"
    }

    /// What a device does with the fingerprint of one root, which it was given by another way.
    func fetchPinned(to root: String) async throws -> CommandRun {
        let shown = try await CommandRun.text(["openssl", "x509", "-in", root, "-noout", "-fingerprint", "-sha256"])
        let fingerprint = shown.trimmingCharacters(in: .whitespacesAndNewlines).components(separatedBy: "=")[1]
        return try await CommandRun.run([
            "\(TestCluster.executables)/estuary", "device", "cacerts", "--server", "https://\(try cluster.address())",
            "--fingerprint", fingerprint, "--timeout", "60s",
        ])
    }
}

extension Certificate {
    /// Whether this certificate's key made the other's signature.
    func hasSigned(_ other: Certificate) -> Bool {
        publicKey.isValidSignature(other.signature, for: other)
    }
}
