internal import ClusterProtocol
internal import Crypto
internal import Foundation
internal import GRDB

/// An enrollment secret as the ledger knows it: never the secret itself, only its SHA-256.
struct SecretRecord: Sendable, Equatable {
    var id: String
    var label: String
    var names: [String]?
    var uses: Int
    var used: Int
    /// Uses held by requests that wait for approval.
    var reserved: Int
    /// In milliseconds since 1970.
    var createdAt: Int64
    /// In seconds since 1970.
    var expiresAt: Int64
    var revokedAt: Int64?
    var replacedBy: String?

    var isSpent: Bool { used + reserved >= uses }
    var isMultiUse: Bool { uses > 1 }

    func isExpired(at now: Int64) -> Bool {
        expiresAt <= now
    }

    var description: SecretDescription {
        SecretDescription(
            id: id, label: label, names: names, uses: uses, used: used, reserved: reserved,
            createdAt: createdAt / 1000, expiresAt: expiresAt, revokedAt: revokedAt, replacedBy: replacedBy)
    }
}

extension SecretRecord: FetchableRecord {
    /// In the order in which ``init(row:)`` reads them: by number, as a look-up by name costs more than the row.
    static let columns =
        "id, label, names, uses, used, reserved, created_at, expires_at, "
        + "revoked_at, replaced_by"

    init(row: Row) throws {
        id = row[0]
        label = row[1]
        names = try (row[2] as String?).map { try JSONDecoder().decode([String].self, from: Data($0.utf8)) }
        uses = row[3]
        used = row[4]
        reserved = row[5]
        createdAt = row[6]
        expiresAt = row[7]
        revokedAt = row[8]
        replacedBy = row[9]
    }
}

/// Enrollment secrets in the ledger.
enum SecretTable {
    private static let bySHA256 = "SELECT \(SecretRecord.columns) FROM secret WHERE sha256 = ?"
    private static let byID = "SELECT \(SecretRecord.columns) FROM secret WHERE id = ?"
    static func sha256(of secret: Secret) -> Data {
        Data(SHA256.hash(data: Data(secret.revealed.utf8)))
    }

    static func find(_ db: Database, sha256: Data) throws -> SecretRecord? {
        try SecretRecord.fetchOne(
            db.cachedStatement(sql: bySHA256), arguments: [sha256])
    }

    static func find(_ db: Database, id: String) throws -> SecretRecord? {
        try SecretRecord.fetchOne(db.cachedStatement(sql: byID), arguments: [id])
    }

    static func insert(_ db: Database, _ secret: SecretRecord, sha256: Data) throws {
        let names = try secret.names.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
        try db.cachedStatement(
            sql: """
                INSERT INTO secret (id, sha256, label, names, uses, created_at, expires_at)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            secret.id, sha256, secret.label, names, secret.uses, secret.createdAt, secret.expiresAt,
        ])
    }

    /// Burns one use, unless none is left or the secret has been revoked in the meantime. Whether it did.
    static func burn(_ db: Database, id: String) throws -> Bool {
        try db.cachedStatement(
            sql: "UPDATE secret SET used = used + 1 WHERE id = ? AND used + reserved < uses AND revoked_at IS NULL"
        ).execute(arguments: [id])
        return db.changesCount == 1
    }

    /// Counts a use that another life of the ledger has burned.
    static func countUse(_ db: Database, id: String) throws {
        try db.cachedStatement(sql: "UPDATE secret SET used = MIN(used + 1, uses) WHERE id = ?").execute(arguments: [id]
        )
    }

    /// Turns a use that an approval reserved into a burned one. Whether it did: not when the secret was revoked.
    static func burnReserved(_ db: Database, id: String) throws -> Bool {
        try db.cachedStatement(
            sql: """
                UPDATE secret SET used = used + 1, reserved = reserved - 1
                WHERE id = ? AND reserved > 0 AND revoked_at IS NULL
                """
        ).execute(arguments: [id])
        return db.changesCount == 1
    }

    /// Reserves one use for a request that waits for approval. Whether there was one.
    static func reserve(_ db: Database, id: String) throws -> Bool {
        try db.cachedStatement(
            sql:
                "UPDATE secret SET reserved = reserved + 1 WHERE id = ? AND used + reserved < uses AND revoked_at IS NULL"
        ).execute(arguments: [id])
        return db.changesCount == 1
    }

    static func releaseReserved(_ db: Database, id: String) throws {
        try db.cachedStatement(sql: "UPDATE secret SET reserved = reserved - 1 WHERE id = ? AND reserved > 0")
            .execute(arguments: [id])
    }

    static func revoke(_ db: Database, id: String, at now: Int64, replacedBy: String? = nil) throws {
        try db.cachedStatement(
            sql: "UPDATE secret SET revoked_at = COALESCE(revoked_at, ?), replaced_by = ? WHERE id = ?"
        ).execute(arguments: [now, replacedBy, id])
    }

    /// Secrets in the order of their creation, and the cursor of the next page.
    static func list(
        _ db: Database, label: String?, usableAt now: Int64?, after cursor: Int64, limit: Int
    ) throws -> (secrets: [SecretRecord], next: Int64?) {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT \(SecretRecord.columns), number FROM secret
                WHERE number > :cursor AND (:label IS NULL OR label = :label)
                    AND (:now IS NULL OR (revoked_at IS NULL AND expires_at > :now AND used + reserved < uses))
                ORDER BY number LIMIT :limit
                """,
            arguments: ["cursor": cursor, "label": label, "now": now, "limit": limit])
        return (try rows.map(SecretRecord.init(row:)), rows.count == limit ? rows.last?["number"] : nil)
    }
}
