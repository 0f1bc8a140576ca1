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
