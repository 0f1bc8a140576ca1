internal import GRDB

/// Events of the ledger's former lives, under the numbers that they had: for an auditor that was restored.
enum FormerOutboxTable {
    /// Takes over the events of a life that ends.
    static func take(_ db: Database, run: String) throws {
        try db.execute(
            sql: """
                INSERT OR IGNORE INTO former_outbox (run, sequence, line, recorded_at)
                SELECT ?, sequence, line, recorded_at FROM outbox
                """, arguments: [run])
        try db.execute(sql: "DELETE FROM outbox")
    }

    /// The former lives of which there are events, with their first and last numbers.
    static func runs(_ db: Database) throws -> [(run: String, first: Int64, last: Int64)] {
        try Row.fetchAll(
            db, sql: "SELECT run, MIN(sequence), MAX(sequence) FROM former_outbox GROUP BY run ORDER BY run"
        )
        .map { ($0[0], $0[1], $0[2]) }
    }

    static func lines(_ db: Database, run: String, from sequence: Int64, limit: Int) throws -> [String] {
        try String.fetchAll(
            db.cachedStatement(
                sql: "SELECT line FROM former_outbox WHERE run = ? AND sequence >= ? ORDER BY sequence LIMIT ?"),
            arguments: [run, sequence, limit])
    }

    private static let deliveredPrefix = "former-delivered:"

    /// Up to which event the auditor has acknowledged a life's events.
    static func delivered(_ db: Database, run: String) throws -> Int64 {
        try MetaTable.integer(db, deliveredPrefix + run) ?? 0
    }

    static func setDelivered(_ db: Database, run: String, _ sequence: Int64) throws {
        try MetaTable.set(db, deliveredPrefix + run, sequence)
    }

    /// Deletes acknowledged events that were recorded before a time, oldest first, at most `limit`; how many it deleted.
    static func prune(_ db: Database, recordedBefore end: Int64, limit: Int) throws -> Int {
        try db.cachedStatement(
            sql: """
                DELETE FROM former_outbox WHERE rowid IN
                    (SELECT rowid FROM
                        (SELECT rowid, run, sequence, recorded_at FROM former_outbox ORDER BY run, sequence LIMIT ?)
                     WHERE recorded_at < ? AND sequence <= coalesce(
                        (SELECT value FROM meta WHERE key = ? || run), 0))
                """
        ).execute(arguments: [limit, end, deliveredPrefix])
        return db.changesCount
    }
}
