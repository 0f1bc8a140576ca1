internal import ArgumentParser
internal import Foundation
internal import Frontend
internal import Logging
internal import Observability
internal import ProcessLife
internal import ServiceLifecycle

@main
struct EstuaryFrontend: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "estuary-frontend", abstract: "Serves EST to devices over TLS.",
        version: EstuaryVersion.current, subcommands: [Serve.self, Join.self, Health.self])
}

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Serves until it is told to stop (SIGTERM, SIGINT).")

    @Option(help: "The configuration file.")
    var configuration: String

    @Flag(help: "End in good order when standard input ends, too.")
    var supervised = false

    @Option(
        help: ArgumentHelp(
            "Join by this invitation first where the configuration file is not there; the options below are for that.",
            valueName: "invitation"))
    var join: String?
    @OptionGroup(title: "Joining") var joining: JoinOptions

    func run() async throws {
        _ = ProcessStart.secondsSince1970
        try await joinOnce()
        let configuration = try FrontendConfiguration.load(path: configuration)
        LogOutput.standardError(format: configuration.logFormat).bootstrap(level: configuration.logLevel)
        let logger = Logger(label: configuration.name)
        let frontend = try await buildFrontend(
            configuration: configuration, registry: MetricsRegistry(), logger: logger)
        // The requests in flight have their time; the rest is for the last events and the connections.
        try await SupervisedProcess.run(
            frontend, supervised: supervised, limit: configuration.limits.shutdownTimeout + .seconds(5), logger: logger)
    }

    /// Becomes a node where this is none yet.
    private func joinOnce() async throws {
        guard let join else { return }
        let joining = NodeJoin(invitation: join, configuration: configuration, options: try joining.options())
        guard !joining.hasJoined else { return }
        do {
            print("\(try await joining.run()) has joined.")
        } catch {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            throw ExitCode.failure
        }
    }
}
