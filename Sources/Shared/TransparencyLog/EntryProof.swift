/// A proof that a log has an entry, to be verified with the log's public key alone (C2SP tlog-proof).
package struct EntryProof: Sendable, Equatable {
    private static let header = "c2sp.org/tlog-proof@v1"
    /// A tree of 2^63 entries has no longer proofs.
    private static let maximumHashes = 63
    package static let maximumBytes = 128 << 10

    /// The entry's place in the log, from 0.
    package let index: Int64
    /// From the leaf's sibling to the root's child.
    package let hashes: [MerkleHash]
    package let checkpoint: SignedNote
    /// What else the file has. It is not authenticated.
    package let extra: [UInt8]?

    package init(index: Int64, hashes: [MerkleHash], checkpoint: SignedNote, extra: [UInt8]? = nil) {
        self.index = index
        self.hashes = hashes
        self.checkpoint = checkpoint
        self.extra = extra
    }

    /// - Throws: ``TransparencyLogError`` that says what is wrong.
    package init(parsing bytes: [UInt8]) throws {
        guard bytes.count <= Self.maximumBytes else { throw TransparencyLogError("The proof is too large.") }
        guard let blank = bytes.indices.first(where: { bytes[$0...].starts(with: [10, 10]) }),
            let head = String(validating: bytes[..<blank], as: UTF8.self)
        else { throw TransparencyLogError("The proof has no checkpoint: it follows an empty line.") }
        var lines = head.split(separator: "\n", omittingEmptySubsequences: false)[...]
        guard lines.popFirst() == Self.header[...] else {
            throw TransparencyLogError("The proof does not begin with «\(Self.header)».")
        }
        extra = try Self.value("extra", of: lines.first).map {
            guard let bytes = Base64.decode($0) else { throw TransparencyLogError("The proof's extra is not base64.") }
            return bytes
        }
        if extra != nil { lines = lines.dropFirst() }
        guard let number = Self.value("index", of: lines.popFirst()), let index = Int64(number), index >= 0,
            String(index) == number
        else { throw TransparencyLogError("The proof has no line like «index 1234».") }
        guard lines.count <= Self.maximumHashes else { throw TransparencyLogError("The proof is too long.") }
        self.index = index
        hashes = try lines.map {
            guard let hash = MerkleHash(base64: $0) else {
                throw TransparencyLogError("A line of the proof is not the base64 of a hash.")
            }
            return hash
        }
        checkpoint = try SignedNote(parsing: Array(bytes[(blank + 2)...]))
    }

    package var bytes: [UInt8] {
        var lines = [Self.header]
        if let extra { lines.append("extra \(Base64.encode(extra))") }
        lines.append("index \(index)")
        lines += hashes.map(\.base64)
        return Array((lines.joined(separator: "\n") + "\n\n").utf8) + checkpoint.bytes
    }

    /// Verifies that the log of this key has the entry.
    ///
    /// - Returns: the checkpoint that the proof leads to.
    /// - Throws: ``TransparencyLogError`` that says what is wrong.
    @discardableResult
    package func verify(_ entry: [UInt8], log: NoteVerifierKey) throws -> Checkpoint {
        let tree = try Checkpoint.verified(checkpoint, by: log)
        try MerkleProof.verifyInclusion(of: .leaf(entry), at: index, in: tree.size, root: tree.root, proof: hashes)
        return tree
    }

    private static func value(_ name: String, of line: Substring?) -> Substring? {
        guard let line, line.hasPrefix(name + " ") else { return nil }
        return line.dropFirst(name.utf8.count + 1)
    }
}
