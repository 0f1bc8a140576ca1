internal import Foundation
internal import GRDB

/// What the ledger keeps of a manufacturer certificate (``Requester/ManufacturerCertificate``).
struct ManufacturerLink: Sendable, Equatable {
    var manufacturer: String
    /// SHA-256 over the certificate as it was presented.
    var fingerprint: Data
    /// SHA-256 over its signed part.
    var identity: Data
    var keySHA256: Data
}

/// Which device came with which manufacturer certificate: so that a revoked device does not come back with it.
enum ManufacturerTable {
    /// The device that a manufacturer certificate belongs to: by its signed part, or by its key, which a maker may have
    /// certified anew.
    static func device(_ db: Database, identity: Data, keySHA256: Data) throws -> Int64? {
        try Int64.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT device FROM manufacturer_certificate WHERE identity = :identity OR key_sha256 = :key
                    ORDER BY identity = :identity DESC LIMIT 1
                    """),
            arguments: ["identity": identity, "key": keySHA256])
    }

    /// Whether a device has ever come with a manufacturer certificate.
    static func knows(_ db: Database, device: Int64) throws -> Bool {
        try Bool.fetchOne(
            db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM manufacturer_certificate WHERE device = ?)"),
            arguments: [device]) ?? false
    }

    static func link(
        _ db: Database, _ certificate: ManufacturerLink, device: Int64, at now: Int64
    ) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO manufacturer_certificate
                    (identity, key_sha256, manufacturer, fingerprint, device, first_seen)
                VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (identity) DO UPDATE SET device = excluded.device
                """
        ).execute(arguments: [
            certificate.identity, certificate.keySHA256, certificate.manufacturer, certificate.fingerprint, device, now,
        ])
    }
}
