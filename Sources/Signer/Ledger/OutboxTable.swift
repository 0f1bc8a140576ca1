internal import ClusterProtocol
internal import Foundation
internal import GRDB

/// The events that the auditor has yet to acknowledge, and for some days those that it has.
///
/// An event is entered in the transaction of what it tells, and numbered there: what happened and its event are both
/// durable, or neither is.
enum OutboxTable {
    /// Numbers and enters an event; its number.
    @discardableResult
    static func append(_ db: Database, _ event: UnnumberedEventLine, at now: Int64) throws -> Int64 {
        let sequence = try lastSequence(db) + 1
        try db.cachedStatement(sql: "INSERT INTO outbox (sequence, line, recorded_at) VALUES (?, ?, ?)")
            .execute(arguments: [sequence, event.numbered(sequence), now])
        return sequence
    }

    /// Enters an event under the number that it has.
    static func insert(_ db: Database, sequence: Int64, line: String, at now: Int64) throws {
        try db.cachedStatement(sql: "INSERT INTO outbox (sequence, line, recorded_at) VALUES (?, ?, ?)")
            .execute(arguments: [sequence, line, now])
    }

    /// The newest event's number; 0 where there is none. The newest row is never pruned.
    static func lastSequence(_ db: Database) throws -> Int64 {
        try Int64.fetchOne(db.cachedStatement(sql: "SELECT MAX(sequence) FROM outbox")) ?? 0
    }

    /// The oldest event's number that is kept; nil where there is none.
    static func firstSequence(_ db: Database) throws -> Int64? {
        try Int64.fetchOne(db.cachedStatement(sql: "SELECT MIN(sequence) FROM outbox"))
    }

    /// The number up to which the auditor has acknowledged.
    static func deliveredSequence(_ db: Database) throws -> Int64 {
        try MetaTable.integer(db, "delivered") ?? 0
    }

    static func setDelivered(_ db: Database, _ sequence: Int64) throws {
        try MetaTable.set(db, "delivered", sequence)
    }

    /// Events from a number on, in order: without a gap, but that what was pruned is missing at the start.
    static func lines(_ db: Database, from sequence: Int64, limit: Int) throws -> [String] {
        try String.fetchAll(
            db.cachedStatement(sql: "SELECT line FROM outbox WHERE sequence >= ? ORDER BY sequence LIMIT ?"),
            arguments: [sequence, limit])
    }

    /// Deletes acknowledged events that were recorded before a time, at most `limit`; how many it deleted.
    static func prune(_ db: Database, recordedBefore end: Int64, limit: Int) throws -> Int {
        let delivered = try deliveredSequence(db)
        let last = try lastSequence(db)
        try db.cachedStatement(
            sql: """
                DELETE FROM outbox WHERE sequence IN
                    (SELECT sequence FROM
                        (SELECT sequence, recorded_at FROM outbox WHERE sequence <= ? AND sequence < ?
                         ORDER BY sequence LIMIT ?)
                     WHERE recorded_at < ?)
                """
        ).execute(arguments: [delivered, last, limit, end])
        return db.changesCount
    }
}
