internal import Testing
internal import TransparencyLog

/// Roots and proofs of RFC 6962 §2.1.
struct MerkleTreeTests {
    /// The vectors that Certificate Transparency's implementations share.
    private static let entries = [
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    ]
    private static let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]

    private static func bytes(_ hexadecimal: String) -> [UInt8] {
        stride(from: 0, to: hexadecimal.count, by: 2).compactMap {
            UInt8(hexadecimal.dropFirst($0).prefix(2), radix: 16)
        }
    }

    @Test(arguments: [[0], [0, 1, 2], [5, 6, 90], [255, 256], [299], Array(3..<280)])
    func severalLeavesAreProvenAtOnce(indexes: [Int]) throws {
        let tree = try TestTree(entries: 300)
        let stored = tree.tree()
        let root = tree.root(size: 300)
        let leaves = indexes.map { (index: Int64($0), hash: tree.leaves[$0]) }
        let proof = try stored.inclusionProof(ofEach: indexes.map { Int64($0) })
        try MerkleProof.verifyInclusion(ofEach: leaves, in: 300, root: root, proof: proof)
        func fails(_ leaves: [(index: Int64, hash: MerkleHash)], _ size: Int64, _ proof: [MerkleHash]) {
            #expect(throws: TransparencyLogError.self) {
                try MerkleProof.verifyInclusion(ofEach: leaves, in: size, root: root, proof: proof)
            }
        }
        fails(leaves.map { ($0.index, .empty) }, 300, proof)
        fails(leaves, 300, Array(proof.dropLast()))
        fails(leaves, 300, proof + [.empty])
        // Another shape; one that differs only below what the proof has hashed already is the checkpoint's to tell.
        fails(leaves, 600, proof)
        fails(Array(leaves.dropLast()), 300, proof)
        fails(leaves + leaves, 300, proof)
        fails([(300, .empty)], 300, proof)
    }

    @Test func theKnownRootsComeOut() throws {
        var tree = try TestTree()
        #expect(tree.edge.root == .empty)
        for (entry, root) in zip(Self.entries, Self.roots) {
            tree.append(Self.bytes(entry))
            tree.store()
            #expect(tree.edge.root.bytes == Self.bytes(root))
            #expect(try tree.tree().root().bytes == Self.bytes(root))
        }
    }

    @Test(arguments: [1, 2, 3, 255, 256, 257, 511, 513, 700, 66_000])
    func theRootIsTheDefinitionsWhereverTheTreeEnds(_ size: Int) throws {
        let tree = try TestTree(entries: size)
        #expect(try tree.tree().root() == tree.root(size: size))
        #expect(tree.edge.root == tree.root(size: size))
        // Of former sizes too, by the tiles that stand there now.
        for former in [0, 1, size / 2, size - 1] {
            #expect(try tree.tree(size: former).root() == tree.root(size: former))
        }
    }

    @Test(arguments: [0, 1, 255, 256, 257, 300, 65_536])
    func aStoredTreeGoesOnWhereItStopped(_ size: Int) throws {
        var whole = try TestTree(entries: size)
        var resumed = whole
        resumed.edge = try TileEdge(whole.tree())
        #expect(resumed.edge.frontier == whole.edge.frontier)
        for index in 0..<300 {
            whole.append([UInt8(index & 0xff)])
            resumed.append([UInt8(index & 0xff)])
            if index % 7 == 0 { resumed.store() }
        }
        whole.store()
        resumed.store()
        #expect(resumed.tiles == whole.tiles)
        #expect(resumed.edge.root == whole.root(size: size + 300))
    }

    @Test func everyLeafOfEverySmallTreeIsProven() throws {
        let tree = try TestTree(entries: 40)
        for size in 1...40 {
            let root = tree.root(size: size)
            for index in 0..<size {
                let proof = try tree.tree(size: size).inclusionProof(of: Int64(index))
                try MerkleProof.verifyInclusion(
                    of: tree.leaves[index], at: Int64(index), in: Int64(size), root: root, proof: proof)
            }
        }
    }

    @Test func everySmallTreeIsABeginningOfEveryLargerOne() throws {
        let tree = try TestTree(entries: 40)
        for size in 0...40 {
            for former in 0...size {
                let proof = try tree.tree(size: size).consistencyProof(from: Int64(former))
                try MerkleProof.verifyConsistency(
                    from: (Int64(former), tree.root(size: former)), to: (Int64(size), tree.root(size: size)),
                    proof: proof)
            }
        }
    }

    @Test func proofsReachOverTiles() throws {
        let tree = try TestTree(entries: 66_000)
        let root = tree.root(size: 66_000)
        for index in [0, 255, 256, 65_535, 65_536, 65_999] {
            try MerkleProof.verifyInclusion(
                of: tree.leaves[index], at: Int64(index), in: 66_000, root: root,
                proof: tree.tree().inclusionProof(of: Int64(index)))
            #expect(try tree.tree().leafHash(Int64(index)) == tree.leaves[index])
        }
        for former in [1, 256, 300, 65_536, 65_999] {
            try MerkleProof.verifyConsistency(
                from: (Int64(former), tree.root(size: former)), to: (66_000, root),
                proof: tree.tree().consistencyProof(from: Int64(former)))
        }
    }

    @Test func aProofOfAnythingElseFails() throws {
        let tree = try TestTree(entries: 21)
        let root = tree.root(size: 21)
        let proof = try tree.tree().inclusionProof(of: 9)
        func verify(
            leaf: MerkleHash? = nil, index: Int64 = 9, size: Int64 = 21, root other: MerkleHash? = nil,
            _ proof: [MerkleHash]
        ) throws {
            try MerkleProof.verifyInclusion(
                of: leaf ?? tree.leaves[9], at: index, in: size, root: other ?? root, proof: proof)
        }
        try verify(proof)
        #expect(throws: TransparencyLogError.self) { try verify(leaf: tree.leaves[8], proof) }
        #expect(throws: TransparencyLogError.self) { try verify(root: tree.root(size: 20), proof) }
        #expect(throws: TransparencyLogError.self) { try verify(index: 21, proof) }
        #expect(throws: TransparencyLogError.self) { try verify(index: -1, proof) }
        #expect(throws: TransparencyLogError.self) { try verify(Array(proof.dropLast())) }
        #expect(throws: TransparencyLogError.self) { try verify(proof + [root]) }
        for place in proof.indices {
            var broken = proof
            broken[place] = root
            #expect(throws: TransparencyLogError.self) { try verify(broken) }
        }
        for index: Int64 in 0..<21 where index != 9 {
            #expect(throws: TransparencyLogError.self) { try verify(index: index, proof) }
        }
    }

    @Test func aLogThatForkedOrWentBackIsFound() throws {
        let tree = try TestTree(entries: 30)
        var fork = try TestTree(entries: 11)
        for index in 0..<19 { fork.append([UInt8(index)]) }
        fork.store()
        let forked = fork.root(size: 30)
        let known = (size: Int64(12), root: tree.root(size: 12))
        #expect(throws: TransparencyLogError.self) {
            try MerkleProof.verifyConsistency(
                from: known, to: (30, forked), proof: fork.tree().consistencyProof(from: 12))
        }
        #expect(throws: TransparencyLogError.self) {
            try MerkleProof.verifyConsistency(from: known, to: (11, tree.root(size: 11)), proof: [])
        }
        #expect(throws: TransparencyLogError.self) {
            try MerkleProof.verifyConsistency(from: known, to: (12, fork.root(size: 12)), proof: [])
        }
        let proof = try tree.tree().consistencyProof(from: 12)
        #expect(throws: TransparencyLogError.self) {
            try MerkleProof.verifyConsistency(
                from: known, to: (30, tree.root(size: 30)), proof: Array(proof.dropLast()))
        }
        #expect(throws: TransparencyLogError.self) {
            try MerkleProof.verifyConsistency(
                from: known, to: (30, tree.root(size: 30)), proof: proof + [forked])
        }
        #expect(throws: TransparencyLogError.self) { try tree.tree().consistencyProof(from: 31) }
        #expect(throws: TransparencyLogError.self) { try tree.tree().inclusionProof(of: 30) }
    }
}
