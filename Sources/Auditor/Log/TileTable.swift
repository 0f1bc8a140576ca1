internal import Foundation
internal import GRDB
internal import TransparencyLog

/// The tiles of the log's tree, in the log's database.
struct TileTable: TileReader {
    let db: Database

    /// A narrower tile is the beginning of the one that is stored, as the tree only grows.
    func hashes(of tile: TileAddress) throws -> [MerkleHash] {
        let stored = try Data.fetchOne(
            db.cachedStatement(sql: "SELECT hashes FROM tiles WHERE level = ? AND number = ?"),
            arguments: [tile.level, tile.index])
        guard let bytes = stored.map(Array.init), bytes.count % MerkleHash.byteCount == 0,
            bytes.count >= tile.width * MerkleHash.byteCount
        else { throw TransparencyLogError("\(tile.path) is not there as a whole.") }
        return stride(from: 0, to: tile.width * MerkleHash.byteCount, by: MerkleHash.byteCount).compactMap {
            MerkleHash(bytes[$0..<$0 + MerkleHash.byteCount])
        }
    }

    func store(_ hashes: [MerkleHash], at tile: TileAddress) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO tiles (level, number, hashes) VALUES (?, ?, ?)
                ON CONFLICT (level, number) DO UPDATE SET hashes = excluded.hashes
                """
        ).execute(arguments: [tile.level, tile.index, Data(hashes.flatMap(\.bytes))])
    }
}
