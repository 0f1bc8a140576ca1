internal import FaultInjection
internal import Foundation
internal import GRDB
internal import Synchronization

/// The single writer of the ledger: gathers operations and commits them in groups.
///
/// While one batch commits the next gathers. Where more operations are known to be on their way, a batch waits a few
/// milliseconds for them: a commit costs the same for one as for many. One that comes alone never waits.
///
/// An operation that throws undoes only itself. An operation is answered only after the commit of the batch that it was
/// in: whoever gets an answer can rely on it being durable. It may run twice, so it changes nothing but the ledger.
final class LedgerWriter: Sendable {
    /// One operation: what it does to the database, and whom to tell afterwards.
    private struct Operation: Sendable {
        /// Runs inside the batch's transaction; its result is kept for ``deliver``.
        var run: @Sendable (Database) throws -> Void
        /// Called once after the commit.
        var deliver: @Sendable () -> Void
        /// What it adds to the ledger's counts unless it throws.
        var counts: LedgerCounts
    }

    private struct State {
        var waiting: [Operation] = []
        var isFlushing = false
    }

    /// More than the administration's lane and the relay ever have under way.
    private static let reservedRoom = 128

    private let connection: DatabaseQueue
    private let limits: LedgerLimits
    /// Requests that may each lead to an operation, or wait for theirs.
    private let underWay = Atomic<Int>(0)
    private let state = Mutex(State())
    /// Called with the error when a transaction could not be committed. Its outcome is then unknown, so it must not
    /// return: the process ends, and the restart reads the ledger.
    private let failStop: @Sendable (any Error) -> Never
    private let faults: FaultHook
    private let observation: Mutex<Observation>

    /// A function that lies in a generic place by itself is wrapped anew each time that it is read there, and each
    /// later call runs through all the wrappings.
    private struct Observation: Sendable {
        var observer: BatchObserver = { _, _ in }
    }

    /// Sees each batch: its size and how long its transaction took. For metrics.
    typealias BatchObserver = @Sendable (_ size: Int, _ duration: Duration) -> Void

    init(
        connection: DatabaseQueue, limits: LedgerLimits, faults: FaultHook = .none,
        failStop: @escaping @Sendable (any Error) -> Never
    ) {
        self.connection = connection
        self.limits = limits
        self.faults = faults
        self.failStop = failStop
        observation = Mutex(Observation())
    }

    func observeBatches(_ observer: @escaping BatchObserver) {
        observation.withLock { $0.observer = observer }
    }

