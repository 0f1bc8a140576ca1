internal import ClusterProtocol
internal import Crypto
internal import Foundation
internal import GRDB

/// The key of every authority that the ledger was ever opened for: a name stands for one key for ever.
enum AuthorityTable {
    /// The first authority that the ledger knows under another key; nil where there is none.
    ///
    /// - Parameter authorities: the SHA-256 of each authority's public key by the authority's name.
    static func contradiction(_ db: Database, _ authorities: [String: [UInt8]]) throws -> String? {
        try authorities.sorted { $0.key < $1.key }.first { name, key in
            try MetaTable.data(db, entry(name)).map { $0 != Data(key) } ?? false
        }?.key
    }

    static func enter(_ db: Database, _ authorities: [String: [UInt8]]) throws {
        for (name, key) in authorities where try MetaTable.data(db, entry(name)) == nil {
            try MetaTable.set(db, entry(name), Data(key))
        }
    }

    /// Notes which certificates the authorities have now; whether they were others the last time.
    static func note(_ db: Database, digest: Data) throws -> Bool {
        guard try MetaTable.data(db, "authorities_sha256") != digest else { return false }
        try MetaTable.set(db, "authorities_sha256", digest)
        return true
    }

    /// Stands for the authorities with every certificate that is known of them.
    static func digest(_ authorities: [IssuingAuthority]) -> Data {
        var hash = SHA256()
        for authority in authorities {
            for part in [Data(authority.name.utf8)] + authority.chain + authority.description.caCertificates {
                hash.update(data: Array(SHA256.hash(data: part)))
            }
        }
        return Data(hash.finalize())
    }

    private static func entry(_ name: String) -> String { "authority:\(name)" }
}
