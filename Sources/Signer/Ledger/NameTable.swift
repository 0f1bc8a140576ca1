internal import Foundation
internal import GRDB

/// Who holds a name.
struct NameHolding: Sendable, Equatable {
    var name: String
    var device: Int64
    /// The key of the newest certificate on the name.
    var keySHA256: Data
    /// The end of the last certificate on the name, in seconds since 1970.
    var heldUntil: Int64
    /// The newest issuance on the name, in milliseconds since 1970.
    var boundAt: Int64
    /// Whether a revocation has blocked it for secrets.
    var isBlocked: Bool
}

extension NameHolding: FetchableRecord {
    /// In the order in which ``init(row:)`` reads them: by number, as a look-up by name costs more than the row.
    static let columns = "name, device, key_sha256, held_until, bound_at, blocked"

    init(row: Row) throws {
        name = row[0]
        device = row[1]
        keySHA256 = row[2]
        heldUntil = row[3]
        boundAt = row[4]
        isBlocked = row[5]
    }
}

/// The names in the ledger: every common name and subjectAltName belongs to one device, and so does what names a device
/// that has neither.
enum NameTable {
    private static let byDevice = "SELECT \(NameHolding.columns) FROM name WHERE device = ? ORDER BY name"
    private static let byName = "SELECT \(NameHolding.columns) FROM name WHERE name = ?"
    static func find(_ db: Database, name: String) throws -> NameHolding? {
        try NameHolding.fetchOne(db.cachedStatement(sql: byName), arguments: [name])
    }

    /// Prolongs what a device holds. The index by device, whose pages lie all over the file, is not touched.
    ///
    /// - Returns: false where the device does not hold the name.
    static func renew(_ db: Database, _ holding: NameHolding) throws -> Bool {
        try db.cachedStatement(
            sql: """
                UPDATE name SET held_until = MAX(held_until, ?), key_sha256 = ?, bound_at = ?
                WHERE name = ? AND device = ?
                """
        ).execute(arguments: [
            holding.heldUntil, holding.keySHA256, holding.boundAt, holding.name, holding.device,
        ])
        return db.changesCount > 0
    }

    /// Gives a name to a device that does not hold it.
    static func bind(_ db: Database, _ holding: NameHolding) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO name (name, device, key_sha256, held_until, bound_at) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (name) DO UPDATE SET
                    held_until = excluded.held_until, device = excluded.device, key_sha256 = excluded.key_sha256,
                    bound_at = excluded.bound_at
                """
        ).execute(arguments: [
            holding.name, holding.device, holding.keySHA256, holding.heldUntil, holding.boundAt,
        ])
    }

    static func names(_ db: Database, device: Int64) throws -> [NameHolding] {
        try NameHolding.fetchAll(
            db.cachedStatement(sql: byDevice), arguments: [device])
    }

    static func block(_ db: Database, device: Int64) throws {
        try db.cachedStatement(sql: "UPDATE name SET blocked = 1 WHERE device = ?").execute(arguments: [device])
    }

    static func release(_ db: Database, name: String) throws {
        try db.cachedStatement(sql: "DELETE FROM name WHERE name = ?").execute(arguments: [name])
    }
}

/// Keys that no label certifies, and keys that may not be used twice.
enum KeyTable {
    enum Block: Equatable {
        /// The key was compromised.
        case forEver
        /// Its device was revoked and waits for the operator's release.
        case untilReleased
    }

    static func block(_ db: Database, of keySHA256: Data) throws -> Block? {
        try Bool.fetchOne(
            db.cachedStatement(sql: "SELECT for_ever FROM blocked_key WHERE key_sha256 = ?"), arguments: [keySHA256]
        ).map { $0 ? .forEver : .untilReleased }
    }

    static func setBlock(_ db: Database, keySHA256: Data, device: Int64, _ block: Block) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO blocked_key (key_sha256, device, for_ever) VALUES (?, ?, ?)
                ON CONFLICT (key_sha256) DO UPDATE SET for_ever = MAX(for_ever, excluded.for_ever)
                """
        ).execute(arguments: [keySHA256, device, block == .forEver])
    }

    /// Lifts the blocks on a released device's keys; not those that hold for ever.
    static func release(_ db: Database, device: Int64) throws {
        try db.cachedStatement(sql: "DELETE FROM blocked_key WHERE device = ? AND NOT for_ever")
            .execute(arguments: [device])
        try db.cachedStatement(sql: "DELETE FROM certified_key WHERE device = ?").execute(arguments: [device])
    }

    /// The device that holds a certificate for this key, under a profile that forbids reuse.
    static func holder(_ db: Database, keySHA256: Data, at now: Int64) throws -> Int64? {
        try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT device FROM certified_key WHERE key_sha256 = ? AND held_until >= ?"),
            arguments: [keySHA256, now])
    }

    static func setHolder(_ db: Database, keySHA256: Data, device: Int64, until end: Int64) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO certified_key (key_sha256, device, held_until) VALUES (?, ?, ?)
                ON CONFLICT (key_sha256) DO UPDATE SET device = excluded.device, held_until = excluded.held_until
                """
        ).execute(arguments: [keySHA256, device, end])
    }
}
