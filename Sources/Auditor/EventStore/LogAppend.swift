internal import ClusterProtocol
internal import ClusterTransport
internal import GRDB

/// The rules by which events enter the log: each number once, in order, without a gap.
enum LogAppend {
    /// Stores the events that are not yet there, within the caller's transaction.
    ///
    /// Nothing is written before everything is checked: a refusal leaves the transaction as it was, so that it costs
    /// the other requests of the batch nothing.
    ///
    /// - Throws: ``ServiceError`` for a refusal; `DatabaseError`, after which the transaction must not be committed.
    static func append(_ incoming: IncomingEvents, to db: Database) throws -> AppendEventsReply {
        let known = try Run.fetch(db, source: incoming.source, run: incoming.run)
        let last = known?.lastSequence ?? 0
        guard incoming.firstSequence <= last + 1 else {
            throw ServiceError(
                .eventGap,
                "Number \(last + 1) of source \(incoming.source), run \(incoming.run), is expected next,"
                    + " and \(incoming.firstSequence) came.")
        }
        let size = try logSize(db)
        let duplicates = Int(min(Int64(incoming.events.count), last + 1 - incoming.firstSequence))
        if let known, duplicates > 0 {
            try check(incoming, duplicates: duplicates, areStoredIn: known, db)
        }
        let new = incoming.events.dropFirst(duplicates)
        guard let closing = new.last else {
            return AppendEventsReply(acknowledgedSequence: last, logSize: size)
        }
        let runID = try known?.id ?? insertRun(incoming, db)
        let insert = try db.cachedStatement(
            sql: "INSERT INTO events (place, run_id, sequence, line) VALUES (?, ?, ?, ?)")
        for (offset, event) in new.enumerated() {
            let place = size + 1 + Int64(offset)
            let sequence = last + 1 + Int64(offset)
            try insert.execute(arguments: [place, runID, sequence, event.line])
        }
        let acknowledged = last + Int64(new.count)
        try db.cachedStatement(
            sql: "UPDATE runs SET last_sequence = ?, last_event_at = ?, closed = ? WHERE id = ?"
        ).execute(arguments: [acknowledged, closing.time, closing.closesRun, runID])
        return AppendEventsReply(acknowledgedSequence: acknowledged, logSize: size + Int64(new.count))
    }

    /// How far the events of a source and run are stored.
    static func position(_ db: Database, source: String, run: String) throws -> AppendEventsReply {
        AppendEventsReply(
            acknowledgedSequence: try Run.fetch(db, source: source, run: run)?.lastSequence ?? 0,
            logSize: try logSize(db))
    }

    /// Places have no gap, so the last place is the number of events.
    static func logSize(_ db: Database) throws -> Int64 {
        try Int64.fetchOne(db.cachedStatement(sql: "SELECT max(place) FROM events")) ?? 0
    }

    /// A number that comes again must come with the same bytes; other bytes mean that its source has lost its place.
    private static func check(
        _ incoming: IncomingEvents, duplicates: Int, areStoredIn run: Run, _ db: Database
    ) throws {
        let select = try db.cachedStatement(sql: "SELECT line FROM events WHERE run_id = ? AND sequence = ?")
        for (offset, event) in incoming.events.prefix(duplicates).enumerated() {
            let sequence = incoming.firstSequence + Int64(offset)
            // What it was is not there to be compared any more.
            if sequence <= run.pruned { continue }
            guard try String.fetchOne(select, arguments: [run.id, sequence]) == event.line else {
                throw ServiceError(
                    .eventConflict,
                    "Number \(sequence) of source \(incoming.source), run \(incoming.run), is stored with other"
                        + " content. A new run is needed.")
            }
        }
    }

    private static func insertRun(_ incoming: IncomingEvents, _ db: Database) throws -> Int64 {
        try db.cachedStatement(
            sql: "INSERT INTO runs (source, run, last_sequence, last_event_at, closed) VALUES (?, ?, 0, 0, 0)"
        ).execute(arguments: [incoming.source, incoming.run])
        return db.lastInsertedRowID
    }
}

/// A numbered series of events of one source.
private struct Run {
    let id: Int64
    let lastSequence: Int64
    /// Its events up to this number were pruned.
    let pruned: Int64

    static func fetch(_ db: Database, source: String, run: String) throws -> Run? {
        let select = try db.cachedStatement(
            sql: "SELECT id, last_sequence, pruned FROM runs WHERE source = ? AND run = ?")
        return try Row.fetchOne(select, arguments: [source, run]).map { row in
            Run(id: row[0], lastSequence: row[1], pruned: row[2])
        }
    }
}
