internal import Foundation
internal import GRDB

/// A certificate that another has taken the place of, and that is to be revoked when its grace is over.
struct SupersededRecord: Sendable, Equatable {
    var authority: String
    var serial: Data
    /// The serial number of the one that took its place.
    var successor: Data
    /// In seconds since 1970.
    var dueAt: Int64
}

extension SupersededRecord: FetchableRecord {
    init(row: Row) throws {
        authority = row["authority"]
        serial = row["serial"]
        successor = row["successor"]
        dueAt = row["due_at"]
    }
}

/// Certificates that wait for their revocation.
enum SupersededTable {
    /// Enters a certificate, unless it is entered already.
    static func insert(_ db: Database, _ record: SupersededRecord) throws {
        try db.cachedStatement(
            sql: "INSERT OR IGNORE INTO superseded (authority, serial, successor, due_at) VALUES (?, ?, ?, ?)"
        ).execute(arguments: [record.authority, record.serial, record.successor, record.dueAt])
    }

    static func due(_ db: Database, at now: Int64, limit: Int) throws -> [SupersededRecord] {
        try SupersededRecord.fetchAll(
            db.cachedStatement(sql: "SELECT * FROM superseded WHERE due_at <= ? ORDER BY due_at LIMIT ?"),
            arguments: [now, limit])
    }

    static func delete(_ db: Database, authority: String, serial: Data) throws {
        try db.cachedStatement(sql: "DELETE FROM superseded WHERE authority = ? AND serial = ?")
            .execute(arguments: [authority, serial])
    }
}
