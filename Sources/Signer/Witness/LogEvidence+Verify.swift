internal import ClusterProtocol
internal import TransparencyLog

extension LogEvidence {
    /// Verifies that a log continues what was witnessed of it, and has lines, by ascending indexes.
    ///
    /// - Parameter log: the log's key.
    /// - Returns: the log's newest checkpoint, signed by it alone.
    /// - Throws: ``TransparencyLogError`` where it does not.
    func verify(
        _ lines: [String], from known: WitnessedLog?, log: NoteVerifierKey
    ) throws -> (note: SignedNote, checkpoint: Checkpoint) {
        guard known == nil || known?.key == log else {
            throw TransparencyLogError("The log has another key than the one that was witnessed.")
        }
        let note = try SignedNote(parsing: Array(checkpoint.utf8))
        let present = try Checkpoint.verified(note, by: log)
        try MerkleProof.verifyConsistency(
            from: known.map { ($0.checkpoint.size, $0.checkpoint.root) } ?? (0, .empty),
            to: (present.size, present.root), proof: Self.hashes(consistency))
        if !lines.isEmpty { try verify(lines, in: present) }
        return (note, present)
    }

    private func verify(_ lines: [String], in checkpoint: Checkpoint) throws {
        guard let indexes, indexes.count == lines.count else {
            throw TransparencyLogError("The log acknowledges events and does not show that it has them.")
        }
        do {
            try MerkleProof.verifyInclusion(
                ofEach: zip(indexes, lines).map { ($0, .leaf(Array($1.utf8))) }, in: checkpoint.size,
                root: checkpoint.root, proof: Self.hashes(inclusion))
        } catch let error as TransparencyLogError {
            throw TransparencyLogError("The log lacks an event that it acknowledges: \(error)")
        }
    }

    private static func hashes(_ texts: [String]) throws -> [MerkleHash] {
        try texts.map {
            guard let hash = MerkleHash(base64: $0) else { throw TransparencyLogError("A proof has what is no hash.") }
            return hash
        }
    }
}
