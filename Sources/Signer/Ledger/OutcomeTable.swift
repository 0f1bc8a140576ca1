internal import Foundation
internal import GRDB

/// What a request with this digest has led to, to be given again (design §7).
struct RecordedOutcome: Sendable, Equatable {
    var authority: String
    var serial: Data
    /// In seconds since 1970.
    var replayUntil: Int64
    /// While the secret that paid for it is spent: the secret's end, but no later than half of the validity.
    var replayUntilIfSpent: Int64
}

extension RecordedOutcome: FetchableRecord {
    /// In the order in which ``init(row:)`` reads them: by number, as a look-up by name costs more than the row.
    static let columns = "authority, serial, replay_until, replay_until_if_spent"

    init(row: Row) throws {
        authority = row[0]
        serial = row[1]
        replayUntil = row[2]
        replayUntilIfSpent = row[3]
    }
}

/// Outcomes and idempotency keys, for the replay window only.
enum OutcomeTable {
    private static let byDigest = "SELECT \(RecordedOutcome.columns) FROM outcome WHERE digest = ?"
    static func find(_ db: Database, digest: Data) throws -> RecordedOutcome? {
        try RecordedOutcome.fetchOne(
            db.cachedStatement(sql: byDigest), arguments: [digest])
    }

    /// Enters an outcome in the place of an earlier one whose window has ended.
    static func set(_ db: Database, digest: Data, _ outcome: RecordedOutcome) throws {
        try db.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO outcome (digest, authority, serial, replay_until, replay_until_if_spent)
                VALUES (?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            digest, outcome.authority, outcome.serial, outcome.replayUntil,
            max(outcome.replayUntil, outcome.replayUntilIfSpent),
        ])
    }

    static func idempotencyDigest(_ db: Database, scopeSHA256: Data, at now: Int64) throws -> Data? {
        try Data.fetchOne(
            db.cachedStatement(sql: "SELECT digest FROM idempotency_key WHERE scope_sha256 = ? AND expires_at > ?"),
            arguments: [scopeSHA256, now])
    }

    static func setIdempotencyDigest(_ db: Database, scopeSHA256: Data, digest: Data, until end: Int64) throws {
        try db.cachedStatement(
            sql: "INSERT OR REPLACE INTO idempotency_key (scope_sha256, digest, expires_at) VALUES (?, ?, ?)"
        ).execute(arguments: [scopeSHA256, digest, end])
    }

    /// Deletes at most `limit` outcomes and keys whose window has ended; how many it deleted.
    static func prune(_ db: Database, before now: Int64, limit: Int) throws -> Int {
        try db.cachedStatement(
            sql: """
                DELETE FROM outcome WHERE digest IN
                    (SELECT digest FROM outcome WHERE replay_until_if_spent < ? LIMIT ?)
                """
        ).execute(arguments: [now, limit])
        let outcomes = db.changesCount
        try db.cachedStatement(
            sql: """
                DELETE FROM idempotency_key WHERE scope_sha256 IN
                    (SELECT scope_sha256 FROM idempotency_key WHERE expires_at < ? LIMIT ?)
                """
        ).execute(arguments: [now, limit])
        return outcomes + db.changesCount
    }
}
