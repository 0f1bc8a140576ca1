internal import ArgumentParser
internal import Foundation
internal import TransparencyLog

/// `estuary audit key`
struct AuditKeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Print the public key of the log's checkpoints, or of their witness.",
        discussion: """
            In the form name+hash+base64 of C2SP signed-note: what a verifier of the log has to know. `estuary init` \
            makes both.
            """)

    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions
    @Flag(help: "The key by which the signer cosigns the checkpoints.")
    var witness = false

    private struct Key: Encodable {
        var name: String
        var key: String
    }

    func run() throws {
        let directory = try state.directory()
        let path = (witness ? directory.witnessKey : directory.logKey) + ".pub"
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw Failure(
                "\(path) can't be read.",
                hint: "A cluster of an older version makes it when it starts for the first time.")
        }
        do {
            let key = try NoteVerifierKey(parsing: text.trimmingCharacters(in: .whitespacesAndNewlines))
            if output.json {
                try Output.json(Key(name: key.name, key: key.description))
            } else {
                try Output.line(key.description)
            }
        } catch let error as TransparencyLogError {
            throw Failure("\(path): \(error)")
        }
    }
}
