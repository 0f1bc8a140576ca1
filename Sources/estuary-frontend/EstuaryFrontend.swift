internal import ArgumentParser
internal import Frontend
internal import Logging
internal import Observability
internal import ProcessLife
internal import ServiceLifecycle

@main
struct EstuaryFrontend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "estuary-frontend", abstract: "Serves EST to devices over TLS.",
        version: EstuaryVersion.current, subcommands: [Serve.self])
}

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Serves until it is told to stop (SIGTERM, SIGINT).")

    @Option(help: "The configuration file.")
    var configuration: String

    @Flag(help: "End in good order when standard input ends, too.")
    var supervised = false

    func run() async throws {
        _ = ProcessStart.secondsSince1970
        let configuration = try FrontendConfiguration.load(path: configuration)
        LogOutput.standardError(format: configuration.logFormat).bootstrap(level: configuration.logLevel)
        let logger = Logger(label: configuration.name)
        let frontend = try await buildFrontend(
            configuration: configuration, registry: MetricsRegistry(), logger: logger)
        // The requests in flight have their time; the rest is for the last events and the connections.
        try await SupervisedProcess.run(
            frontend, supervised: supervised, limit: configuration.limits.shutdownTimeout + .seconds(5), logger: logger)
    }
}
