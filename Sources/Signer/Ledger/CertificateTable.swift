internal import ClusterProtocol
internal import Foundation
internal import GRDB
internal import SwiftASN1
internal import X509

/// A certificate that this signer has issued.
struct CertificateRecord: Sendable, Equatable {
    var authority: String
    var serial: Data
    /// The device's number; nil for a node's own certificate.
    var device: Int64?
    var der: Data
    var label: String
    var profile: String
    /// The frontend through which it was asked for.
    var node: String
    /// In milliseconds since 1970.
    var issuedAt: Int64
    /// In seconds since 1970.
    var notBefore: Int64
    var notAfter: Int64
    var revokedAt: Int64?
    var revocationReason: RevocationReason?
}

extension CertificateRecord: FetchableRecord {
    /// In the order in which ``init(row:)`` reads them: by number, as a look-up by name costs more than the row.
    static let columns =
        "authority, serial, device, der, label, profile, node, issued_at, "
        + "not_before, not_after, revoked_at, revocation_reason"

    init(row: Row) throws {
        authority = row[0]
        serial = row[1]
        device = row[2]
        der = row[3]
        label = row[4]
        profile = row[5]
        node = row[6]
        issuedAt = row[7]
        notBefore = row[8]
        notAfter = row[9]
        revokedAt = row[10]
        revocationReason = (row[11] as String?).flatMap(RevocationReason.init(rawValue:))
    }
}

extension CertificateRecord {
    /// The certificate's subject public key info.
    func publicKeyDER() throws -> [UInt8] {
        try Certificate(derEncoded: Array(der)).publicKey.derEncoded()
    }
}

/// The certificates in the ledger.
enum CertificateTable {
    private static let bySerial =
        "SELECT \(CertificateRecord.columns) FROM certificate WHERE authority = ? AND serial = ?"
    static func find(_ db: Database, authority: String, serial: Data) throws -> CertificateRecord? {
        try CertificateRecord.fetchOne(
            db.cachedStatement(sql: bySerial),
            arguments: [authority, serial])
    }

    /// The highest serial number of an authority's certificates.
    static func newestSerial(_ db: Database, authority: String) throws -> Data? {
        try Data.fetchOne(
            db.cachedStatement(sql: "SELECT MAX(serial) FROM certificate WHERE authority = ?"), arguments: [authority])
    }

    /// Whether a certificate may still authenticate.
    enum Standing {
        case good
        case revoked
        /// It is not revoked itself, but its device is, or its key.
        case deviceBlocked
    }

    /// - Returns: nil where there is no such certificate.
    static func standing(
        _ db: Database, authority: String, serial: Data, keySHA256: Data
    ) throws -> Standing? {
        let found = try Int.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT CASE
                        WHEN revoked_at IS NOT NULL THEN 1
                        WHEN EXISTS (SELECT 1 FROM device WHERE id = certificate.device AND blocked_at IS NOT NULL) THEN 2
                        WHEN EXISTS (SELECT 1 FROM blocked_key WHERE key_sha256 = ?) THEN 2
                        ELSE 0 END
                    FROM certificate WHERE authority = ? AND serial = ?
                    """), arguments: [keySHA256, authority, serial])
        return found.map { [.good, .revoked, .deviceBlocked][$0] }
    }

    /// The certificates with this serial number, of any authority.
    static func find(_ db: Database, authorities: [String], serial: Data) throws -> [CertificateRecord] {
        try authorities.compactMap { try find(db, authority: $0, serial: serial) }
    }

    /// Enters a certificate; the ledger's count of them is the operation's to declare.
    static func insert(_ db: Database, _ certificate: CertificateRecord) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO certificate
                    (authority, serial, device, der, label, profile, node, issued_at, not_before, not_after)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            certificate.authority, certificate.serial, certificate.device, certificate.der, certificate.label,
            certificate.profile, certificate.node, certificate.issuedAt, certificate.notBefore, certificate.notAfter,
        ])
    }

    /// A device's certificates that have neither ended nor been revoked.
    static func live(_ db: Database, device: Int64, at now: Int64) throws -> [CertificateRecord] {
        try CertificateRecord.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT \(CertificateRecord.columns) FROM certificate
                    WHERE device = ? AND not_after >= ? AND revoked_at IS NULL
                    ORDER BY authority, serial
                    """),
            arguments: [device, now])
    }

    /// A device's certificates that have neither ended nor been revoked and are no older than a time, oldest first.
    ///
    /// - Parameters:
    ///   - issuedAt: in milliseconds since 1970.
    ///   - serial: of one that is not meant.
    static func live(
        _ db: Database, device: Int64, issuedSince issuedAt: Int64, but serial: Data, at now: Int64, limit: Int
    ) throws -> [CertificateRecord] {
        try CertificateRecord.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT \(CertificateRecord.columns) FROM certificate
                    WHERE device = ? AND not_after >= ? AND revoked_at IS NULL AND issued_at >= ?
                        AND serial <> ?
                    ORDER BY authority, serial LIMIT ?
                    """),
            arguments: [device, now, issuedAt, serial, limit])
    }

    static func revoke(
        _ db: Database, authority: String, serial: Data, at now: Int64, reason: RevocationReason
    ) throws {
        try db.cachedStatement(
            sql: """
                UPDATE certificate SET revoked_at = ?, revocation_reason = ?
                WHERE authority = ? AND serial = ? AND revoked_at IS NULL
                """
        ).execute(arguments: [now, reason.rawValue, authority, serial])
        if db.changesCount > 0 {
            try MetaTable.add(db, RevocationListTable.revocationsKey(authority), 1)
        }
    }
}
