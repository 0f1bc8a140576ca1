internal import ArgumentParser
internal import Auditor
internal import Logging
internal import Observability
internal import ProcessLife

/// `estuary-auditor`: keeps the record of everything that happened.
@main
struct AuditorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "estuary-auditor",
        abstract: "Keeps the record of everything that an Estuary cluster does.",
        version: EstuaryVersion.current,
        subcommands: [Serve.self, Health.self])
}

/// `estuary-auditor serve`
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve until SIGTERM or SIGINT.",
        discussion: "Every key of the configuration file is in docs/configuration.md.")

    @Option(help: ArgumentHelp("The configuration file.", valueName: "file"))
    var configuration: String
    @Flag(help: "End when standard input ends: for `estuary up`.")
    var supervised = false

    func run() async throws {
        _ = ProcessStart.secondsSince1970
        let configuration = try AuditorConfiguration.load(path: configuration)
        let output = LogOutput.standardError(format: configuration.logFormat)
        output.bootstrap(level: configuration.logLevel)
        let logger = Logger(label: "estuary.auditor")
        let service = AuditorService(configuration: configuration, registry: MetricsRegistry(), logger: logger)
        do {
            try await SupervisedProcess.run(
                service, supervised: supervised, limit: configuration.shutdown, logger: logger)
        } catch {
            logger.critical("auditor ends", metadata: ["error": "\(error)"])
            throw ExitCode.failure
        }
    }
}
