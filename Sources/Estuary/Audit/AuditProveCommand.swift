internal import ArgumentParser
internal import Foundation
internal import LogVerification
internal import TransparencyLog

/// `estuary audit prove`
struct AuditProveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove",
        abstract: "Write the proof that a certificate is in the log.",
        discussion: """
            The proof is a file of the form C2SP tlog-proof, with the event inside: `estuary audit check-proof` verifies \
            it with nothing but the log's public key.
            """)

    @OptionGroup var log: LogOptions
    @Argument(help: "The certificate's serial number, in hexadecimal.")
    var serial: String?
    @Option(help: "Any event, by its place in the log, which counts from 1.")
    var place: Int64?
    @Option(help: ArgumentHelp("Where the proof goes (default: standard output).", valueName: "file"))
    var output: String?

    func validate() throws {
        if (serial == nil) == (place == nil) {
            throw ValidationError("Name a certificate's serial number, or an event with --place.")
        }
    }

    func run() async throws {
        let (key, _) = try log.verifierKey()
        let wanted: EntryProver.Wanted =
            place.map { .place($0) } ?? .certificate(serial: (serial ?? "").filter { $0 != ":" }.lowercased())
        let proof: EntryProof?
        do {
            switch try log.place() {
            case .database(let path): proof = try EntryProver.prove(wanted, database: path, key: key)
            case .folder(let path): proof = try await EntryProver.prove(wanted, log: TileFolder(path: path), key: key)
            case .server(let server): proof = try await EntryProver.prove(wanted, log: server, key: key)
            }
        } catch let error as VerificationError {
            throw Failure(error.description)
        } catch let error as TransparencyLogError {
            throw Failure(error.description, hint: "`estuary audit verify` says more of what is wrong with this log.")
        }
        guard let proof else {
            throw Failure(
                "The log has no such event.",
                hint:
                    "`estuary certificate list` shows serial numbers; a pruned event is in the folder it was exported to."
            )
        }
        guard let output else {
            try Output.write(String(decoding: proof.bytes, as: UTF8.self), to: STDOUT_FILENO)
            return
        }
        do {
            try Data(proof.bytes).write(to: URL(fileURLWithPath: output), options: .atomic)
        } catch {
            throw Failure("\(output) can't be written: \(error.localizedDescription)")
        }
        Output.remark("\(output) proves event \(proof.index + 1).")
    }
}
