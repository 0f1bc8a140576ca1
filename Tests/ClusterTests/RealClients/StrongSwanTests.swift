internal import ClusterProtocol
internal import Foundation
internal import Testing

/// strongSwan's `pki` as a device's client.
@Suite struct StrongSwanTests {
    private static let enrolled = "Issued certificate is trusted"

    @Test func aDeviceEnrollsAndRenews() async throws {
        let cluster = try await TestCluster.running()
        let pki = try StrongSwan(folder: "\(cluster.directory)/strongswan", url: "https://\(cluster.address())")
        let secret = try cluster.firstSecret()
        try await pki.fetchAuthorities(trusting: cluster.trustAnchor)
        let authorities = ["\(pki.folder)/authority.pem", "\(pki.folder)/authority-1.pem"]
        #expect(
            try await CommandRun.text(["openssl", "x509", "-in", authorities[0]])
                == CommandRun.text(["openssl", "x509", "-in", cluster.trustAnchor]))

        try await pki.makeRequest("first", key: ["--type", "ecdsa", "--size", "256"])
        let refused = try await pki.enroll("first", ["--userpass", "device:not-the-secret"])
        #expect(refused.status != 0)
        #expect(refused.errors.contains("HTTP 401"))

        let first = try await pki.enroll("first", ["--userpass", "device:\(secret)"])
        #expect(first.errors.contains("negotiated TLS 1.2"))
        #expect(first.errors.contains(Self.enrolled))
        try await OpenSSL.verify(pki.certificate("first"), trustAnchor: cluster.trustAnchor, untrusted: authorities[1])
        #expect(try await OpenSSL.isCertificate(pki.certificate("first"), forKey: pki.key("first")))

        // The same key; its own folder: each step has its certificate beside its key.
        try await pki.keepRequest(of: "first", as: "renewed")
        let renewed = try await pki.enroll("renewed", pki.holding("first"))
        #expect(renewed.errors.contains(Self.enrolled))
        try await OpenSSL.verify(
            pki.certificate("renewed"), trustAnchor: cluster.trustAnchor, untrusted: authorities[1])

        // A new key, of another type, over TLS 1.3; and then that key in TLS.
        try await pki.makeRequest("rekeyed", key: ["--type", "rsa", "--size", "2048"])
        let rekeyed = try await pki.enroll("rekeyed", pki.holding("renewed"), maximumTLS: "1.3")
        #expect(rekeyed.errors.contains("negotiated TLS 1.3"))
        #expect(rekeyed.errors.contains(Self.enrolled))
        try await OpenSSL.verify(
            pki.certificate("rekeyed"), trustAnchor: cluster.trustAnchor, untrusted: authorities[1])
        #expect(try await OpenSSL.isCertificate(pki.certificate("rekeyed"), forKey: pki.key("rekeyed")))
        try await pki.makeRequest("last", key: ["--type", "ecdsa", "--size", "384"])
        let last = try await pki.enroll("last", pki.holding("rekeyed"))
        #expect(last.errors.contains(Self.enrolled))
        try await OpenSSL.verify(pki.certificate("last"), trustAnchor: cluster.trustAnchor, untrusted: authorities[1])

        try await cluster.waitUntilAudited()
        let issued = try await cluster.events().filter { $0.type == .issued }
        #expect(
            issued.map(\.operation) == ["simpleenroll", "simplereenroll", "simplereenroll", "simplereenroll"])
    }

    /// With either root alone it reaches the frontend, and knows what of the bag it can trust.
    @Test func theCertificatesOfARollOverAreRead() async throws {
        let cluster = try await TestCluster.running()
        let world = try RollOverWorld(cluster)
        try await cluster.estuary(
            "ca", "roll-root", "--root-directory", world.oldRootFolder, "--new-root-directory", world.newRootFolder)
        try await cluster.estuary("reload")
        _ = try await world.waitForBag(of: 5)
        for root in [world.oldRoot, world.newRoot] {
            try await world.waitUntilReached(trusting: root)
            let pki = try StrongSwan(
                folder: "\(cluster.directory)/strongswan-\(UUID().uuidString)", url: "https://\(cluster.address())")
            let said = try await pki.authorities(trusting: root)
            #expect(said.contains("Root CA equals trusted TLS Root CA"), "\(said)")
            // The issuing authority, NewWithOld and OldWithNew.
            #expect(said.components(separatedBy: "Sub CA cert is trusted").count == 4, "\(said)")
        }
    }
}

