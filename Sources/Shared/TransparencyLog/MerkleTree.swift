/// Where the hashes of a tree are read.
package protocol TileReader {
    /// The tile's hashes: as many as its address has.
    ///
    /// - Throws: where they are not there, or fewer.
    func hashes(of tile: TileAddress) throws -> [MerkleHash]
}

/// A Merkle tree of a size, read by its tiles (RFC 6962 §2.1): roots and proofs.
package struct MerkleTree<Tiles: TileReader> {
    package let size: Int64
    package let tiles: Tiles

    /// - Precondition: the size is not negative.
    package init(size: Int64, tiles: Tiles) {
        precondition(size >= 0)
        self.size = size
        self.tiles = tiles
    }

    /// The Merkle tree hash of all leaves.
    package func root() throws -> MerkleHash {
        size == 0 ? .empty : try hash(of: 0..<size)
    }

    /// The hash of one leaf.
    package func leafHash(_ index: Int64) throws -> MerkleHash {
        try requireLeaf(index)
        return try node(height: 0, index: index)
    }

    /// The audit path of a leaf (RFC 6962 §2.1.1), from the leaf's sibling up.
    package func inclusionProof(of index: Int64) throws -> [MerkleHash] {
        try requireLeaf(index)
        var path: [MerkleHash] = []
        var range = 0..<size
        while range.count > 1 {
            let middle = range.lowerBound + MerkleProof.split(Int64(range.count))
            let (left, right) = (range.lowerBound..<middle, middle..<range.upperBound)
            path.append(try hash(of: index < middle ? right : left))
            range = index < middle ? left : right
        }
        return path.reversed()
    }

    /// The proof that the tree has several leaves: the hashes that can't be made of them, from left to right.
    ///
    /// - Parameter indexes: ascending, at least one.
    package func inclusionProof(ofEach indexes: [Int64]) throws -> [MerkleHash] {
        guard let last = indexes.last, zip(indexes, indexes.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw TransparencyLogError("A proof is made of leaves in ascending order, at least one.")
        }
        try requireLeaf(indexes[0])
        try requireLeaf(last)
        var proof: [MerkleHash] = []
        func collect(_ range: Range<Int64>, _ leaves: ArraySlice<Int64>) throws {
            guard !leaves.isEmpty else { return proof.append(try hash(of: range)) }
            guard range.count > 1 else { return }
            let middle = range.lowerBound + MerkleProof.split(Int64(range.count))
            let cut = leaves.firstIndex { $0 >= middle } ?? leaves.endIndex
            try collect(range.lowerBound..<middle, leaves[..<cut])
            try collect(middle..<range.upperBound, leaves[cut...])
        }
        try collect(0..<size, indexes[...])
        return proof
    }

    /// The proof that a smaller tree is a beginning of this one (RFC 6962 §2.1.2); empty for the empty tree and for one of
    /// this size.
    package func consistencyProof(from former: Int64) throws -> [MerkleHash] {
        guard (0...size).contains(former) else {
            throw TransparencyLogError("There is no proof from a tree of \(former) entries to one of \(size).")
        }
        guard former > 0, former < size else { return [] }
        var proof: [MerkleHash] = []
        var range = 0..<size
        var isKnown = true
        while former < range.upperBound {
            let middle = range.lowerBound + MerkleProof.split(Int64(range.count))
            if former <= middle {
                proof.append(try hash(of: middle..<range.upperBound))
                range = range.lowerBound..<middle
            } else {
                proof.append(try hash(of: range.lowerBound..<middle))
                range = middle..<range.upperBound
                isKnown = false
            }
        }
        if !isKnown { proof.append(try hash(of: range)) }
        return proof.reversed()
    }

    /// The hash over a range of leaves as the tree divides it: from a multiple of its size, or to the right edge.
    private func hash(of range: Range<Int64>) throws -> MerkleHash {
        let count = Int64(range.count)
        if count.nonzeroBitCount == 1 {
            return try node(height: count.trailingZeroBitCount, index: range.lowerBound / count)
        }
        let middle = range.lowerBound + MerkleProof.split(count)
        return .node(try hash(of: range.lowerBound..<middle), try hash(of: middle..<range.upperBound))
    }

    /// The hash of a complete subtree.
    private func node(height: Int, index: Int64) throws -> MerkleHash {
        let level = height / TileAddress.height
        let count = 1 << (height % TileAddress.height)
        let position = index * Int64(count)
        let offset = Int(position % Int64(TileAddress.fullWidth))
        guard
            let address = TileAddress(level: level, index: position / Int64(TileAddress.fullWidth), treeSize: size),
            offset + count <= address.width
        else { throw TransparencyLogError("The tree has no complete subtree of height \(height) at \(index).") }
        var row = Array(try tiles.hashes(of: address)[offset..<(offset + count)])
        while row.count > 1 {
            row = stride(from: 0, to: row.count, by: 2).map { .node(row[$0], row[$0 + 1]) }
        }
        return row[0]
    }

    /// The hash of the complete subtree of a height that begins at a leaf.
    func subtree(height: Int, start: Int64) throws -> MerkleHash {
        try node(height: height, index: start >> Int64(height))
    }

    private func requireLeaf(_ index: Int64) throws {
        guard (0..<size).contains(index) else {
            throw TransparencyLogError("A tree of \(size) entries has none with the index \(index).")
        }
    }
}
