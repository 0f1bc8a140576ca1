internal import ClusterProtocol
internal import Foundation
internal import GRDB

/// A device: the lineage of certificates that began with one first enrollment.
struct DeviceRecord: Sendable, Equatable {
    var id: Int64
    var subject: String
    var label: String
    /// In seconds since 1970.
    var firstSeen: Int64
    var lastRenewed: Int64
    var expires: Int64
    var renewals: Int
    var blockedAt: Int64?
}

extension DeviceRecord: FetchableRecord {
    /// In the order in which ``init(row:)`` reads them: by number, as a look-up by name costs more than the row.
    static let columns = "id, subject, label, first_seen, last_renewed, expires, renewals, blocked_at"

    init(row: Row) throws {
        id = row[0]
        subject = row[1]
        label = row[2]
        firstSeen = row[3]
        lastRenewed = row[4]
        expires = row[5]
        renewals = row[6]
        blockedAt = row[7]
    }
}

/// The devices in the ledger.
enum DeviceTable {
    private static let byID = "SELECT \(DeviceRecord.columns) FROM device WHERE id = ?"
    static func find(_ db: Database, id: Int64) throws -> DeviceRecord? {
        try DeviceRecord.fetchOne(db.cachedStatement(sql: byID), arguments: [id])
    }

    /// Whether a device or a key waits for the operator's release, or the key is refused for ever.
    static func isBlocked(_ db: Database, id: Int64?, keySHA256: Data) throws -> Bool {
        try Bool.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT EXISTS (SELECT 1 FROM device WHERE id = ? AND blocked_at IS NOT NULL)
                        OR EXISTS (SELECT 1 FROM blocked_key WHERE key_sha256 = ?)
                    """), arguments: [id, keySHA256]) ?? false
    }

    /// Enters a device at its first enrollment; the ledger's count of them is the operation's to declare.
    static func insert(
        _ db: Database, id: Int64, subject: String, label: String, at now: Int64, expires: Int64
    ) throws {
        try db.cachedStatement(
            sql: "INSERT INTO device (id, subject, label, first_seen, last_renewed, expires) VALUES (?, ?, ?, ?, ?, ?)"
        ).execute(arguments: [id, subject, label, now, now, expires])
    }

    static func renew(_ db: Database, id: Int64, subject: String, label: String, at now: Int64, expires: Int64) throws {
        try db.cachedStatement(
            sql: """
                UPDATE device SET subject = ?, label = ?, last_renewed = ?, expires = MAX(expires, ?),
                    renewals = renewals + 1
                WHERE id = ?
                """
        ).execute(arguments: [subject, label, now, expires, id])
    }

    static func setBlocked(_ db: Database, id: Int64, at now: Int64?) throws {
        try db.cachedStatement(sql: "UPDATE device SET blocked_at = ? WHERE id = ?").execute(arguments: [now, id])
    }

    /// Devices in the order in which they were first seen.
    static func list(
        _ db: Database, _ request: ListDevicesRequest, holder: Int64?, now: Int64, after cursor: Int64, limit: Int
    ) throws -> [DeviceRecord] {
        try DeviceRecord.fetchAll(
            db,
            sql: """
                SELECT \(DeviceRecord.columns) FROM device
                WHERE id > :cursor AND (:holder IS NULL OR id = :holder) AND (:label IS NULL OR label = :label)
                    AND (:until IS NULL OR (expires >= :now AND expires <= :until))
                    AND (NOT :notRenewed OR renewals = 0)
                    AND (:authority IS NULL OR (expires >= :now AND :authority = (
                        SELECT authority FROM certificate WHERE certificate.device = device.id
                        ORDER BY issued_at DESC LIMIT 1)))
                ORDER BY id LIMIT :limit
                """,
            arguments: [
                "cursor": cursor, "holder": holder, "label": request.label, "now": now,
                "until": request.expiresWithin.map { now.addingReportingOverflow($0).partialValue },
                "notRenewed": request.notRenewed, "authority": request.authority, "limit": limit,
            ])
    }
}
