package import ClusterTransport
package import ConfigurationFile
internal import Foundation
package import Logging
package import Observability
internal import OperationsHTTP

/// The auditor's configuration file. Every key is described in docs/configuration.md.
package struct AuditorConfiguration: Sendable {
    package var name: String
    /// Where the signer and the frontends connect.
    package var endpoint: String
    package var curveKeyPath: String
    package var signerKeys: [CurvePublicKey]
    package var storePath: String
    /// The private key of the log's checkpoints; its public key is beside it, with `.pub`.
    package var logKeyPath: String
    /// The folder of the local administration socket.
    package var administrationPath: String
    package var operations: ListenAddress
    /// nil where there is none.
    package var console: ConsoleConfiguration?
    package var waitingRequests: Int
    package var waitingBytes: Int
    package var shutdown: Duration
    package var logLevel: Logger.Level
    package var logFormat: LogFormat

    /// Reads and checks the file.
    ///
    /// - Throws: `ConfigurationError`, with file, line and what is allowed.
    package static func load(path: String) throws -> AuditorConfiguration {
        try AuditorConfiguration(ConfigurationReader.load(path: path))
    }

    init(_ root: ConfigurationReader) throws {
        name = try root.string("name", default: "auditor")
        endpoint = try root.string("endpoint")
        guard endpoint.hasPrefix("tcp://") else {
            throw root.error("endpoint", "an endpoint is needed here, such as tcp://127.0.0.1:7021")
        }
        curveKeyPath = try root.path("curve-key", default: "curve.key")
        signerKeys = try root.strings("signer-keys").enumerated().map { index, text in
            guard let key = try? CurvePublicKey(z85: text) else {
                throw root.error("signer-keys", at: index, "a CURVE public key is needed here: 40 characters in Z85")
            }
            return key
        }
        guard !signerKeys.isEmpty else {
            throw root.error(
                "signer-keys",
                "at least one signer's public key is needed here; where the signer has another host, `estuary init --role"
                    + " auditor --directory DIR --signer CARD` enters it, with the card that the signer's host has made"
            )
        }
        storePath = try root.path("store", default: "events.sqlite")
        logKeyPath = try root.path("log-key", default: "log.key")
        administrationPath = try root.path("administration", default: "admin")

        let operationsText = try root.mapping("operations")?.string("listen", default: "127.0.0.1:0")
        guard let operations = operationsText.map(ListenAddress.init) ?? OperationsServer.standardAddress else {
            throw root.error("operations", "listen: host and port are needed here, such as 127.0.0.1:9102")
        }
        self.operations = operations

        console = try root.mapping("console").map { try ConsoleConfiguration($0) }

        let limits = try root.mapping("limits")
        waitingRequests = try limits?.integer("waiting-requests", default: 1024, in: 1...100_000) ?? 1024
        waitingBytes = try (limits?.integer("waiting-megabytes", default: 32, in: 1...4096) ?? 32) << 20
        shutdown =
            try limits?.duration("shutdown", default: .seconds(15), in: .seconds(1)...(.seconds(30)))
            ?? .seconds(15)

        let log = try root.mapping("log")
        logLevel = try log?.choice("level", default: Logger.Level.info) ?? .info
        logFormat = try log?.choice("format", default: LogFormat.automatic) ?? .automatic
        try root.finish()
    }
}
