/// The right edge of a growing tree: what is needed to append to it and to tell its root, whatever its size.
///
/// Each leaf costs one or two hashes on average; nothing is hashed again. The hashes that tiles are made of come out as
/// they are completed.
package struct TreeFrontier: Sendable, Equatable {
    /// The roots of the complete subtrees that the tree divides into, the largest first.
    private var nodes: [MerkleHash]
    package private(set) var size: Int64

    /// Of the empty tree.
    package init() {
        nodes = []
        size = 0
    }

    /// Of a tree that is stored.
    package init(_ tree: MerkleTree<some TileReader>) throws {
        var nodes: [MerkleHash] = []
        var start: Int64 = 0
        for bit in (0..<63).reversed() where tree.size & (1 << Int64(bit)) != 0 {
            nodes.append(try tree.subtree(height: bit, start: start))
            start += 1 << Int64(bit)
        }
        self.nodes = nodes
        size = tree.size
    }

    /// The Merkle tree hash (RFC 6962 §2.1).
    package var root: MerkleHash {
        guard var root = nodes.last else { return .empty }
        for node in nodes.dropLast().reversed() {
            root = .node(node, root)
        }
        return root
    }

    /// Appends a leaf.
    ///
    /// - Parameter completed: gets each hash that a tile takes in, with the tile's level: the leaf's own, and those of
    ///   full tiles that it completes.
    package mutating func append(_ leaf: MerkleHash, completed: (Int, MerkleHash) -> Void) {
        completed(0, leaf)
        var node = leaf
        var height = 0
        // As a binary counter carries: two subtrees of one height make the next.
        while size & (1 << Int64(height)) != 0 {
            node = .node(nodes.removeLast(), node)
            height += 1
            if height % TileAddress.height == 0 { completed(height / TileAddress.height, node) }
        }
        nodes.append(node)
        size += 1
    }
}
