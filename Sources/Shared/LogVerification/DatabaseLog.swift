internal import Foundation
internal import GRDB
internal import TransparencyLog

/// The auditor's database, read as C2SP tlog-tiles lays a log out.
package struct DatabaseLog: TiledLog {
    private let database: DatabaseQueue

    /// - Throws: ``VerificationError`` where the file can't be opened.
    package init(path: String) throws {
        database = try DatabaseCopy.open(path)
    }

    package func read(_ path: String) async throws -> [UInt8]? {
        do {
            return try await database.read { try Self.read(path, $0) }
        } catch let error as DatabaseError {
            throw VerificationError("The database can't be read: \(error.message ?? "\(error.resultCode)").")
        }
    }

    private static func read(_ path: String, _ db: Database) throws -> [UInt8]? {
        guard path != "checkpoint" else {
            return try Row.fetchOne(db, sql: "SELECT CAST(note AS BLOB) FROM checkpoint")?.bytes(0)
        }
        guard path.hasPrefix("tile/"), let tile = TileAddress.parse(path.dropFirst("tile/".count)) else { return nil }
        let address = tile.address
        guard tile.isEntries else {
            let stored = try Row.fetchOne(
                db.cachedStatement(sql: "SELECT hashes FROM tiles WHERE level = ? AND number = ?"),
                arguments: [address.level, address.index])?.bytes(0)
            let count = address.width * MerkleHash.byteCount
            return stored.flatMap { $0.count >= count ? Array($0.prefix(count)) : nil }
        }
        let lines = try Row.fetchAll(
            db.cachedStatement(
                sql: "SELECT CAST(line AS BLOB) FROM events WHERE place > ? AND place <= ? ORDER BY place"),
            arguments: [
                address.index * Int64(TileAddress.fullWidth),
                address.index * Int64(TileAddress.fullWidth) + Int64(address.width),
            ]
        ).compactMap { $0.bytes(0) }
        return lines.count == address.width ? try EntryBundle.encode(lines) : nil
    }
}
