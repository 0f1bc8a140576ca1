internal import ClusterProtocol
internal import GRDB

/// The newest certificate of each device, as the events tell: what expires, and has not been renewed or revoked since.
enum NewestCertificates {
    /// What an event changes.
    enum Change: Sendable {
        case issued(device: String, serial: String, subject: String?, label: String?, notAfter: Int64)
        case revoked(serial: String?, device: String?)
        case released(serial: String)

        init?(_ event: AuditEvent) {
            let serial = event.serial?.lowercased()
            switch event.type {
            case .issued:
                guard let serial, let notAfter = event.notAfter.flatMap(EventSeconds.of) else { return nil }
                self = .issued(
                    device: event.device ?? "serial:" + serial, serial: serial,
                    subject: event.subject ?? event.names?.first, label: event.label, notAfter: notAfter)
            case .revoked:
                guard serial != nil || event.device != nil else { return nil }
                self = .revoked(serial: serial, device: event.device)
            case .released:
                guard let serial else { return nil }
                self = .released(serial: serial)
            default: return nil
            }
        }
    }

    static let schema = """
        CREATE TABLE certificates (
            device TEXT PRIMARY KEY,
            serial TEXT NOT NULL,
            subject TEXT,
            label TEXT,
            not_after INTEGER NOT NULL,
            place INTEGER NOT NULL,
            revoked INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX certificates_expiry ON certificates (revoked, not_after, place);
        CREATE INDEX certificates_serial ON certificates (serial);

        """

    static func follow(_ entry: IndexEntry, _ db: Database) throws {
        switch entry.certificate {
        case nil: return
        case .issued(let device, let serial, let subject, let label, let notAfter):
            try db.cachedStatement(
                sql: """
                    INSERT OR REPLACE INTO certificates (device, serial, subject, label, not_after, place, revoked)
                    VALUES (?, ?, ?, ?, ?, ?, 0)
                    """
            ).execute(arguments: [device, serial, subject, label, notAfter, entry.place])
        case .revoked(let serial?, _):
            try db.cachedStatement(sql: "UPDATE certificates SET revoked = 1 WHERE serial = ?")
                .execute(arguments: [serial])
        case .revoked(nil, let device):
            try db.cachedStatement(sql: "UPDATE certificates SET revoked = 1 WHERE device = ?")
                .execute(arguments: [device])
        case .released(let serial):
            try db.cachedStatement(sql: "UPDATE certificates SET revoked = 0 WHERE serial = ?")
                .execute(arguments: [serial])
        }
    }

    struct Expiring: Sendable, Equatable {
        var serial: String
        var subject: String?
        var label: String?
        /// Seconds since 1970.
        var notAfter: Int64
        var place: Int64
    }

    /// What expires in a range of seconds since 1970, the first to expire first.
    ///
    /// - Parameter after: the last one of the page before: when it expires, and its place.
    static func expiring(
        _ db: Database, seconds: Range<Int64>, limit: Int, after: (notAfter: Int64, place: Int64)?
    ) throws -> (certificates: [Expiring], total: Int64) {
        let total =
            try Int64.fetchOne(
                db, sql: "SELECT count(*) FROM certificates WHERE revoked = 0 AND not_after >= ? AND not_after < ?",
                arguments: [seconds.lowerBound, seconds.upperBound]) ?? 0
        let (notAfter, place) = after ?? (seconds.lowerBound - 1, Int64.max)
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT serial, subject, label, not_after, place FROM certificates
                WHERE revoked = 0 AND (not_after, place) > (?, ?) AND not_after >= ? AND not_after < ?
                ORDER BY not_after, place LIMIT ?
                """, arguments: [notAfter, place, seconds.lowerBound, seconds.upperBound, limit])
        return (
            rows.map { Expiring(serial: $0[0], subject: $0[1], label: $0[2], notAfter: $0[3], place: $0[4]) }, total
        )
    }
}
