internal import ClusterProtocol
internal import Foundation
internal import GRDB
internal import TransparencyLog

/// Verifies a copy of the auditor's database: that it is exactly what the log has signed, in every column.
package struct StoreVerification {
    private let path: String
    private let options: VerificationOptions
    private var report = VerificationReport()
    /// Events whose column leads to another run than their own, with the first place: one wrong row may mislead all.
    private var misled: [Misled: (first: Int64, count: Int)] = [:]

    private struct Misled: Hashable {
        var id: Int64?
        var run: SequenceCheck.Run
    }

    /// Where the run of a row stands in the table of runs.
    struct StoredRun {
        var run: SequenceCheck.Run
        var lastSequence: Int64?
        var lastEventAt: Int64?
        var isClosed: Int64?
        var pruned: Int64
    }

    private init(path: String, options: VerificationOptions) {
        self.path = path
        self.options = options
    }

    /// - Throws: ``VerificationError`` where there is nothing that could be verified; anything else is a finding.
    package static func run(_ path: String, _ options: VerificationOptions) throws -> VerificationReport {
        var verification = StoreVerification(path: path, options: options)
        let database = try DatabaseCopy.open(path)
        do {
            try database.read { try verification.verify($0) }
        } catch let error as DatabaseError {
            verification.report.findings.add(
                .unreadable, path, "The database can't be read to its end: \(error.message ?? "\(error.resultCode)").")
        }
        return verification.report
    }

    private mutating func verify(_ db: Database) throws {
        guard try LogSchema.verify(db, path: path, &report.findings) else { return }
        try readCheckpoint(db)
        try verifyNodes(db)
        let pruned = try readPruned(db)
        let runs = try readRuns(db)
        let cosigned = try readCosigned(db)
        var scan = try LogScan(
            options, formers: cosigned.map { [.init(place: "cosignature.note", checkpoint: $0)] } ?? [])
        let extent = try Row.fetchOne(db, sql: "SELECT min(place), max(place) FROM events")
        let last = extent?.integer(1) ?? 0
        let size = report.checkpoint?.size ?? last
        try readEvents(db, size: size, pruned: pruned, runs: runs, &scan)
        try verifyUpperTiles(db, &scan.tree, all: true)
        try verifySurplus(db, size: size)
        if last > size {
            report.findings.add(
                .event, "events, place \(size + 1)",
                "There are \(last - size) events more than the checkpoint tells of.")
        }
        let hasAllEvents = pruned == 0 || options.archive != nil
        verifyRuns(runs, scan.sequences, pruned: pruned, hasAllEvents: hasAllEvents)
        try scan.finish(&report, hasAllEvents: hasAllEvents)
    }

    // MARK: Single rows

    private mutating func readCheckpoint(_ db: Database) throws {
        let rows = try Row.fetchAll(db, sql: "SELECT id, size, CAST(note AS BLOB) FROM checkpoint LIMIT 2")
        guard rows.count == 1, rows[0].integer(0) == 1, let note = rows[0].bytes(2) else {
            report.findings.add(.checkpoint, "checkpoint.id", "There is not exactly one checkpoint, with the number 1.")
            return
        }
        // What the witness has cosigned stands in a table of its own.
        var options = options
        options.witness = nil
        CheckpointCheck.read(note, options, place: "checkpoint.note", &report)
        if let checkpoint = report.checkpoint, rows[0].integer(1) != checkpoint.size {
            report.findings.add(
                .checkpoint, "checkpoint.size", "The column has another size than the signed \(checkpoint.size).")
        }
    }

    /// The checkpoint that the witness has cosigned last; nil where it has not, or that is no good.
    private mutating func readCosigned(_ db: Database) throws -> Checkpoint? {
        let rows = try Row.fetchAll(
            db, sql: "SELECT id, CAST(note AS BLOB), CAST(witness AS BLOB) FROM cosignature LIMIT 2")
        guard let row = rows.first else {
            if let witness = options.witness {
                report.findings.add(.cosignature, "cosignature", "There is no cosignature of «\(witness.name)».")
            }
            return nil
        }
        guard rows.count == 1, row.integer(0) == 1, let bytes = row.bytes(1), let key = row.text(2) else {
            report.findings.add(.cosignature, "cosignature.id", "There is not exactly one row, with the number 1.")
            return nil
        }
        do {
            let note = try SignedNote(parsing: bytes)
            let witness = try NoteVerifierKey(parsing: key)
            let checkpoint = try Checkpoint.verified(note, by: options.key)
            guard let time = try Cosignature.time(of: note, by: witness) else {
                throw TransparencyLogError("The checkpoint has no cosignature of «\(witness.name)».")
            }
            if let expected = options.witness {
                if witness == expected {
                    (report.witnessedAt, report.witnessedSize) = (time, checkpoint.size)
                } else {
                    report.findings.add(
                        .cosignature, "cosignature.witness", "It is of «\(witness.name)», not of «\(expected.name)».")
                }
            }
            return checkpoint
        } catch let error as TransparencyLogError {
            report.findings.add(.cosignature, "cosignature.note or witness", error.description)
            return nil
        }
    }

    private mutating func verifyNodes(_ db: Database) throws {
        let rows = try Row.fetchAll(db, sql: "SELECT id, CAST(note AS BLOB) FROM node_list LIMIT 2")
        guard rows.count == 1, rows[0].integer(0) == 1, let note = rows[0].bytes(1) else {
            report.findings.add(
                .nodes, "node_list.id", "There is not exactly one signature of the list of nodes, with the number 1.")
            return
        }
        do {
            try NodeList(db).verify(SignedNote(parsing: note), log: options.key)
        } catch let error as TransparencyLogError {
            report.findings.add(.nodes, "nodes, or node_list.note", error.description)
        }
    }

    /// How many events were pruned, as the store says.
    private mutating func readPruned(_ db: Database) throws -> Int64 {
        let rows = try Row.fetchAll(db, sql: "SELECT pruned FROM log LIMIT 2")
        guard rows.count == 1, let pruned = rows[0].integer(0), pruned >= 0,
            pruned.isMultiple(of: Int64(TileAddress.fullWidth))
        else {
            report.findings.add(
                .pruning, "log.pruned", "There is not exactly one row, with a number of whole bundles of 256 events.")
            return 0
        }
        report.pruned = pruned
        return pruned
    }

    private mutating func readRuns(_ db: Database) throws -> [Int64: StoredRun] {
        var runs: [Int64: StoredRun] = [:]
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT id, CAST(source AS BLOB), CAST(run AS BLOB), last_sequence, last_event_at, closed, pruned
                FROM runs
                """)
        while let row = try rows.next() {
            guard let id = row.integer(0), let source = row.text(1), let run = row.text(2) else {
                report.findings.add(.run, "runs.source or run, id \(row.integer(0) ?? 0)", "The row can't be read.")
                continue
            }
            if row.integer(6).map({ $0 >= 0 }) != true {
                report.findings.add(.run, "runs.pruned, id \(id)", "It is no number of events.")
            }
            runs[id] = StoredRun(
                run: .init(source: source, run: run), lastSequence: row.integer(3), lastEventAt: row.integer(4),
                isClosed: row.integer(5), pruned: row.integer(6) ?? 0)
        }
        return runs
    }

    // MARK: Events

    private mutating func readEvents(
        _ db: Database, size: Int64, pruned: Int64, runs: [Int64: StoredRun], _ scan: inout LogScan
    ) throws {
        let archive = options.archive.map { TileFolder(path: $0) }
        let firstSequences = Dictionary(
            runs.values.map { ($0.run, archive == nil ? $0.pruned + 1 : 1) }, uniquingKeysWith: { one, _ in one })
        var rows = try EventRows(db)
        if try rows.next(upTo: 0) != nil {
            report.findings.add(.event, "events.place", "There are events before the first place.")
        }
        let full = Int64(TileAddress.fullWidth)
        for start in stride(from: 0, to: size, by: Int(full)) {
            let end = min(size, start + full)
            var lines: [[UInt8]?] = []
            var columns: [Int64: EventRows.Event] = [:]
            let old = start < pruned ? try archive?.entries(tile: start / full) : nil
            for place in (start + 1)...end {
                let event = try rows.next(upTo: place)
                if let event { columns[place] = event }
                lines.append(event?.line ?? old.flatMap { $0[Int(place - start) - 1] })
                reportAbsence(of: event, place: place, pruned: pruned, isArchived: lines.last.flatMap { $0 } != nil)
            }
            try scan.append(
                lines, stored: StoredTile.hashes(db, level: 0, number: start / full),
                firstSequence: { firstSequences[$0] ?? 1 }
            ) { place, event in
                if let row = columns[place] { verifyColumns(row, of: event, place: place, runs: runs) }
            }
            if scan.tree.brokenAt != nil { return }
            if end.isMultiple(of: full * full) { try verifyUpperTiles(db, &scan.tree, all: false) }
        }
    }

    private mutating func reportAbsence(of event: EventRows.Event?, place: Int64, pruned: Int64, isArchived: Bool) {
        switch (event, place <= pruned) {
        case (nil, false):
            report.findings.add(.missing, "events.place \(place)", "The event is not there.")
        case (nil, true) where options.archive != nil && !isArchived:
            report.findings.add(.missing, "archive, place \(place)", "The event is not there.")
        case (_?, true):
            report.findings.add(.pruning, "events.place \(place)", "The event should be pruned, and is there.")
        default: break
        }
    }

    private mutating func verifyColumns(
        _ row: EventRows.Event, of event: AuditEvent, place: Int64, runs: [Int64: StoredRun]
    ) {
        if row.sequence != event.sequence {
            report.findings.add(
                .sequence, "events.sequence, place \(place)", "The column is another than the event's own number.")
        }
        let run = row.runID.flatMap { runs[$0] }?.run
        let own = SequenceCheck.Run(source: event.source, run: event.run)
        if run != own {
            misled[Misled(id: row.runID, run: own), default: (place, 0)].count += 1
        }
    }

    // MARK: Tiles

    private mutating func verifyUpperTiles(_ db: Database, _ tree: inout TreeCheck, all: Bool) throws {
        for address in tree.tilesToCompare(all: all) {
            tree.compare(address, stored: try StoredTile.hashes(db, level: address.level, number: address.index))
        }
    }

    private mutating func verifySurplus(_ db: Database, size: Int64) throws {
        let rows = try Row.fetchCursor(db, sql: "SELECT level, number, length(hashes) FROM tiles")
        while let row = try rows.next() {
            let level = row.integer(0).flatMap { Int(exactly: $0) } ?? -1
            let number = row.integer(1) ?? -1
            let tile = TileAddress(level: level, index: number, treeSize: size)
            if tile == nil {
                report.findings.add(
                    .tile, "tiles.level or number, level \(level), number \(number)",
                    "A tree of \(size) events has no such tile.")
            }
        }
    }

    // MARK: Runs

    private mutating func reportMisled(_ stored: [Int64: StoredRun]) {
        for (wrong, events) in misled.sorted(by: { $0.value.first < $1.value.first }) {
            let id = wrong.id.map(String.init) ?? "no number"
            let run = wrong.id.flatMap { stored[$0]?.run }.map { "\($0.source), run \($0.run)" } ?? "no run"
            report.findings.add(
                .run, "events.run_id, place \(events.first), or runs.id, source or run",
                "\(events.count == 1 ? "The event is" : "\(events.count) events from there on are") of"
                    + " \(wrong.run.source), run \(wrong.run.run), and \(id) in the column leads to \(run).")
        }
    }

    private mutating func verifyRuns(
        _ stored: [Int64: StoredRun], _ sequences: SequenceCheck, pruned: Int64, hasAllEvents: Bool
    ) {
        reportMisled(stored)
        var known: Set<SequenceCheck.Run> = []
        var wholly = 0
        for (id, row) in stored.sorted(by: { $0.key < $1.key }) {
            known.insert(row.run)
            guard let state = sequences.runs[row.run] else {
                if row.pruned > 0, row.pruned == row.lastSequence {
                    wholly += 1
                } else {
                    report.findings.add(
                        .run, "runs.source or run, id \(id)",
                        "There are no events of \(row.run.source), run \(row.run.run).")
                }
                continue
            }
            let columns: [(String, Int64?, Int64)] = [
                ("last_sequence", row.lastSequence, state.last), ("last_event_at", row.lastEventAt, state.time),
                ("closed", row.isClosed, state.isClosed ? 1 : 0),
            ]
            for (column, value, expected) in columns where value != expected {
                report.findings.add(
                    .run, "runs.\(column), id \(id)",
                    "It is \(value.map(String.init) ?? "no number"), and the events of \(row.run.source), run"
                        + " \(row.run.run), say \(expected).")
            }
            if !hasAllEvents || row.pruned == 0, state.first != row.pruned + 1 {
                report.findings.add(
                    .pruning, "runs.pruned, id \(id)",
                    "The first event that is there has the number \(state.first), and \(row.pruned) were pruned.")
            }
        }
        for run in Set(sequences.runs.keys).subtracting(known).sorted(by: { $0.run < $1.run }) {
            report.findings.add(.run, "runs", "\(run.source), run \(run.run), is missing.")
        }
        let sum = stored.values.reduce(Int64(0)) { $0.addingReportingOverflow($1.pruned).partialValue }
        if sum != pruned {
            report.findings.add(
                .pruning, "runs.pruned", "The runs' pruned events are \(sum) together, not \(pruned).")
        }
        if sequences.pruned != pruned {
            report.findings.add(
                .pruning, "log.pruned",
                "\(pruned) events are pruned, and the log itself says \(sequences.pruned) in its newest such event.")
        }
        if wholly > 0, !hasAllEvents {
            report.remarks.append(
                "\(wholly) runs are wholly pruned: give the folder that they were exported to with --archive, and they"
                    + " are verified, too.")
        }
    }
}
