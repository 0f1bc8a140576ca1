/// Appends to a tree that is stored as tiles, and tells which tiles that changes.
///
/// The tiles go into the same transaction as the entries: then a crash leaves both or neither.
package struct TileEdge: Sendable {
    package private(set) var frontier: TreeFrontier
    /// The hashes of the rightmost tile of each level; empty where that tile is full.
    private var partial: [[MerkleHash]]
    private var changed: [TileAddress: [MerkleHash]] = [:]

    /// Of the empty tree.
    package init() {
        frontier = TreeFrontier()
        partial = []
    }

    /// Goes on with a stored tree.
    package init(_ tree: MerkleTree<some TileReader>) throws {
        frontier = try TreeFrontier(tree)
        partial = []
        for level in 0...TileAddress.maximumLevel {
            let count = TileAddress.hashCount(level: level, treeSize: tree.size)
            guard count > 0 else { break }
            let address = TileAddress(level: level, index: count / Int64(TileAddress.fullWidth), treeSize: tree.size)
            partial.append(try address.map { try tree.tiles.hashes(of: $0) } ?? [])
        }
    }

    package var size: Int64 { frontier.size }
    package var root: MerkleHash { frontier.root }

    package mutating func append(_ leaf: MerkleHash) {
        var completed: [(level: Int, hash: MerkleHash)] = []
        let former = frontier.size
        frontier.append(leaf) { completed.append(($0, $1)) }
        for (level, hash) in completed {
            if partial.count == level { partial.append([]) }
            let index = (former >> Int64(level * TileAddress.height)) / Int64(TileAddress.fullWidth)
            partial[level].append(hash)
            // Keyed by the full address, so that a tile that grows is stored once.
            changed[TileAddress(level: level, index: index)] = partial[level]
            if partial[level].count == TileAddress.fullWidth { partial[level] = [] }
        }
    }

    /// The tiles that have changed since this was last called, with all their hashes.
    package mutating func takeChanges() -> [(address: TileAddress, hashes: [MerkleHash])] {
        defer { changed = [:] }
        return changed.map { (TileAddress(level: $0.level, index: $0.index, width: $1.count), $1) }
    }
}
