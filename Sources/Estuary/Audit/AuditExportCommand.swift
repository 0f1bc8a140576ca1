internal import ArgumentParser
internal import DurableFiles
internal import LogVerification
internal import TransparencyLog

/// `estuary audit export`
struct AuditExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Copy the log into a folder that verifies by itself.",
        discussion: """
            The folder has the checkpoint, the tiles and the bundles of events, as C2SP tlog-tiles lays them out. A \
            folder that was exported to before is gone on with: only what is new is written. Afterwards the folder is \
            verified, as `estuary audit verify --log FOLDER` does.
            """)

    @OptionGroup var log: LogOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "The folder.")
    var folder: String

    func run() async throws {
        let (key, _) = try log.verifierKey()
        do {
            let outcome = try await export(key)
            if !output.json {
                try Output.line(
                    "\(folder) has \(outcome.size) events, \(outcome.size - outcome.formerSize) of them new.")
            }
            try VerificationOutput(report: outcome.report, options: VerificationOptions(key: key))
                .print(json: output.json)
            guard outcome.report.isClean else { throw ExitCode(1) }
        } catch let error as VerificationError {
            throw Failure(error.description)
        } catch let error as TransparencyLogError {
            throw Failure(error.description, hint: "`estuary audit verify` says more of what is wrong with this log.")
        } catch let error as FileFailure {
            throw Failure("\(error)")
        }
    }

    private func export(_ key: NoteVerifierKey) async throws -> ExportOutcome {
        switch try log.place() {
        case .database(let path): return try await LogExport.run(DatabaseLog(path: path), to: folder, key: key)
        case .folder(let path): return try await LogExport.run(TileFolder(path: path), to: folder, key: key)
        case .server(let server): return try await LogExport.run(server, to: folder, key: key)
        }
    }
}
