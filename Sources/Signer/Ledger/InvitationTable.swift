internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import GRDB

/// The invitations by which nodes join, with the public halves of their CURVE keys.
enum InvitationTable {
    /// The newest first.
    static func all(_ db: Database) throws -> [(publicKey: String, description: InvitationDescription)] {
        try Row.fetchAll(db, sql: "SELECT * FROM invitation ORDER BY created_at DESC, id").map {
            ($0["public_key"], try description($0))
        }
    }

    static func find(_ db: Database, id: String) throws -> InvitationDescription? {
        try Row.fetchOne(db, sql: "SELECT * FROM invitation WHERE id = ?", arguments: [id]).map(description)
    }

    static func count(_ db: Database) throws -> Int {
        try Int.fetchOne(db, sql: "SELECT count(*) FROM invitation") ?? 0
    }

    /// The invitation that a key belongs to.
    static func owner(_ db: Database, publicKey: String) throws -> String? {
        try String.fetchOne(db, sql: "SELECT id FROM invitation WHERE public_key = ?", arguments: [publicKey])
    }

    static func insert(_ db: Database, _ invitation: InvitationDescription, publicKey: String) throws {
        try db.execute(
            sql: """
                INSERT INTO invitation (id, public_key, labels, hosts, uses, created_at, expires_at)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                invitation.id, publicKey,
                try invitation.labels.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) },
                String(decoding: try JSONEncoder().encode(invitation.hosts), as: UTF8.self), invitation.uses,
                invitation.createdAt, invitation.expiresAt,
            ])
    }

    /// Counts one use, unless none is left. Whether it did.
    static func use(_ db: Database, id: String) throws -> Bool {
        try db.execute(
            sql: "UPDATE invitation SET used = used + 1 WHERE id = ? AND used < uses AND revoked_at IS NULL",
            arguments: [id])
        return db.changesCount == 1
    }

    static func revoke(_ db: Database, id: String, at now: Int64) throws {
        try db.execute(
            sql: "UPDATE invitation SET revoked_at = COALESCE(revoked_at, ?) WHERE id = ?", arguments: [now, id])
    }

    /// Forgets what ended before that time.
    static func prune(_ db: Database, endedBefore time: Int64) throws {
        try db.execute(
            sql: "DELETE FROM invitation WHERE min(expires_at, COALESCE(revoked_at, expires_at)) < ?",
            arguments: [time])
    }

    private static func description(_ row: Row) throws -> InvitationDescription {
        InvitationDescription(
            id: row["id"],
            labels: try (row["labels"] as String?).map {
                try JSONDecoder().decode([String].self, from: Data($0.utf8))
            },
            hosts: try JSONDecoder().decode([String].self, from: Data((row["hosts"] as String).utf8)),
            uses: row["uses"], used: row["used"], createdAt: row["created_at"], expiresAt: row["expires_at"],
            revokedAt: row["revoked_at"])
    }
}