/// strongSwan's `pki`, with its files in a folder of its own.
private struct StrongSwan {
    let folder: String
    private let url: String
    private let program: String

    init(folder: String, url: String) throws {
        self.folder = folder
        self.url = url
        program = try InstalledProgram.require("pki", package: "strongswan-pki")
        // ECDSA and AES-GCM come from its OpenSSL plugin.
        _ = try InstalledProgram.require(
            "/usr/lib/ipsec/plugins/libstrongswan-openssl.so", package: "libstrongswan-standard-plugins")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    func key(_ name: String) -> String { "\(folder)/\(name).key" }
    func certificate(_ name: String) -> String { "\(folder)/\(name).pem" }
    private func request(_ name: String) -> String { "\(folder)/\(name).der" }

    /// The options that present a certificate.
    func holding(_ name: String) -> [String] { ["--cert", certificate(name), "--key", key(name)] }

    /// Writes `authority.pem`, the root, and `authority-1.pem`, the intermediate.
    func fetchAuthorities(trusting anchor: String) async throws {
        let said = try await authorities(trusting: anchor)
        #expect(said.contains("Root CA equals trusted TLS Root CA"))
        #expect(said.contains("Sub CA cert is trusted"))
    }

    /// Fetches the authorities; what it says of them.
    func authorities(trusting anchor: String) async throws -> String {
        let arguments = ["--cacert", anchor, "--caout", "\(folder)/authority.pem", "--outform", "pem"]
        let run = try await CommandRun.run([program, "--estca", "--url", url] + arguments)
        try #require(run.status == 0, "\(run.errors)")
        return run.errors
    }

    func makeRequest(_ name: String, key: [String]) async throws {
        let generated = try await CommandRun.text([program, "--gen", "--outform", "pem"] + key)
        try generated.write(toFile: self.key(name), atomically: true, encoding: .utf8)
        let run = try await CommandRun.run([
            program, "--req", "--type", "priv", "--in", self.key(name), "--dn", "CN=strongswan-1, O=Example",
            "--san", "strongswan-1.example.com",
        ])
        try #require(run.status == 0, "\(run.errors)")
        try run.output.write(to: URL(fileURLWithPath: request(name)))
    }

    /// The request and key of one step for another.
    func keepRequest(of old: String, as new: String) async throws {
        try FileManager.default.copyItem(atPath: request(old), toPath: request(new))
        try FileManager.default.copyItem(atPath: key(old), toPath: key(new))
    }

    /// Asks for a certificate, trusting the authorities that were fetched; writes it.
    func enroll(_ name: String, _ credentials: [String], maximumTLS: String? = nil) async throws -> CommandRun {
        var environment: [String: String] = [:]
        if let maximumTLS {
            let configuration = "\(folder)/strongswan-\(maximumTLS).conf"
            try "pki {\n  tls {\n    version_max = \(maximumTLS)\n  }\n}\n"
                .write(toFile: configuration, atomically: true, encoding: .utf8)
            environment["STRONGSWAN_CONF"] = configuration
        }
        let run = try await CommandRun.run(
            [
                program, "--est", "--url", url, "--in", request(name), "--outform", "pem",
                "--cacert", "\(folder)/authority.pem", "--cacert", "\(folder)/authority-1.pem",
            ] + credentials, environment: environment)
        try run.output.write(to: URL(fileURLWithPath: certificate(name)))
        return run
    }
}
