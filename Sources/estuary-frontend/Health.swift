internal import ArgumentParser
internal import Foundation
internal import Frontend
internal import OperationsHTTP

/// `estuary-frontend health`
struct Health: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask the frontend that runs here whether it is ready: exit status 0 where it is, 1 where not.",
        discussion: "At operations.listen of the configuration, which has to have a fixed port.")

    @Option(help: "The configuration file.")
    var configuration: String
    @Flag(help: "Ask only whether it answers.")
    var live = false

    func run() async throws {
        do {
            let configuration = try FrontendConfiguration.load(path: configuration)
            print(try await HealthQuestion.ask(configuration.operationsListen, live: live))
        } catch {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            throw ExitCode.failure
        }
    }
}
