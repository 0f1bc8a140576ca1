internal import ArgumentParser
internal import Logging
internal import Observability
internal import ProcessLife
internal import ServiceLifecycle
internal import Signer

/// `estuary-signer serve`
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run the signer until SIGTERM or SIGINT.")

    @Option(help: "The signer's configuration.yaml.")
    var configuration: String

    @Flag(help: "End in good order when standard input reaches its end, as under «estuary up».")
    var supervised = false

    @Flag(help: "Go on with a ledger that lacks events which the auditor has (after restoring an older backup).")
    var acceptLoss = false

    func run() async throws {
        let hardening = HardenedProcess.apply()
        let configuration = try SignerConfiguration.load(path: configuration)
        LogOutput.standardError(format: configuration.logFormat).bootstrap(level: configuration.logLevel)
        let logger = Logger(label: "signer")
        for warning in hardening.warnings {
            logger.warning("\(warning)")
        }
        let signer = SignerService(
            configuration: configuration, acceptsLoss: acceptLoss, memoryIsLocked: hardening.memoryIsLocked,
            logger: logger)
        do {
            try await SupervisedProcess.run(signer, supervised: supervised, logger: logger)
        } catch {
            logger.critical("signer ends", metadata: ["error": "\(error)"])
            throw ExitCode.failure
        }
    }
}
