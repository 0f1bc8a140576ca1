internal import ClusterTransport
internal import ConfigurationFile
internal import Foundation
package import Logging
package import Observability
internal import TransparencyLog

/// The signer's configuration file (every key is in docs/configuration.md).
///
/// Relative paths start at the file's folder.
package struct SignerConfiguration: Sendable {
    struct AuditorPeer: Sendable {
        var endpoint: String
        var key: CurvePublicKey
        /// Signs the log's checkpoints.
        var logKey: NoteVerifierKey
        /// How often the log is looked at while there is nothing to deliver.
        var interval: Duration
    }

    struct AuthorityFiles: Sendable, Equatable {
        var name: String
        /// PEM: the issuing certificate.
        var certificate: String
        /// PEM: every certificate above it, the root last.
        var chain: String
        /// PKCS#8 in PEM, mode 0600, plain or encrypted.
        var key: String
        /// PEM: what `cacerts` has beside the chain during a roll-over of the root. Need not be there.
        var additional: String
        var passphraseFile: String?
        var services = RevocationServices()
    }

    struct Limits: Sendable {
        /// Enrollments that run at once; more wait.
        var concurrentEnrollments: Int
        /// Enrollments that wait; past that the signer is `overloaded`.
        var waitingEnrollments: Int
        /// Operations in one transaction of the ledger.
        var batch: Int
        /// The longest that a transaction of the ledger waits for operations that are on their way.
        var gathering: Duration
        /// Operations that wait for the ledger.
        var waitingOperations: Int
        /// Events that the auditor has not acknowledged, at which issuance stops.
        var outbox: Int64
        /// How long acknowledged events stay, for an auditor that was restored.
        var outboxRetention: Duration
        /// Requests of one identity that may wait for approval.
        var pendingPerIdentity: Int
        /// How long a request waits for approval.
        var pendingLifetime: Duration
        /// How long a frontend's TLS certificate is valid.
        var nodeCertificateLifetime: Duration
        /// How many certificates an identity and a node may get.
        var rates: IssuanceLimits.Rates
    }

    /// The configuration file itself.
    var file: String
    package var name: String
    var endpoint: String
    var curveKey: String
    var catalogueKey: String
    /// The private key that cosigns the log's checkpoints; its public key is beside it, with `.pub`.
    var witnessKey: String
    var ledger: String
    var policy: String
    var administration: String
    /// Encrypts the operator's named keys in the ledger; made when the first one is added.
    var keyWrapping: String
    var auditor: AuditorPeer
    var authorities: [AuthorityFiles]
    var limits: Limits
    var metricsFile: String?
    package var logLevel: Logger.Level
    package var logFormat: LogFormat

    /// Reads and checks a configuration file.
    ///
    /// - Throws: `ConfigurationError` with file, line and what is allowed.
    package static func load(path: String) throws -> SignerConfiguration {
        try SignerConfiguration(ConfigurationReader.load(path: path))
    }

    /// Reads a whole file's keys.
    init(_ reader: ConfigurationReader) throws {
        file = reader.file
        name = try reader.string("name", default: "signer")
        endpoint = try reader.string("endpoint")
        guard endpoint.hasPrefix("tcp://") else {
            throw reader.error("endpoint", "an address such as tcp://127.0.0.1:7601 is expected, not «\(endpoint)»")
        }
        curveKey = try reader.path("curve-key", default: "curve.key")
        catalogueKey = try reader.path("catalogue-key", default: "catalogue.key")
        witnessKey = try reader.path("witness-key", default: "witness.key")
        ledger = try reader.path("ledger", default: "ledger.sqlite")
        policy = try reader.path("policy", default: "policy.yaml")
        administration = try reader.path("administration", default: "admin")
        keyWrapping = try reader.path("kek-wrapping-key", default: "kek-wrapping.key")
        metricsFile = reader.contains("metrics-file") ? try reader.path("metrics-file") : nil
        guard let auditor = try reader.mapping("auditor") else {
            throw reader.error("auditor", "the auditor's endpoint, key and log-key are needed here")
        }
        self.auditor = try Self.auditor(auditor)
        authorities = try reader.mappings("authorities").map(Self.authority)
        guard !authorities.isEmpty else { throw reader.error("authorities", "at least one authority is needed") }
        guard Set(authorities.map(\.name)).count == authorities.count else {
            throw reader.error("authorities", "two authorities have the same name")
        }
        limits = try Self.limits(try reader.mapping("limits"))
        let log = try reader.mapping("log")
        logLevel = try log?.choice("level", default: .info) ?? .info
        logFormat = try log?.choice("format", default: .automatic) ?? .automatic
        try reader.finish()
    }

    private static func auditor(_ reader: ConfigurationReader) throws -> AuditorPeer {
        let key = try reader.string("key")
        do {
            let peer = AuditorPeer(
                endpoint: try reader.string("endpoint"), key: try CurvePublicKey(z85: key),
                logKey: try logKey(reader),
                interval: try reader.duration(
                    "interval", default: .seconds(10), in: .seconds(1)...(.seconds(3600))))
            try reader.finish()
            return peer
        } catch let error as ConfigurationError {
            throw error
        } catch {
            throw reader.error("key", "a CURVE public key in Z85 (40 characters) is expected")
        }
    }

    private static func logKey(_ reader: ConfigurationReader) throws -> NoteVerifierKey {
        do {
            let key = try NoteVerifierKey(parsing: reader.string("log-key"))
            guard key.type == .ed25519 else { throw TransparencyLogError("This is the key of a witness.") }
            return key
        } catch let error as TransparencyLogError {
            throw reader.error("log-key", "the public key of the auditor's log is expected: \(error)")
        }
    }

    private static func authority(_ reader: ConfigurationReader) throws -> AuthorityFiles {
        let name = try reader.string("name")
        guard PathSegment.isName(name) else {
            throw reader.error(
                "name",
                "an authority's name is \(PathSegment.rule): it stands in the addresses /crl/NAME.crl and /ocsp/NAME")
        }
        let files = AuthorityFiles(
            name: name,
            certificate: try reader.path("certificate", default: "authorities/\(name)/certificate.pem"),
            chain: try reader.path("chain", default: "authorities/\(name)/chain.pem"),
            key: try reader.path("key", default: "authorities/\(name)/key.pem"),
            additional: try reader.path("additional-certificates", default: "authorities/\(name)/additional.pem"),
            passphraseFile: reader.contains("key-passphrase-file") ? try reader.path("key-passphrase-file") : nil,
            services: try RevocationServices(reader))
        try reader.finish()
        return files
    }

    private static func rates(_ reader: ConfigurationReader?) throws -> IssuanceLimits.Rates {
        var rates = IssuanceLimits.Rates()
        guard let reader else { return rates }
        rates.identity = try reader.rate("identity-rate", default: rates.identity)
        rates.sharedIdentity = try reader.rate("shared-identity-rate", default: rates.sharedIdentity)
        rates.identities = try reader.integer("identities", default: rates.identities, in: 1...10_000_000)
        rates.nodeEnrollments = try reader.rate("node-enrollments", default: rates.nodeEnrollments)
        rates.nodeNewKeys = try reader.rate("node-new-keys", default: rates.nodeNewKeys)
        return rates
    }

    private static func limits(_ reader: ConfigurationReader?) throws -> Limits {
        func integer(_ key: String, default standard: Int, in range: ClosedRange<Int>) throws -> Int {
            try reader?.integer(key, default: standard, in: range) ?? standard
        }
        func duration(_ key: String, default standard: Duration, in range: ClosedRange<Duration>) throws -> Duration {
            try reader?.duration(key, default: standard, in: range) ?? standard
        }
        let day = 86400
        let limits = Limits(
            concurrentEnrollments: try integer("concurrent-enrollments", default: 256, in: 1...65536),
            waitingEnrollments: try integer("waiting-enrollments", default: 4096, in: 0...1_000_000),
            batch: try integer("batch", default: 512, in: 1...10_000),
            gathering: try duration("gathering", default: .milliseconds(4), in: .zero ... .milliseconds(100)),
            waitingOperations: try integer("waiting-operations", default: 8192, in: 16...1_000_000),
            outbox: Int64(try integer("outbox", default: 1_000_000, in: 100...1_000_000_000)),
            outboxRetention: try duration(
                "outbox-retention", default: .seconds(14 * day), in: .zero ... .seconds(3660 * day)),
            pendingPerIdentity: try integer("pending-per-identity", default: 100, in: 1...1_000_000),
            pendingLifetime: try duration(
                "pending-lifetime", default: .seconds(30 * day), in: .seconds(60) ... .seconds(366 * day)),
            nodeCertificateLifetime: try duration(
                "node-certificate-lifetime", default: .seconds(30 * day), in: .seconds(600) ... .seconds(398 * day)),
            rates: try rates(reader))
        try reader?.finish()
        return limits
    }
}
