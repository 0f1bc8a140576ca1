package import ClusterProtocol
internal import ClusterTransport
package import FaultInjection
internal import Foundation
internal import GRDB
package import Logging
internal import Synchronization

/// The auditor's memory: every event once, in order per source and run, found by what is in it.
///
/// ``run()`` has to be running for anything to be stored. Two files: the log, which is the truth, and beside it the
/// search index, which can be made anew from the log.
package final class EventStore: Sendable {
    /// How long events gather for the search index after it has taken some.
    private static let gathering = Duration.milliseconds(100)

    /// When the search index is written again after a failure.
    private static let retryOfIndex = Duration.seconds(1)

    let log: DatabasePool
    let tree: LogTree
    private let index: SearchIndex
    private let writer: EventWriter
    private let logger: Logger
    private let committed: AsyncStream<Void>
    private let ringCommitted: AsyncStream<Void>.Continuation
    private let size: Atomic<Int64>
    /// Told of every commit.
    let growth = LogGrowth()
    let witness = WitnessState()
    let signs = SignsOfLife()

    /// Opens the store at a path, or makes an empty one.
    ///
    /// - Throws: ``EventStoreError`` where the file is not an event log or of a newer version; `DatabaseError`.
    package convenience init(path: String, logger: Logger, faults: FaultHook = .none) throws {
        try self.init(path: path, logger: logger, writerLimits: EventWriter.Limits(), faults: faults)
    }

    package convenience init(configuration: AuditorConfiguration, logger: Logger) throws {
        var limits = EventWriter.Limits()
        limits.waitingRequests = configuration.waitingRequests
        limits.waitingBytes = configuration.waitingBytes
        try self.init(
            path: configuration.storePath, keyPath: configuration.logKeyPath, logger: logger, writerLimits: limits)
    }

    init(
        path: String, keyPath: String? = nil, logger: Logger, writerLimits: EventWriter.Limits,
        faults: FaultHook = .none
    ) throws {
        self.logger = logger
        log = try LogDatabase.open(path: path, faults: faults)
        tree = try LogTree(log: log, keyPath: keyPath ?? path + ".key")
        index = try SearchIndex(path: Self.indexPath(of: path), log: log, logger: logger, faults: faults)
        writer = EventWriter(limits: writerLimits, faults: faults)
        size = Atomic(try log.read(LogAppend.logSize))
        (committed, ringCommitted) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        // What the last process stored and did not index.
        ringCommitted.yield()
    }

    /// The search index of the log at a path.
    static func indexPath(of path: String) -> String {
        path + ".index"
    }

    /// Stores and indexes until ``finish()``.
    ///
    /// - Parameter indexing: Whether the index follows, which a measurement of the log alone does without.
    /// - Throws: where a transaction of the log failed: the process must end, since nobody knows what is stored. A
    ///   failing index is logged and tried again, and never stops the log.
    package func run(indexing: Bool = true) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            if indexing { group.addTask { await self.followWithIndex() } }
            // Not a child task: its write must not be cancelled with this one.
            let writing = Task {
                try await writer.run(on: log, tree: tree) { committed in
                    if let size = committed.logSize { self.size.store(size, ordering: .releasing) }
                    self.ringCommitted.yield()
                    self.growth.announce()
                }
            }
            defer { ringCommitted.finish() }
            try await writing.value
        }
    }

    /// Closes the files, once ``run()`` has returned and nobody reads any more.
    ///
    /// The write-ahead log goes into the file first: GRDB closes its readers last, and SQLite does it for writers only.
    package func close() async throws {
        await index.close()
        _ = try await log.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        try log.close()
    }

    /// Takes no more events; ``run()`` returns when those that wait are stored.
    package func finish() {
        writer.finish()
    }

    /// Stores events of an authenticated source; returns when they are durable.
    ///
    /// - Throws: ``ServiceError``: `invalid-event`, `event-gap`, `event-conflict`, `overloaded`, `shutting-down`, or
    ///   `unreachable` where the outcome is unknown.
    package func append(source: String, _ request: AppendEventsRequest) async throws -> AppendEventsReply {
        try await writer.perform(.append(IncomingEvents(source: source, request: request)))
    }

    /// How far the events of a source and run are stored.
    package func position(source: String, run: String) async throws -> AppendEventsReply {
        try await log.read { db in
            var reply = try LogAppend.position(db, source: source, run: run)
            reply.newestRun = try String.fetchOne(
                db.cachedStatement(sql: "SELECT run FROM runs WHERE source = ? ORDER BY id DESC LIMIT 1"),
                arguments: [source])
            return reply
        }
    }

    /// Replaces the nodes that a restart will know.
    package func replaceNodes(_ nodes: [NodeDescription]) async throws {
        _ = try await writer.perform(.replaceNodes(nodes))
    }

    func store(_ cosigned: CosignedCheckpoint) async throws {
        _ = try await writer.perform(.cosigned(cosigned))
    }

    package func nodes() async throws -> [NodeDescription] {
        try await log.read(KnownNodes.fetch)
    }

    /// The newest run of each source, and the runs that ended without their closing event, newest first.
    package func sources(maximumUnclosed: Int = 200) async throws -> [AuditorStatus.Source] {
        try await log.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT source, run, last_sequence, last_event_at, closed,
                        id = max(id) OVER (PARTITION BY source) AS newest
                    FROM runs ORDER BY newest DESC, CASE WHEN newest THEN source END, id DESC
                    """
            ).filter { row in row["newest"] || !row["closed"] }.prefix(maximumUnclosed).map { row in
                AuditorStatus.Source(
                    name: row["source"], run: row["run"], lastSequence: row["last_sequence"],
                    lastStoredAt: row["last_event_at"], closed: row["closed"])
            }
        }
    }

    /// Takes events that were exported out of the log; its tree stays.
    ///
    /// - Throws: ``ServiceError``: `invalid-argument` where that may not be.
    package func prune(
        _ request: PruneEventsRequest, by person: String, authentication: AuditEvent.Authentication? = .localUser
    ) async throws -> PruneEventsReply {
        let pruning = try LogPruning(request, by: person, authentication: authentication, at: Date())
        let reply = try await writer.perform(.prune(pruning))
        // Without the event that says so, what is not there any more would be missing.
        witness.show(atLeast: reply.logSize)
        return PruneEventsReply(pruned: request.through, logSize: reply.logSize)
    }

    /// How many events at the log's beginning were pruned.
    package var prunedEvents: Int64 {
        get async throws { try await log.read(LogPruning.pruned) }
    }

    /// The number of events in the log.
    package var logSize: Int64 { size.load(ordering: .acquiring) }

    /// Requests that wait for the writer.
    package var waitingRequests: Int { writer.waitingRequests }

    /// Events that are stored and not yet indexed.
    package var indexBacklog: Int64 {
        get async { max(0, logSize - (await index.indexedPlace)) }
    }

    /// Finds events. A filtered query sees everything that was stored before it came.
    ///
    /// - Throws: ``ServiceError``: `invalid-argument`, or `overloaded` while the index is being made.
    ///
    /// - Parameter maximumBytes: of the lines together, so that an answer is no larger than its reader takes; one line
    ///   is always there.
    package func events(
        _ request: ListEventsRequest, maximumBytes: Int = EventPage.maximumMessageBytes
    ) async throws -> ListEventsReply {
        let query = try EventQuery(request)
        let rows: [(place: Int64, line: String)]
        if query.isFiltered {
            try await waitForIndex(place: logSize)
            do {
                let places = try await index.read { try query.places($0, limit: query.limit + 1) }
                rows = try await lines(at: places)
            } catch {
                // Where the index was damaged it is empty now, and to be filled.
                ringCommitted.yield()
                throw error
            }
        } else {
            rows = try await log.read { db in
                try Row.fetchAll(db, sql: query.logSQL, arguments: query.logArguments + [query.limit + 1])
                    .map { ($0[0], $0[1]) }
            }
        }
        return EventPage.cut(rows, limit: query.limit, maximumBytes: maximumBytes)
    }

    /// One event's exact line; nil where the log has no such place.
    package func line(at place: Int64) async throws -> String? {
        try await lines(at: [place]).first?.line
    }

    /// Reads what the index has made of the events. It may be some events behind the log: see ``indexBacklog``.
    ///
    /// - Throws: ``ServiceError`` with code `overloaded` where the index is being made anew.
    func summary<Value: Sendable>(_ body: @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await index.read(body)
        } catch {
            ringCommitted.yield()
            throw error
        }
    }

    private func lines(at places: [Int64]) async throws -> [(place: Int64, line: String)] {
        try await log.read { db in
            let select = try db.cachedStatement(sql: "SELECT line FROM events WHERE place = ?")
            return try places.compactMap { place in
                try String.fetchOne(select, arguments: [place]).map { (place, $0) }
            }
        }
    }

    private func waitForIndex(place: Int64) async throws {
        let limit = ContinuousClock.now.advanced(by: .seconds(5))
        let deadline = min(limit, CallContext.current?.deadline.advanced(by: .milliseconds(-200)) ?? limit)
        while await index.indexedPlace < place {
            guard ContinuousClock.now < deadline else {
                throw ServiceError(
                    .overloaded, "The search index is being made: \(await index.indexedPlace) of \(place) events.",
                    retryAfter: 5)
            }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    private func followWithIndex() async {
        for await _ in committed {
            do {
                try await index.follow()
                // Many events in one transaction cost much less than one in each. Those that come alone are found at
                // once; a query waits for those that came soon after others.
                try await Task.sleep(for: Self.gathering)
            } catch is CancellationError {
                return
            } catch {
                logger.error("search index can't be written", metadata: ["error": "\(error)"])
                // It may be long until the next event comes, and those that are missing are looked for before.
                guard (try? await Task.sleep(for: Self.retryOfIndex)) != nil else { return }
                ringCommitted.yield()
            }
        }
    }

    /// For tests: reads a pragma on the connection that writes.
    func writerPragma(_ name: String) async throws -> String? {
        try await log.writeWithoutTransaction { db in
            try String.fetchOne(db, sql: "PRAGMA \(name)")
        }
    }
}
