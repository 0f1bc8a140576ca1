internal import ArgumentParser
internal import Foundation
internal import Signer

/// `estuary-signer health`
struct Health: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask the signer that runs here whether it works: exit status 0 where it does, 1 where not.",
        discussion: "Over the local administration socket, as the user who runs the signer.")

    @Option(help: "The signer's configuration.yaml.")
    var configuration: String

    @Flag(help: "Only whether it answers: also a signer that issues nothing, as too many events wait for the auditor.")
    var live = false

    func run() async throws {
        do {
            print(try await SignerHealth.check(SignerConfiguration.load(path: configuration), onlyAlive: live))
        } catch {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            throw ExitCode.failure
        }
    }
}
