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
    init(row: Row) throws {
        id = row["id"]
        subject = row["subject"]
        label = row["label"]
        firstSeen = row["first_seen"]
        lastRenewed = row["last_renewed"]
        expires = row["expires"]
        renewals = row["renewals"]
        blockedAt = row["blocked_at"]
    }
}

/// The devices in the ledger.
enum DeviceTable {
    static func find(_ db: Database, id: Int64) throws -> DeviceRecord? {
        try DeviceRecord.fetchOne(db.cachedStatement(sql: "SELECT * FROM device WHERE id = ?"), arguments: [id])
    }

    /// Enters a device at its first enrollment.
    static func insert(
        _ db: Database, id: Int64, subject: String, label: String, at now: Int64, expires: Int64
    ) throws {
        try db.cachedStatement(
            sql: "INSERT INTO device (id, subject, label, first_seen, last_renewed, expires) VALUES (?, ?, ?, ?, ?, ?)"
        ).execute(arguments: [id, subject, label, now, now, expires])
        try MetaTable.add(db, "devices", 1)
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
                SELECT * FROM device
                WHERE id > :cursor AND (:holder IS NULL OR id = :holder) AND (:label IS NULL OR label = :label)
                    AND (:until IS NULL OR (expires >= :now AND expires <= :until))
                    AND (NOT :notRenewed OR renewals = 0)
                ORDER BY id LIMIT :limit
                """,
            arguments: [
                "cursor": cursor, "holder": holder, "label": request.label, "now": now,
                "until": request.expiresWithin.map { now.addingReportingOverflow($0).partialValue },
                "notRenewed": request.notRenewed, "limit": limit,
            ])
    }
}
