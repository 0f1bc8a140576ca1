internal import ClusterProtocol
internal import Foundation
internal import GRDB

/// A request that waits for an operator, or that one has decided.
struct ApprovalRecord: Sendable, Equatable {
    var id: String
    var digest: Data
    var state: ApprovalDescription.State
    var label: String
    var subject: String
    var names: [String]
    var principal: String
    var keySHA256: Data
    /// The secret whose use it reserves, while it is not denied.
    var secretID: String?
    /// In seconds since 1970.
    var requestedAt: Int64
    var expiresAt: Int64
}

extension ApprovalRecord: FetchableRecord {
    /// In the order in which ``init(row:)`` reads them: by number, as a look-up by name costs more than the row.
    static let columns =
        "id, digest, state, label, subject, names, principal, key_sha256, "
        + "secret_id, requested_at, expires_at"

    init(row: Row) throws {
        id = row[0]
        digest = row[1]
        state = ApprovalDescription.State(rawValue: row[2]) ?? .denied
        label = row[3]
        subject = row[4]
        names = try JSONDecoder().decode([String].self, from: Data((row[5] as String).utf8))
        principal = row[6]
        keySHA256 = row[7]
        secretID = row[8]
        requestedAt = row[9]
        expiresAt = row[10]
    }
}

/// The approvals in the ledger.
enum ApprovalTable {
    private static let overdue =
        "SELECT \(ApprovalRecord.columns) FROM approval WHERE expires_at <= ? AND state <> 'denied' LIMIT ?"
    private static let byID = "SELECT \(ApprovalRecord.columns) FROM approval WHERE id = ?"
    private static let byDigest = "SELECT \(ApprovalRecord.columns) FROM approval WHERE digest = ?"
    static func find(_ db: Database, digest: Data) throws -> ApprovalRecord? {
        try ApprovalRecord.fetchOne(
            db.cachedStatement(sql: byDigest), arguments: [digest])
    }

    static func find(_ db: Database, id: String) throws -> ApprovalRecord? {
        try ApprovalRecord.fetchOne(db.cachedStatement(sql: byID), arguments: [id])
    }

    static func count(_ db: Database, principal: String) throws -> Int {
        try Int.fetchOne(
            db.cachedStatement(sql: "SELECT COUNT(*) FROM approval WHERE principal = ? AND state <> 'denied'"),
            arguments: [principal]) ?? 0
    }

    static func countWaiting(_ db: Database) throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT COUNT(*) FROM approval WHERE state = 'waiting'") ?? 0
    }

    static func insert(_ db: Database, _ approval: ApprovalRecord) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO approval (id, digest, state, label, subject, names, principal, key_sha256, secret_id,
                    requested_at, expires_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            approval.id, approval.digest, approval.state.rawValue, approval.label, approval.subject,
            String(decoding: try JSONEncoder().encode(approval.names), as: UTF8.self), approval.principal,
            approval.keySHA256, approval.secretID, approval.requestedAt, approval.expiresAt,
        ])
    }

    static func setState(_ db: Database, id: String, _ state: ApprovalDescription.State) throws {
        try db.cachedStatement(sql: "UPDATE approval SET state = ? WHERE id = ?")
            .execute(arguments: [state.rawValue, id])
    }

    static func delete(_ db: Database, id: String) throws {
        try db.cachedStatement(sql: "DELETE FROM approval WHERE id = ?").execute(arguments: [id])
    }

    /// Approvals whose time is over. A denial holds until it is removed.
    static func expired(_ db: Database, at now: Int64, limit: Int) throws -> [ApprovalRecord] {
        try ApprovalRecord.fetchAll(
            db.cachedStatement(sql: overdue),
            arguments: [now, limit])
    }

    /// Approvals in the order of their requests, and the cursor of the next page.
    static func list(
        _ db: Database, decidedToo: Bool, after cursor: Int64, limit: Int
    ) throws -> (approvals: [ApprovalRecord], next: Int64?) {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT \(ApprovalRecord.columns), number FROM approval
                WHERE number > ? AND (? OR state = 'waiting') ORDER BY number LIMIT ?
                """,
            arguments: [cursor, decidedToo, limit])
        return (try rows.map(ApprovalRecord.init(row:)), rows.count == limit ? rows.last?["number"] : nil)
    }
}
