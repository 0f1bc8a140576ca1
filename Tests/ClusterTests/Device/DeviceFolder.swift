internal import Foundation
internal import Testing

/// Where a device keeps its files; it runs `estuary device` on them.
struct DeviceFolder: Sendable {
    let path: String
    /// What goes with each command: the server and how it is trusted.
    var server: [String]

    var key: String { "\(path)/key.pem" }
    var certificate: String { "\(path)/certificate.pem" }
    private var files: [String] { ["--key", key, "--certificate", certificate] }

    /// What the commands print with `--json`.
    struct Installed: Decodable {
        var renewed: Bool
        var key: String?
        var keyMessage: String?
        var certificate: String
        var subject: String
        var serial: String
        var notBefore: Int64
        var notAfter: Int64
        var renewsFrom: Int64
    }

    /// - Parameter parent: goes away with the test's server.
    init(in parent: String, server: String, trustAnchor: String) throws {
        path = "\(parent)/device-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        // A busy machine is no failure.
        self.server = ["--server", server, "--trust-anchor", trustAnchor, "--timeout", "60s", "--wait", "60s"]
    }

    /// Runs a subcommand; files and server are added.
    func run(
        _ command: String, _ arguments: [String] = [], secret: String? = nil, withFiles: Bool = true
    ) async throws -> CommandRun {
        try await CommandRun.run(
            ["\(TestCluster.executables)/estuary", "device", command] + server + (withFiles ? files : []) + arguments,
            environment: secret.map { ["ESTUARY_SECRET": $0] } ?? [:])
    }

    /// Runs a subcommand that must succeed, and reads what it has installed.
    @discardableResult
    func install(
        _ command: String, _ arguments: [String] = [], secret: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Installed {
        let run = try await run(command, arguments + ["--json"], secret: secret)
        try #require(run.status == 0, "\(run.errors)", sourceLocation: sourceLocation)
        return try JSONDecoder.facts.decode(Installed.self, from: run.output)
    }

    func text(_ path: String) throws -> String {
        try String(contentsOfFile: path, encoding: .utf8)
    }

    func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    /// Checks that the key is the certificate's, that both are private, and that the certificate verifies.
    func expectGoodFiles(
        trustAnchor: String, untrusted: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        #expect(
            try await OpenSSL.isCertificate(certificate, forKey: key), sourceLocation: sourceLocation)
        #expect(try mode(key) == 0o600 && mode(certificate) == 0o600, sourceLocation: sourceLocation)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: path).allSatisfy { !$0.hasSuffix(".new") },
            sourceLocation: sourceLocation)
        let verified = try await CommandRun.text([
            "openssl", "verify", "-CAfile", trustAnchor, "-untrusted", untrusted, certificate,
        ])
        #expect(verified == "\(certificate): OK\n", sourceLocation: sourceLocation)
    }

    /// What `openssl x509` says of the certificate.
    func shown(_ options: String...) async throws -> String {
        try await CommandRun.text(["openssl", "x509", "-in", certificate, "-noout"] + options)
    }

    /// What `openssl pkey` says of the key's kind: its first line.
    func keyKind() async throws -> String {
        try await CommandRun.text(["openssl", "pkey", "-in", key, "-noout", "-text"])
    }
}
