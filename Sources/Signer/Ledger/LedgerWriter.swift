internal import Foundation
internal import GRDB
internal import Synchronization

/// The single writer of the ledger: gathers operations and commits them in groups.
///
/// While one batch commits the next gathers; there is no timer. Each operation runs in a savepoint of its own, so that
/// one that throws undoes only itself. An operation is answered only after the commit of the batch that it was in:
/// whoever gets an answer can rely on it being durable.
final class LedgerWriter: Sendable {
    /// One operation: what it does to the database, and whom to tell afterwards.
    private struct Operation: Sendable {
        /// Runs inside the batch's transaction; its result is kept for ``deliver``.
        var run: @Sendable (Database) throws -> Void
        /// Called once after the commit.
        var deliver: @Sendable () -> Void
    }

    private struct State {
        var waiting: [Operation] = []
        var isFlushing = false
    }

    /// More than the administration's lane and the relay ever have under way.
    private static let reservedRoom = 128

    private let pool: DatabasePool
    private let maximumBatch: Int
    private let maximumWaiting: Int
    private let state = Mutex(State())
    /// Called with the error when a transaction could not be committed. Its outcome is then unknown, so it must not
    /// return: the process ends, and the restart reads the ledger.
    private let failStop: @Sendable (any Error) -> Never
    private let observation: Mutex<Observation>

    /// A function that lies in a generic place by itself is wrapped anew each time that it is read there, and each
    /// later call runs through all the wrappings.
    private struct Observation: Sendable {
        var observer: BatchObserver = { _, _ in }
    }

    /// Sees each batch: its size and how long its transaction took. For metrics.
    typealias BatchObserver = @Sendable (_ size: Int, _ duration: Duration) -> Void

    init(
        pool: DatabasePool, maximumBatch: Int, maximumWaiting: Int, failStop: @escaping @Sendable (any Error) -> Never
    ) {
        self.pool = pool
        self.maximumBatch = maximumBatch
        self.maximumWaiting = maximumWaiting
        self.failStop = failStop
        observation = Mutex(Observation())
    }

    func observeBatches(_ observer: @escaping BatchObserver) {
        observation.withLock { $0.observer = observer }
    }

    /// Performs an operation in a batch with others, and returns when it is durable.
    ///
    /// - Parameter reserved: uses the room that enrollments never take up: for operators, revocation and the relay.
    /// - Throws: what the operation throws; ``LedgerError/busy`` where too many wait already.
    func perform<Result: Sendable>(
        reserved: Bool = false, _ body: @escaping @Sendable (Database) throws -> Result
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
                deliver: { continuation.resume(with: box.take()) })
            if !enqueue(operation, limit: maximumWaiting + (reserved ? Self.reservedRoom : 0)) {
                continuation.resume(throwing: LedgerError.busy)
            }
        }
    }

    private func enqueue(_ operation: Operation, limit: Int) -> Bool {
        let action: (accepted: Bool, starts: Bool) = state.withLock { state in
            guard state.waiting.count < limit else { return (false, false) }
            state.waiting.append(operation)
            defer { state.isFlushing = true }
            return (true, !state.isFlushing)
        }
        if action.starts {
            pool.asyncWriteWithoutTransaction { [self] db in
                flush(db)
            }
        }
        return action.accepted
    }

    /// Commits batch after batch until nothing waits. Runs on the pool's writer queue.
    private func flush(_ db: Database) {
        while let batch = nextBatch() {
            let start = ContinuousClock.now
            do {
                try commit(batch, in: db)
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

    private func nextBatch() -> ArraySlice<Operation>? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isFlushing = false
                return nil
            }
            let batch = state.waiting.prefix(maximumBatch)
            state.waiting.removeFirst(batch.count)
            return batch
        }
    }

    private func commit(_ batch: ArraySlice<Operation>, in db: Database) throws {
        try db.inTransaction(.immediate) {
            for operation in batch {
                try run(operation, in: db)
            }
            CrashPoint.beforeCommit.reached()
            return .commit
        }
    }

    /// Runs an operation in a savepoint. One that throws is undone alone; its caller learns of it after the commit.
    ///
    /// - Throws: where SQLite itself fails, or what the operation did can't be undone: then the whole batch fails.
    private func run(_ operation: Operation, in db: Database) throws {
        try db.cachedStatement(sql: "SAVEPOINT operation").execute()
        do {
            try operation.run(db)
        } catch  where !LedgerError.isStorageFailure(error) {
            try db.cachedStatement(sql: "ROLLBACK TO operation").execute()
        }
        try db.cachedStatement(sql: "RELEASE operation").execute()
    }
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
