internal import FaultInjection
internal import Foundation
internal import GRDB
internal import Synchronization
internal import TransparencyLog

/// The Merkle tree over the events' exact bytes (RFC 6962), kept as tiles with its signed checkpoint (C2SP tlog-tiles).
///
/// ``follow(_:)`` belongs to each transaction that appends events: so events, tiles and checkpoint are all there or
/// none of them is. A start calls it too, and completes what an earlier version left without a tree. The events' places
/// count from 1, the tree's leaves from 0.
final class LogTree: Sendable {
    /// How many events a start takes into the tree in one transaction.
    private static let batch: Int64 = 10_000

    let key: NoteVerifierKey
    let signer: NoteSigner
    /// The tree's right edge as the last transaction left it; nil where it has to be read.
    private let edge = Mutex<TileEdge?>(nil)

    /// Reads or makes the key, and completes the tree.
    ///
    /// - Throws: ``EventStoreError`` where the key is missing or another one, or the tree contradicts its checkpoint.
    init(log: DatabasePool, keyPath: String) throws {
        let checkpoint = try log.read(Self.storedCheckpoint)
        signer = try Self.signer(keyPath, mayCreate: checkpoint == nil)
        key = signer.verifierKey
        if let checkpoint { try log.read { try verify(checkpoint, in: $0) } }
        while try log.write({ try follow($0) }) {}
        try log.write { try KnownNodes.completeSignature(signer, $0) }
    }

    /// - Parameter mayCreate: Whether the log has no checkpoint yet, so that a new key contradicts none.
    private static func signer(_ path: String, mayCreate: Bool) throws -> NoteSigner {
        do {
            if FileManager.default.fileExists(atPath: path) { return try NoteKeyFile.load(path: path, of: .log) }
            guard mayCreate else {
                throw TransparencyLogError(
                    "\(path), the key of this log's checkpoints, can't be found. Put it back from where the auditor's"
                        + " keys are kept: whoever verifies this log knows its key.")
            }
            return try NoteKeyFile.create(path: path, for: .log)
        } catch let error as TransparencyLogError {
            throw EventStoreError(error.description)
        }
    }

    /// Takes events that are stored and not in the tree yet into it, and signs what it has become.
    ///
    /// - Returns: whether there may be more of them.
    /// - Throws: what the transaction must not be committed after.
    @discardableResult
    func follow(_ db: Database) throws -> Bool {
        try edge.withLock { known in
            var edge = try known ?? TileEdge(Self.tree(db))
            // Read anew after a failure: nobody knows what of this transaction is kept.
            known = nil
            let former = edge.size
            let lines = try Row.fetchCursor(
                db.cachedStatement(sql: "SELECT line FROM events WHERE place > ? ORDER BY place LIMIT ?"),
                arguments: [former, Self.batch])
            while let row = try lines.next() {
                let line: String = row[0]
                edge.append(.leaf(Array(line.utf8)))
            }
            if edge.size > former || former == 0 {
                let tiles = TileTable(db: db)
                for (address, hashes) in edge.takeChanges() { try tiles.store(hashes, at: address) }
                try store(Checkpoint(origin: key.name, size: edge.size, root: edge.root), db)
            }
            known = edge
            return edge.size - former == Self.batch
        }
    }

    /// The newest signed checkpoint.
    static func storedCheckpoint(_ db: Database) throws -> SignedNote? {
        try String.fetchOne(db, sql: "SELECT note FROM checkpoint").map { try SignedNote(parsing: Array($0.utf8)) }
    }

    /// - Throws: ``EventStoreError`` where there is no checkpoint, which each start makes.
    static func requireCheckpoint(_ db: Database) throws -> SignedNote {
        guard let note = try storedCheckpoint(db) else { throw EventStoreError("There is no checkpoint yet.") }
        return note
    }

    /// The tree as the newest checkpoint tells it.
    static func tree(_ db: Database) throws -> MerkleTree<TileTable> {
        let size = try Int64.fetchOne(db, sql: "SELECT size FROM checkpoint") ?? 0
        return MerkleTree(size: size, tiles: TileTable(db: db))
    }

    /// The tree as it was when it had so many events.
    static func tree(_ db: Database, size: Int64) -> MerkleTree<TileTable> {
        MerkleTree(size: size, tiles: TileTable(db: db))
    }

    private func store(_ checkpoint: Checkpoint, _ db: Database) throws {
        let note = String(decoding: try checkpoint.signed(by: signer).bytes, as: UTF8.self)
        try db.cachedStatement(
            sql: """
                INSERT INTO checkpoint (id, size, note) VALUES (1, ?, ?)
                ON CONFLICT (id) DO UPDATE SET size = excluded.size, note = excluded.note
                """
        ).execute(arguments: [checkpoint.size, note])
    }

    private func verify(_ stored: SignedNote, in db: Database) throws {
        do {
            let checkpoint = try Checkpoint.verified(stored, by: key)
            let (tree, events) = (try Self.tree(db), try LogAppend.logSize(db))
            guard checkpoint.size == tree.size, checkpoint.size <= events else {
                throw TransparencyLogError(
                    "The checkpoint tells of \(checkpoint.size) events, and there are \(events).")
            }
            guard try tree.root() == checkpoint.root else {
                throw TransparencyLogError("The tiles have another root than the checkpoint.")
            }
        } catch let error as TransparencyLogError {
            throw EventStoreError(
                "The log contradicts its checkpoint: \(error) Nothing is added to it. Keep the files as they are, and"
                    + " restore the auditor from a backup.")
        }
    }
}
