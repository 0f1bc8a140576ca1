internal import ClusterProtocol
internal import GRDB
package import TransparencyLog

/// Finds an event, and makes the proof that the log has it, the event's bytes inside (C2SP tlog-proof).
package enum EntryProver {
    /// What event is meant.
    package enum Wanted: Sendable {
        /// The one that tells that the certificate of this serial number was issued.
        case certificate(serial: String)
        /// From 1.
        case place(Int64)

        fileprivate func isMet(by line: [UInt8]) -> Bool {
            guard case .certificate(let serial) = self,
                let event = String(validating: line, as: UTF8.self).flatMap({ try? AuditEvent(line: $0) })
            else { return false }
            return [.issued, .nodeCertificateIssued, .responderCertificateIssued].contains(event.type)
                && event.serial?.lowercased() == serial
        }
    }

    /// Makes the proof from the auditor's database.
    ///
    /// - Returns: nil where there is no such event.
    /// - Throws: ``VerificationError``, and ``TransparencyLogError`` where the log itself does not verify.
    package static func prove(_ wanted: Wanted, database path: String, key: NoteVerifierKey) throws -> EntryProof? {
        let database = try DatabaseCopy.open(path)
        do {
            return try database.read { db in
                guard let bytes = try Row.fetchOne(db, sql: "SELECT CAST(note AS BLOB) FROM checkpoint")?.bytes(0)
                else {
                    throw VerificationError("There is no checkpoint.")
                }
                let note = try SignedNote(parsing: bytes)
                let size = try Checkpoint.verified(note, by: key).size
                guard let (place, line) = try find(wanted, db), place <= size else { return nil }
                let tree = MerkleTree(size: size, tiles: StoredTiles(db: db))
                return try proof(of: line, place: place, hashes: tree.inclusionProof(of: place - 1), note, key)
            }
        } catch let error as DatabaseError {
            throw VerificationError("\(path) can't be read: \(error.message ?? "\(error.resultCode)")")
        }
    }

    /// Makes the proof from what a log serves.
    package static func prove(
        _ wanted: Wanted, log: some TiledLog, key: NoteVerifierKey
    ) async throws -> EntryProof? {
        guard let bytes = try await log.read("checkpoint") else { throw VerificationError("There is no checkpoint.") }
        let note = try SignedNote(parsing: bytes)
        let size = try Checkpoint.verified(note, by: key).size
        guard let (place, line) = try await find(wanted, log, size: size) else { return nil }
        var tree = MerkleTree(size: size, tiles: GatheredTiles())
        // A proof needs a few tiles of each level. Which, it says itself.
        while true {
            do {
                return try proof(of: line, place: place, hashes: tree.inclusionProof(of: place - 1), note, key)
            } catch let missing as GatheredTiles.Missing {
                let address = missing.address
                let hashes = StoredTile.hashes(try await log.read(address.path) ?? [])
                guard hashes.count == address.width else {
                    throw VerificationError("\(address.path) is missing, or damaged.")
                }
                var tiles = tree.tiles
                tiles.hashes[address] = hashes
                tree = MerkleTree(size: size, tiles: tiles)
            }
        }
    }

    private static func proof(
        of line: [UInt8], place: Int64, hashes: [MerkleHash], _ note: SignedNote, _ key: NoteVerifierKey
    ) throws -> EntryProof {
        let proof = EntryProof(index: place - 1, hashes: hashes, checkpoint: note, extra: line)
        try proof.verify(line, log: key)
        return proof
    }

    private static func find(_ wanted: Wanted, _ db: Database) throws -> (Int64, [UInt8])? {
        let rows: RowCursor
        switch wanted {
        case .certificate(let serial):
            rows = try Row.fetchCursor(
                db, sql: "SELECT place, CAST(line AS BLOB) FROM events WHERE instr(line, ?) > 0 ORDER BY place",
                arguments: [serial])
        case .place(let place):
            rows = try Row.fetchCursor(
                db, sql: "SELECT place, CAST(line AS BLOB) FROM events WHERE place = ?", arguments: [place])
        }
        while let row = try rows.next() {
            guard let place = row.integer(0), let line = row.bytes(1) else { continue }
            if case .place = wanted { return (place, line) }
            if wanted.isMet(by: line) { return (place, line) }
        }
        return nil
    }

    private static func find(_ wanted: Wanted, _ log: some TiledLog, size: Int64) async throws -> (Int64, [UInt8])? {
        let full = Int64(TileAddress.fullWidth)
        var numbers = 0..<((size + full - 1) / full)
        if case .place(let place) = wanted {
            guard (1...max(1, size)).contains(place), size > 0 else { return nil }
            numbers = (place - 1) / full..<(place - 1) / full + 1
        }
        for number in numbers {
            guard let address = TileAddress(level: 0, index: number, treeSize: size),
                let bundle = try await log.read(address.entriesPath)
            else { continue }
            for (offset, line) in try EntryBundle.decode(bundle).enumerated() {
                let here = number * full + Int64(offset) + 1
                if case .place(let place) = wanted, place == here { return (here, line) }
                if wanted.isMet(by: line) { return (here, line) }
            }
        }
        return nil
    }
}

/// The tiles of a database that is only read.
private struct StoredTiles: TileReader {
    let db: Database

    func hashes(of tile: TileAddress) throws -> [MerkleHash] {
        let hashes = try StoredTile.hashes(db, level: tile.level, number: tile.index)
        guard hashes.count >= tile.width else { throw TransparencyLogError("\(tile.path) is not there as a whole.") }
        return Array(hashes.prefix(tile.width))
    }
}

/// Tiles that were read before.
private struct GatheredTiles: TileReader {
    struct Missing: Error {
        var address: TileAddress
    }

    var hashes: [TileAddress: [MerkleHash]] = [:]

    func hashes(of tile: TileAddress) throws -> [MerkleHash] {
        guard let found = hashes[tile] else { throw Missing(address: tile) }
        return found
    }
}
