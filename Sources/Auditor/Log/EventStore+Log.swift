package import ClusterProtocol
internal import Foundation
internal import GRDB
package import TransparencyLog

extension EventStore {
    /// The public key of the log's checkpoints.
    package var logKey: NoteVerifierKey { tree.key }

    /// The newest signed checkpoint (C2SP tlog-checkpoint), and when its last event happened, in seconds since 1970.
    package func checkpoint() async throws -> (note: SignedNote, time: Int64?) {
        try await log.read { db in
            let note = try LogTree.requireCheckpoint(db)
            let time = try Int64.fetchOne(
                db,
                sql: """
                    SELECT last_event_at FROM runs
                    WHERE id = (SELECT run_id FROM events ORDER BY place DESC LIMIT 1)
                    """)
            return (note, time)
        }
    }

    /// The checkpoint that the log shows to everybody: one that the witness has cosigned, unless it is long behind.
    ///
    /// What is shown never goes back.
    package func servedCheckpoint() async throws -> SignedNote {
        let (newest, cosigned) = try await log.read { db in
            (try LogTree.requireCheckpoint(db), try CosignatureTable.fetch(db))
        }
        let newestSize = try Checkpoint(parsing: newest.text).size
        guard let cosigned else { return newest }
        return witness.choose(
            newest: (newest, newestSize), cosigned: (cosigned, try Checkpoint(parsing: cosigned.text).size))
    }

    /// What the witness says: it is stored where it has cosigned a checkpoint, and shown.
    ///
    /// - Throws: ``ServiceError`` with code `invalid-argument` where the cosignature is none of this log.
    func take(_ report: WitnessReport) async throws {
        let cosigned = try report.checkpoint.map {
            try CosignedCheckpoint($0, witness: report.witness, log: logKey)
        }
        if let cosigned { try await store(cosigned) }
        witness.take(report, cosigned: cosigned)
    }

    /// What a witness verifies: that the log goes on from the tree that it knew, and has the lines that it sent.
    ///
    /// - Parameters:
    ///   - size: of the tree that it knew. Where the log has fewer events, there is no proof of anything.
    ///   - sequences: of its lines.
    package func evidence(
        since size: Int64, source: String, run: String, sequences: Range<Int64> = 0..<0
    ) async throws -> LogEvidence {
        try await log.read { db in
            let note = try LogTree.requireCheckpoint(db)
            let stored = try LogTree.tree(db)
            let tree = MerkleTree(size: stored.size, tiles: RememberedTiles(stored.tiles))
            var evidence = LogEvidence(
                checkpoint: String(decoding: note.bytes, as: UTF8.self),
                consistency: (0...tree.size).contains(size)
                    ? try tree.consistencyProof(from: size).map(\.base64) : [])
            guard !sequences.isEmpty else { return evidence }
            let indexes = try Int64.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT place - 1 FROM events
                        WHERE run_id = (SELECT id FROM runs WHERE source = ? AND run = ?)
                            AND sequence >= ? AND sequence < ?
                        ORDER BY sequence
                        """), arguments: [source, run, sequences.lowerBound, sequences.upperBound])
            guard indexes.count == sequences.count else { return evidence }
            evidence.indexes = indexes
            evidence.inclusion = try tree.inclusionProof(ofEach: indexes).map(\.base64)
            return evidence
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
            // The witness's word is worth something to whoever gets the proof.
            var checkpoint = try LogTree.requireCheckpoint(db)
            if let cosigned = try CosignatureTable.fetch(db), try Checkpoint(parsing: cosigned.text).size >= place {
                checkpoint = cosigned
            }
            let tree = LogTree.tree(db, size: try Checkpoint(parsing: checkpoint.text).size)
            guard place >= 1, place <= tree.size else { return nil }
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
