internal import ClusterTransport
internal import FaultInjection
internal import Foundation
internal import GRDB
internal import Logging

/// What events can be found by, in a database of its own beside the log.
///
/// It holds nothing that the log doesn't: where the file is damaged, of another version, of another log or ahead of its
/// log, it is thrown away and made anew. So its writes need no `fsync`, and a backup needs only the log.
actor SearchIndex {
    private let path: String
    private let log: DatabasePool
    private let logIdentity: String
    private let logger: Logger
    private let faults: FaultHook
    private var pool: DatabasePool
    /// The last place that is indexed.
    private(set) var indexedPlace: Int64 = 0
    /// What was pruned from the log, and is not found any more.
    private var forgottenPlace: Int64 = 0
    /// How often the file had to be made anew.
    private(set) var rebuilds = 0

    private static let batchSize = 500

    init(path: String, log: DatabasePool, logger: Logger, faults: FaultHook = .none) throws {
        self.path = path
        self.log = log
        self.logger = logger
        self.faults = faults
        logIdentity = try log.read { db in
            try String.fetchOne(db, sql: "SELECT identity FROM log") ?? ""
        }
        do {
            pool = try IndexDatabase.open(path: path)
            indexedPlace = try Self.usablePlace(of: pool, identity: logIdentity, log: log)
        } catch {
            if try log.read(LogAppend.logSize) > 0 {
                logger.warning("search index is made anew", metadata: ["error": "\(error)"])
            }
            try IndexDatabase.remove(path: path)
            pool = try IndexDatabase.create(path: path, identity: logIdentity)
            rebuilds = 1
        }
    }

    /// Indexes what the log has beyond the indexed place. Called by one task only, again and again.
    func follow() async throws {
        try await forget(through: log.read(LogPruning.pruned))
        while true {
            let (after, batchSize) = (indexedPlace, Self.batchSize)
            let entries = try await log.read { db in
                try Row.fetchAll(
                    db.cachedStatement(sql: "SELECT place, line FROM events WHERE place > ? ORDER BY place LIMIT ?"),
                    arguments: [after, batchSize]
                ).map { IndexEntry(place: $0[0], line: $0[1]) }
            }
            guard let last = entries.last else { return }
            let generation = rebuilds
            do {
                try await faults.around(.indexCommit) {
                    try await pool.write { db in
                        try IndexDatabase.insert(entries, db)
                    }
                }
                // A query may have found damage meanwhile, and the file is another.
                if generation == rebuilds { indexedPlace = last.place }
            } catch let error as DatabaseError where Self.meansDamage(error) && generation == rebuilds {
                try rebuild(because: error)
                continue
            }
            // The last ones: those that are stored meanwhile are announced again.
            if entries.count < batchSize && generation == rebuilds { return }
        }
    }

    /// Pruned events are counted still, and what is known of their certificates stays; they are no longer found.
    private func forget(through place: Int64) async throws {
        guard place > forgottenPlace else { return }
        try await pool.write { try $0.execute(sql: "DELETE FROM entries WHERE place <= ?", arguments: [place]) }
        forgottenPlace = place
    }

    /// Reads from the index.
    ///
    /// - Throws: where the file turns out to be damaged; it is empty then, and ``follow()`` has to be called.
    func read<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws -> Value {
        let generation = rebuilds
        do {
            return try await pool.read(body)
        } catch let error as DatabaseError where Self.meansDamage(error) {
            if generation == rebuilds { try rebuild(because: error) }
            throw ServiceError(.overloaded, "The search index is being made anew.", retryAfter: 5, cause: error)
        }
    }

    func close() async {
        _ = try? await pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        try? pool.close()
    }

    private func rebuild(because error: any Error) throws {
        logger.warning("search index is made anew", metadata: ["error": "\(error)"])
        try? pool.close()
        try IndexDatabase.remove(path: path)
        pool = try IndexDatabase.create(path: path, identity: logIdentity)
        indexedPlace = 0
        rebuilds += 1
    }

    /// The last place of an index that belongs to this log and is not ahead of it.
    private static func usablePlace(of pool: DatabasePool, identity: String, log: DatabasePool) throws -> Int64 {
        let (owner, place, id) = try pool.read { db in
            let row = try Row.fetchOne(db, sql: "SELECT place, id FROM entries ORDER BY place DESC LIMIT 1")
            return (
                try String.fetchOne(db, sql: "SELECT log FROM owner"), row?[0] as Int64? ?? 0, row?[1] as String?
            )
        }
        guard owner == identity else { throw EventStoreError("It belongs to another log.") }
        guard place > 0 else { return 0 }
        let line = try log.read { db in
            try String.fetchOne(db, sql: "SELECT line FROM events WHERE place = ?", arguments: [place])
        }
        guard let line, IndexEntry(place: place, line: line).id == id else {
            throw EventStoreError("Its last event is not the log's.")
        }
        return place
    }

    private static func meansDamage(_ error: DatabaseError) -> Bool {
        switch error.resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_CONSTRAINT, .SQLITE_ERROR, .SQLITE_SCHEMA, .SQLITE_MISMATCH: true
        default: false
        }
    }
}