    /// Performs an operation in a batch with others, and returns when it is durable.
    ///
    /// - Parameters:
    ///   - reserved: uses the room that enrollments never take up: for operators, revocation and the relay.
    ///   - counts: what the operation adds to the ledger's counts unless it throws.
    ///   - body: changes nothing but the ledger, as it may run twice.
    /// - Throws: what the operation throws; ``LedgerError/busy`` where too many wait already.
    func perform<Result: Sendable>(
        reserved: Bool = false, counts: LedgerCounts = LedgerCounts(),
        _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            let result = Mutex<Swift.Result<Result, any Error>?>(nil)
            let box = ResultBox(result)
            let operation = Operation(
                run: { db in
                    do {
                        let value = try body(db)
                        box.set(.success(value))
                    } catch {
                        box.set(.failure(error))
                        throw error
                    }
                },
                deliver: { continuation.resume(with: box.take()) }, counts: counts)
            if !enqueue(operation, limit: limits.waiting + (reserved ? Self.reservedRoom : 0)) {
                continuation.resume(throwing: LedgerError.busy)
            }
        }
    }

    /// Runs what will probably lead to an operation, so that a batch may wait for it.
    func expectingOperation<Result>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async rethrows -> Result {
        underWay.add(1, ordering: .relaxed)
        defer { underWay.subtract(1, ordering: .relaxed) }
        return try await body()
    }

    private func enqueue(_ operation: Operation, limit: Int) -> Bool {
        let action: (accepted: Bool, starts: Bool) = state.withLock { state in
            guard state.waiting.count < limit else { return (false, false) }
            state.waiting.append(operation)
            defer { state.isFlushing = true }
            return (true, !state.isFlushing)
        }
        if action.starts {
            connection.asyncWriteWithoutTransaction { [self] db in
                flush(db)
            }
        }
        return action.accepted
    }

    /// Commits batch after batch until nothing waits. Runs on the connection's queue.
    private func flush(_ db: Database) {
        while true {
            gather()
            guard let batch = nextBatch() else { return }
            let start = ContinuousClock.now
            do {
                try faults.around(.ledgerCommit) { try commit(batch, in: db) }
            } catch {
                failStop(error)
            }
            CrashPoint.afterCommit.reached()
            observation.withLock { $0.observer }(batch.count, ContinuousClock.now - start)
            for operation in batch {
                operation.deliver()
            }
        }
    }

    /// Waits while further operations are on their way, but not for long. Blocks the connection's own thread only.
    private func gather() {
        var patience = limits.gathering
        while patience > .zero {
            let waiting = state.withLock { $0.waiting.count }
            guard waiting > 0, waiting < min(limits.batch, underWay.load(ordering: .relaxed)) else { return }
            // The thread is the connection's own and has nothing else to do; `limits.gathering` bounds the wait.
            usleep(UInt32(Self.gatheringStep / .microseconds(1)))
            patience -= Self.gatheringStep
        }
    }

    private func nextBatch() -> ArraySlice<Operation>? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isFlushing = false
                return nil
            }
            let batch = state.waiting.prefix(limits.batch)
            state.waiting.removeFirst(batch.count)
            return batch
        }
    }

    private func commit(_ batch: ArraySlice<Operation>, in db: Database) throws {
        do {
            try commit(batch, in: db, by: run)
        } catch is HalfDone {
            try commit(batch, in: db, by: runInSavepoint)
        }
    }

    private func commit(
        _ batch: ArraySlice<Operation>, in db: Database, by run: (Operation, Database) throws -> Bool
    ) throws {
        try db.inTransaction(.immediate) {
            try faults.around(.ledgerWrite) {
                var counts = LedgerCounts()
                for operation in batch where try run(operation, db) {
                    counts += operation.counts
                }
                try counts.add(to: db)
            }
            CrashPoint.beforeCommit.reached()
            return .commit
        }
    }

    /// Runs an operation that checks everything before its first change, as nearly all do: where it throws there is
    /// nothing to undo, and its caller learns of it after the commit.
    ///
    /// - Returns: whether it was done.
    /// - Throws: ``HalfDone`` where there is something to undo; where SQLite itself fails. The whole batch fails then.
    private func run(_ operation: Operation, in db: Database) throws -> Bool {
        let before = db.totalChangesCount
        do {
            try operation.run(db)
            return true
        } catch  where !LedgerError.isStorageFailure(error) {
            guard db.totalChangesCount == before else { throw HalfDone() }
            return false
        }
    }

    /// Runs an operation so that what it has changed can be undone: dearer, and needed by none that is often run.
    private func runInSavepoint(_ operation: Operation, in db: Database) throws -> Bool {
        var isDone = true
        try db.cachedStatement(sql: "SAVEPOINT operation").execute()
        do {
            try operation.run(db)
        } catch  where !LedgerError.isStorageFailure(error) {
            isDone = false
            try db.cachedStatement(sql: "ROLLBACK TO operation").execute()
        }
        try db.cachedStatement(sql: "RELEASE operation").execute()
        return isDone
    }

    /// An operation threw after it had changed something: the batch is rolled back and runs again in savepoints.
    private struct HalfDone: Error {}

    private static let gatheringStep = Duration.microseconds(250)
}

/// Holds an operation's result between its run and its delivery.
private final class ResultBox<Value: Sendable>: Sendable {
    private let result: Mutex<Result<Value, any Error>?>

    init(_ result: consuming sending Mutex<Result<Value, any Error>?>) {
        self.result = result
    }

    func set(_ value: Result<Value, any Error>) {
        result.withLock { $0 = value }
    }

    /// The result; an operation that never ran is an error of the batch, which ends the process before this.
    func take() -> Result<Value, any Error> {
        result.withLock { $0 } ?? .failure(LedgerError.notRun)
    }
}
