internal import Foundation
internal import GRDB

/// An encrypted key as it was sent, to be sent again to the same request (design §7). Never one in clear.
struct DeliveredKeyRecord: Sendable, Equatable {
    var authority: String
    /// Of the certificate that goes with it.
    var serial: Data
    /// The CMS message, DER.
    var message: Data
    /// Whom it is encrypted for (``ResolvedProtection/recipientSHA256``).
    var recipientSHA256: Data
    /// In seconds since 1970.
    var keptUntil: Int64
}

extension DeliveredKeyRecord: FetchableRecord {
    init(row: Row) throws {
        authority = row["authority"]
        serial = row["serial"]
        message = row["message"]
        recipientSHA256 = row["recipient_sha256"]
        keptUntil = row["kept_until"]
    }
}

/// Encrypted keys, for the replay window only.
enum DeliveredKeyTable {
    static func find(_ db: Database, authority: String, serial: Data) throws -> DeliveredKeyRecord? {
        try DeliveredKeyRecord.fetchOne(
            db.cachedStatement(sql: "SELECT * FROM delivered_key WHERE authority = ? AND serial = ?"),
            arguments: [authority, serial])
    }

    static func insert(_ db: Database, _ key: DeliveredKeyRecord) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO delivered_key (authority, serial, message, recipient_sha256, kept_until)
                VALUES (?, ?, ?, ?, ?)
                """
        ).execute(arguments: [key.authority, key.serial, key.message, key.recipientSHA256, key.keptUntil])
    }

    /// Deletes at most `limit` whose time is over; how many it deleted.
    static func prune(_ db: Database, before now: Int64, limit: Int) throws -> Int {
        try db.cachedStatement(
            sql: """
                DELETE FROM delivered_key WHERE (authority, serial) IN
                    (SELECT authority, serial FROM delivered_key WHERE kept_until < ? LIMIT ?)
                """
        ).execute(arguments: [now, limit])
        return db.changesCount
    }
}
