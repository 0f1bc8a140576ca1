internal import Foundation
internal import GRDB

/// A named symmetric key, wrapped (see ``KeyWrapping``).
struct KeyEncryptionKeyRecord: Sendable, Equatable {
    /// The octets of a DecryptKeyIdentifier.
    var identifier: Data
    var label: String?
    var names: [String]?
    var wrapped: Data
    /// In seconds since 1970.
    var createdAt: Int64

    /// What the wrapped key is bound to: a ledger that somebody has changed does not give it to another label or device.
    var context: Data {
        // Arrays of strings always encode.
        let bound = (try? JSONEncoder().encode([label.map { [$0] } ?? [], names ?? []])) ?? Data()
        return Data("estuary kek v1\n".utf8) + Data("\(identifier.count) \(names == nil)\n".utf8) + identifier + bound
    }
}

extension KeyEncryptionKeyRecord: FetchableRecord {
    init(row: Row) throws {
        identifier = row["identifier"]
        label = row["label"]
        names = try (row["names"] as String?).map { try JSONDecoder().decode([String].self, from: Data($0.utf8)) }
        wrapped = row["wrapped"]
        createdAt = row["created_at"]
    }
}

/// The named symmetric keys in the ledger.
enum KeyEncryptionKeyTable {
    static func find(_ db: Database, identifier: Data) throws -> KeyEncryptionKeyRecord? {
        try KeyEncryptionKeyRecord.fetchOne(
            db.cachedStatement(sql: "SELECT * FROM key_encryption_key WHERE identifier = ?"), arguments: [identifier])
    }

    static func count(_ db: Database) throws -> Int {
        try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM key_encryption_key") ?? 0
    }

    static func insert(_ db: Database, _ key: KeyEncryptionKeyRecord) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO key_encryption_key (identifier, label, names, wrapped, created_at) VALUES (?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            key.identifier, key.label,
            try key.names.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }, key.wrapped,
            key.createdAt,
        ])
    }

    static func delete(_ db: Database, identifier: Data) throws {
        try db.cachedStatement(sql: "DELETE FROM key_encryption_key WHERE identifier = ?")
            .execute(arguments: [identifier])
    }

    /// In the order of their identifiers.
    static func list(_ db: Database, after identifier: Data, limit: Int) throws -> [KeyEncryptionKeyRecord] {
        try KeyEncryptionKeyRecord.fetchAll(
            db, sql: "SELECT * FROM key_encryption_key WHERE identifier > ? ORDER BY identifier LIMIT ?",
            arguments: [identifier, limit])
    }
}
