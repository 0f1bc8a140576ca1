internal import TransparencyLog

/// A tree in memory, grown as the log grows it, with every hash recursively made as RFC 6962 §2.1 writes it beside it.
struct TestTree: TileReader {
    var tiles: [Place: [MerkleHash]] = [:]
    var leaves: [MerkleHash] = []
    var edge: TileEdge

    struct Place: Hashable {
        var level: Int
        var index: Int64
    }

    init() throws {
        edge = try TileEdge(MerkleTree(size: 0, tiles: NoTiles()))
    }

    init(entries count: Int) throws {
        try self.init()
        for index in 0..<count { append(Array("entry \(index)".utf8)) }
        store()
    }

    mutating func append(_ entry: [UInt8]) {
        leaves.append(.leaf(entry))
        edge.append(.leaf(entry))
    }

    mutating func store() {
        for (address, hashes) in edge.takeChanges() {
            tiles[Place(level: address.level, index: address.index)] = hashes
        }
    }

    func hashes(of tile: TileAddress) throws -> [MerkleHash] {
        guard let hashes = tiles[Place(level: tile.level, index: tile.index)], hashes.count >= tile.width else {
            throw TransparencyLogError("no tile \(tile.path)")
        }
        return Array(hashes.prefix(tile.width))
    }

    func tree(size: Int? = nil) -> MerkleTree<TestTree> {
        MerkleTree(size: Int64(size ?? leaves.count), tiles: self)
    }

    /// The definition: MTH of the first leaves.
    func root(size: Int) -> MerkleHash {
        size == 0 ? .empty : Self.hash(leaves[..<size])
    }

    private static func hash(_ leaves: ArraySlice<MerkleHash>) -> MerkleHash {
        guard leaves.count > 1 else { return leaves[leaves.startIndex] }
        var split = 1
        while split * 2 < leaves.count { split *= 2 }
        let middle = leaves.startIndex + split
        return .node(hash(leaves[..<middle]), hash(leaves[middle...]))
    }
}

struct NoTiles: TileReader {
    func hashes(of tile: TileAddress) throws -> [MerkleHash] {
        throw TransparencyLogError("no tile \(tile.path)")
    }
}
