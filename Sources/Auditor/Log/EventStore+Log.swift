internal import Foundation
internal import GRDB
package import TransparencyLog

extension EventStore {
    /// The public key of the log's checkpoints.
    package var logKey: NoteVerifierKey { tree.key }

    /// The newest signed checkpoint (C2SP tlog-checkpoint), and when its last event happened, in seconds since 1970.
    package func checkpoint() async throws -> (note: SignedNote, time: Int64?) {
        try await log.read { db in
            guard let note = try LogTree.storedCheckpoint(db) else {
                throw EventStoreError("There is no checkpoint yet.")
            }
            let time = try Int64.fetchOne(
                db,
                sql: """
                    SELECT last_event_at FROM runs
                    WHERE id = (SELECT run_id FROM events ORDER BY place DESC LIMIT 1)
                    """)
            return (note, time)
        }
    }

    /// A tile's hashes, one after another, as they are served; nil where the tree has no such tile.
    package func tile(_ address: TileAddress) async throws -> [UInt8]? {
        try await log.read { db in
            guard try address.isWithin(LogTree.tree(db).size) else { return nil }
            return try TileTable(db: db).hashes(of: address).flatMap(\.bytes)
        }
    }

    /// The events under a tile of level 0 as a bundle (C2SP tlog-tiles); nil where they are not there.
    package func entries(_ address: TileAddress) async throws -> [UInt8]? {
        try await log.read { db in
            guard address.level == 0, try address.isWithin(LogTree.tree(db).size) else { return nil }
            let first = address.index * Int64(TileAddress.fullWidth)
            let lines = try String.fetchAll(
                db.cachedStatement(sql: "SELECT line FROM events WHERE place > ? ORDER BY place LIMIT ?"),
                arguments: [first, address.width])
            guard lines.count == address.width else { return nil }
            return try EntryBundle.encode(lines.map { Array($0.utf8) })
        }
    }

    /// The proof that the log has an event, to be verified with the log's key alone; nil where it has none there.
    ///
    /// - Parameter place: From 1.
    package func inclusionProof(place: Int64) async throws -> EntryProof? {
        try await log.read { db in
            let tree = try LogTree.tree(db)
            guard place >= 1, place <= tree.size, let checkpoint = try LogTree.storedCheckpoint(db) else { return nil }
            return EntryProof(
                index: place - 1, hashes: try tree.inclusionProof(of: place - 1), checkpoint: checkpoint)
        }
    }
}

extension TileAddress {
    /// Whether a tree of a size has all of the tile's hashes.
    fileprivate func isWithin(_ treeSize: Int64) -> Bool {
        guard let whole = TileAddress(level: level, index: index, treeSize: treeSize) else { return false }
        return width <= whole.width
    }
}
