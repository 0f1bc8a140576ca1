/// Verifies proofs with nothing but the roots (RFC 6962 §2.1; the algorithms of RFC 9162 §2.1.3.2 and §2.1.4.2).
package enum MerkleProof {
    /// - Throws: ``TransparencyLogError`` unless the proof shows that the tree has this leaf at this index.
    package static func verifyInclusion(
        of leaf: MerkleHash, at index: Int64, in size: Int64, root: MerkleHash, proof: [MerkleHash]
    ) throws {
        guard index >= 0, index < size else {
            throw TransparencyLogError("A tree of \(size) entries has none with the index \(index).")
        }
        var (place, last) = (index, size - 1)
        var hash = leaf
        for sibling in proof {
            guard last > 0 else { throw TransparencyLogError("The inclusion proof is too long.") }
            if place & 1 == 1 || place == last {
                hash = .node(sibling, hash)
                while place & 1 == 0, place != 0 {
                    place >>= 1
                    last >>= 1
                }
            } else {
                hash = .node(hash, sibling)
            }
            place >>= 1
            last >>= 1
        }
        guard last == 0 else { throw TransparencyLogError("The inclusion proof is too short.") }
        guard hash == root else {
            throw TransparencyLogError("The inclusion proof leads to another root than the checkpoint has.")
        }
    }

    /// Verifies what ``MerkleTree/inclusionProof(ofEach:)`` makes.
    ///
    /// - Parameter leaves: by ascending indexes, at least one.
    /// - Throws: ``TransparencyLogError`` unless the proof shows that the tree has each leaf at its index.
    package static func verifyInclusion(
        ofEach leaves: [(index: Int64, hash: MerkleHash)], in size: Int64, root: MerkleHash, proof: [MerkleHash]
    ) throws {
        guard let first = leaves.first, let last = leaves.last, first.index >= 0, last.index < size,
            zip(leaves, leaves.dropFirst()).allSatisfy({ $0.index < $1.index })
        else { throw TransparencyLogError("The entries have no places in a tree of \(size) in their order.") }
        var rest = proof[...]
        func hash(_ range: Range<Int64>, _ leaves: ArraySlice<(index: Int64, hash: MerkleHash)>) throws -> MerkleHash {
            guard let first = leaves.first else {
                guard let hash = rest.popFirst() else {
                    throw TransparencyLogError("The inclusion proof is too short.")
                }
                return hash
            }
            guard range.count > 1 else { return first.hash }
            let middle = range.lowerBound + split(Int64(range.count))
            let cut = leaves.firstIndex { $0.index >= middle } ?? leaves.endIndex
            let left = try hash(range.lowerBound..<middle, leaves[..<cut])
            return .node(left, try hash(middle..<range.upperBound, leaves[cut...]))
        }
        let found = try hash(0..<size, leaves[...])
        guard rest.isEmpty else { throw TransparencyLogError("The inclusion proof is too long.") }
        guard found == root else {
            throw TransparencyLogError("The inclusion proof leads to another root than the checkpoint has.")
        }
    }

    /// The largest power of two below a number of at least 2: where a tree of so many leaves divides.
    static func split(_ count: Int64) -> Int64 {
        1 << Int64(63 - (count - 1).leadingZeroBitCount)
    }

    /// - Throws: ``TransparencyLogError`` unless the proof shows that the former tree is a beginning of the present one.
    package static func verifyConsistency(
        from former: (size: Int64, root: MerkleHash), to present: (size: Int64, root: MerkleHash), proof: [MerkleHash]
    ) throws {
        guard former.size >= 0, former.size <= present.size else {
            throw TransparencyLogError(
                "The log went back: it had \(former.size) entries, and has \(present.size) now.")
        }
        if former.size == present.size || former.size == 0 {
            guard proof.isEmpty else { throw TransparencyLogError("The consistency proof should be empty.") }
            guard former.size == 0 ? former.root == .empty : former.root == present.root else {
                throw TransparencyLogError("The log has forked: two roots for \(former.size) entries.")
            }
            return
        }
        var proof = proof[...]
        if former.size.nonzeroBitCount == 1 { proof = [former.root] + proof }
        guard let first = proof.popFirst() else { throw TransparencyLogError("The consistency proof is too short.") }
        var (place, last) = (former.size - 1, present.size - 1)
        while place & 1 == 1 {
            place >>= 1
            last >>= 1
        }
        var (formerHash, hash) = (first, first)
        for sibling in proof {
            guard last > 0 else { throw TransparencyLogError("The consistency proof is too long.") }
            if place & 1 == 1 || place == last {
                formerHash = .node(sibling, formerHash)
                hash = .node(sibling, hash)
                while place & 1 == 0, place != 0 {
                    place >>= 1
                    last >>= 1
                }
            } else {
                hash = .node(hash, sibling)
            }
            place >>= 1
            last >>= 1
        }
        guard last == 0 else { throw TransparencyLogError("The consistency proof is too short.") }
        guard formerHash == former.root, hash == present.root else {
            throw TransparencyLogError(
                "The log has forked: its \(present.size) entries do not begin with the \(former.size) that it had.")
        }
    }
}
