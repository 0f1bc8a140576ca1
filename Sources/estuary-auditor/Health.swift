internal import ArgumentParser
internal import Auditor
internal import Foundation
internal import OperationsHTTP

/// `estuary-auditor health`
struct Health: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Ask the auditor that runs here whether it is ready: exit status 0 where it is, 1 where not.",
        discussion: "At operations.listen of the configuration, which has to have a fixed port.")

    @Option(help: ArgumentHelp("The configuration file.", valueName: "file"))
    var configuration: String
    @Flag(help: "Ask only whether it answers.")
    var live = false

    func run() async throws {
        do {
            let configuration = try AuditorConfiguration.load(path: configuration)
            print(try await HealthQuestion.ask(configuration.operations, live: live))
        } catch {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            throw ExitCode.failure
        }
    }
}
