internal import ArgumentParser
internal import Auditor
internal import Foundation
internal import LogVerification
internal import TransparencyLog

/// `estuary audit verify`
struct AuditVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verify that a log is what it was signed to be.",
        discussion: """
            Makes the tree anew from the events, compares it with the tiles and with the signed checkpoint, and looks \
            whether each source's numbers are without a gap. Of a copy of the database it compares every column. \
            Nothing has to run, and nothing is changed. Ends with 1 where anything is wrong, each finding in a line.
            """)

    @OptionGroup var log: LogOptions
    @OptionGroup var output: OutputOptions
    @Option(help: ArgumentHelp("A checkpoint that you kept: the log has to continue it.", valueName: "file"))
    var since: String?
    @Option(
        help: ArgumentHelp("A copy of the signer's ledger: what it issued has to be what is logged.", valueName: "file")
    )
    var ledger: String?
    @Option(help: ArgumentHelp("The witness's public key, or a file that holds it.", valueName: "key"))
    var witnessKey: String?
    @Option(help: ArgumentHelp("A folder with the events that the log has pruned.", valueName: "folder"))
    var archive: String?
    @Flag(help: "Compare the search index beside the database, too: it is made anew for that, which takes its time.")
    var index = false
    @Option(help: ArgumentHelp("Where the checkpoint is kept for the next --since, if all is well.", valueName: "file"))
    var keep: String?

    func run() async throws {
        let (key, isOwn) = try log.verifierKey()
        var options = VerificationOptions(key: key)
        options.witness = try witnessKey.map(LogOptions.key)
        options.since = try since.map { try Self.keptCheckpoint($0, key: key) }
        options.ledger = ledger
        options.archive = archive
        var report = try await log.verify(options)
        if index { try verifyIndex(&report) }
        if isOwn {
            report.remarks.insert(
                "The key is the one that lies beside the log: give the one that you were given with --key.", at: 0)
        }
        try VerificationOutput(report: report, options: options).print(json: output.json)
        guard report.isClean else { throw ExitCode(1) }
        if let keep, let note = report.note {
            do {
                try Data(note.bytes).write(to: URL(fileURLWithPath: keep), options: .atomic)
            } catch {
                throw Failure("\(keep) can't be written: \(error.localizedDescription)")
            }
        }
    }

    private func verifyIndex(_ report: inout VerificationReport) throws {
        guard case .database(let path) = try log.place() else {
            throw Failure("Only beside a database there is a search index.")
        }
        do {
            let (findings, remarks) = try IndexVerification.run(log: path, index: path + ".index")
            report.findings.add(findings)
            report.remarks += remarks
        } catch let error as VerificationError {
            throw Failure(error.description)
        }
    }

    /// A checkpoint that somebody kept is only worth what its signature is.
    static func keptCheckpoint(_ path: String, key: NoteVerifierKey) throws -> Checkpoint {
        guard let bytes = FileManager.default.contents(atPath: path) else { throw Failure("\(path) can't be read.") }
        do {
            return try Checkpoint.verified(SignedNote(parsing: Array(bytes)), by: key)
        } catch let error as TransparencyLogError {
            throw Failure("\(path): \(error)")
        }
    }
}

/// What a verification says, for people or for programs.
struct VerificationOutput {
    let report: VerificationReport
    let options: VerificationOptions

    private struct Object: Encodable {
        struct Ledger: Encodable {
            var certificates: Int64
            var revocations: Int64
            var waiting: Int64
            var newer: Int64
            var pruned: Int64
        }
        struct Checkpoint: Encodable {
            var origin: String
            var size: Int64
            var root: String
            var witnessedAt: Int64?
            var witnessedSize: Int64?
        }

        var clean: Bool
        var checkpoint: Checkpoint?
        var sinceSize: Int64?
        var events: Int64
        var pruned: Int64
        var sources: Int
        var runs: Int
        var dropped: Int64
        var ledger: Ledger?
        var remarks: [String]
        var findingCount: Int
        var findings: [Finding]
    }

    func print(json: Bool) throws {
        if json {
            try Output.json(object)
        } else {
            try Output.line(facts.text)
            for remark in report.remarks { try Output.line("Note: " + PlainText.visible(remark)) }
            for finding in report.findings.kept {
                let (place, text) = (PlainText.visible(finding.place), PlainText.visible(finding.text))
                try Output.line("WRONG  \(finding.kind.rawValue)  \(place): \(text)")
            }
            if report.findings.count > report.findings.kept.count {
                try Output.line("… and \(report.findings.count - report.findings.kept.count) more.")
            }
            let count = report.findings.count
            try Output.line(
                report.isClean
                    ? "Everything that was looked at is as it was signed."
                    : "\(count) finding\(count == 1 ? "" : "s"): do not rely on this log.")
        }
    }

    private var object: Object {
        Object(
            clean: report.isClean,
            checkpoint: report.checkpoint.map {
                .init(
                    origin: $0.origin, size: $0.size, root: $0.root.base64, witnessedAt: report.witnessedAt,
                    witnessedSize: report.witnessedSize)
            },
            sinceSize: options.since?.size, events: report.events, pruned: report.pruned, sources: report.sources,
            runs: report.runs, dropped: report.dropped,
            ledger: report.ledger.map {
                .init(
                    certificates: $0.certificates, revocations: $0.revocations, waiting: $0.waiting, newer: $0.newer,
                    pruned: $0.pruned)
            },
            remarks: report.remarks, findingCount: report.findings.count, findings: report.findings.kept)
    }

    private func witnessed(by witness: NoteVerifierKey) -> String {
        guard let time = report.witnessedAt, let size = report.witnessedSize else { return "none" }
        return "\(witness.name) has cosigned \(size) events at \(TimeText.absolute(time))"
    }

    private var facts: FactSheet {
        var facts = FactSheet()
        facts.add("log", report.checkpoint?.origin ?? options.key.name)
        facts.add(
            "checkpoint", report.checkpoint.map { "\($0.size) events, root \($0.root)" } ?? "none that is any good")
        if let witness = options.witness {
            facts.add("witness", witnessed(by: witness))
        }
        facts.add("since", options.since.map { "a checkpoint of \($0.size) events that was kept" })
        facts.add("events", "\(report.events) read" + (report.pruned > 0 ? ", \(report.pruned) pruned" : ""))
        facts.add("numbers", "\(report.runs) runs of \(report.sources) sources")
        facts.add(
            "ledger",
            report.ledger.map {
                "\($0.certificates) certificates, \($0.revocations) revoked"
                    + ($0.waiting > 0 ? ", \($0.waiting) wait to be logged" : "")
                    + ($0.newer > 0 ? ", \($0.newer) logged since the copy" : "")
                    + ($0.pruned > 0 ? ", \($0.pruned) older than the events that are there" : "")
            })
        return facts
    }
}
