internal import ConfigurationFile
internal import NIOSSL

/// Who may see the console: keys of `console` in the auditor's configuration.
package struct ConsoleAccessConfiguration: Sendable {
    package enum Opened: String, CaseIterable, Sendable {
        case none
        /// Checkpoint and hash tiles, never entries: anyone can see that the log only grows.
        case checkpointAndTiles = "checkpoint-and-tiles"
    }

    package var tls: ConsoleTLS?
    /// A PEM file: operators have certificates of this authority.
    package var operatorCA: String?
    /// The role of each operator by the common name of the certificate.
    var operators: [String: ConsoleUser.Role]
    /// The file of users with passwords.
    package var users: String?
    package var opened: Opened
    package var sessionLifetime: Duration
    package var sessions: Int
    package var failures: Int
    package var failureWindow: Duration

    package var needsSignIn: Bool { operatorCA != nil || users != nil }

    /// - Parameter root: the mapping `console`.
    init(_ root: ConfigurationReader) throws {
        tls = try root.mapping("tls").map {
            ConsoleTLS(certificate: try $0.path("certificate"), key: try $0.path("key"))
        }
        operatorCA = root.contains("operator-ca") ? try root.path("operator-ca") : nil
        users = root.contains("users") ? try root.path("users") : nil
        var operators: [String: ConsoleUser.Role] = [:]
        for entry in try root.mappings("operators") {
            let name = try entry.string("name")
            let role = try entry.choice("role", default: ConsoleUser.Role.viewer)
            guard operators.updateValue(role, forKey: name) == nil else {
                throw entry.error("name", "«\(name)» is there twice")
            }
        }
        self.operators = operators
        opened = try root.choice("public", default: Opened.none)
        sessionLifetime = try root.duration(
            "session-lifetime", default: .seconds(12 * 3600), in: .seconds(60)...(.seconds(7 * 86_400)))
        let limits = try root.mapping("sign-in")
        sessions = try limits?.integer("sessions", default: 1000, in: 1...100_000) ?? 1000
        failures = try limits?.integer("failures", default: 10, in: 1...1000) ?? 10
        failureWindow =
            try limits?.duration("failure-window", default: .seconds(600), in: .seconds(1)...(.seconds(86_400)))
            ?? .seconds(600)
        if operatorCA != nil, tls == nil {
            throw root.error("operator-ca", "operators' certificates need TLS: add tls.certificate and tls.key")
        }
        if !operators.isEmpty, operatorCA == nil {
            throw root.error("operators", "their certificates need an authority: add operator-ca")
        }
    }
}

/// The console's own certificate.
package struct ConsoleTLS: Sendable {
    /// A PEM file, the leaf first.
    package var certificate: String
    package var key: String

    /// TLS 1.2 and later; a client's certificate is asked for where there is an authority for it, and may be missing.
    func configuration(operatorCA: String?) throws -> TLSConfiguration {
        let chain = try NIOSSLCertificate.fromPEMFile(certificate)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        if let operatorCA {
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(operatorCA))
            configuration.certificateVerification = .optionalVerification
            configuration.sendCANameList = true
        }
        return configuration
    }
}
