internal import ClusterProtocol
internal import ClusterTransport
internal import FaultInjection
internal import GRDB
internal import Synchronization
internal import TransparencyLog

/// The only writer of the log: one task that commits whatever has gathered while the last commit ran.
///
/// Group commit without a timer: a lone request is committed at once, many at once share one `fsync`. Requests never
/// touch the writer connection themselves, since GRDB ends a write whose task is cancelled, and one caller that gives up
/// would take the others' events with it.
final class EventWriter: Sendable {
    struct Limits: Sendable {
        /// Requests that may wait, and their bytes together.
        var waitingRequests = 1024
        var waitingBytes = 32 << 20
        /// How much one transaction takes at most.
        var batchBytes = 4 << 20
    }

    enum Work: Sendable {
        case append(IncomingEvents)
        case replaceNodes([NodeDescription])
        case prune(LogPruning)
        case cosigned(CosignedCheckpoint)

        var bytes: Int {
            switch self {
            case .append(let incoming): incoming.bytes
            case .replaceNodes(let nodes): nodes.count * 256
            case .prune: 256
            case .cosigned: 1024
            }
        }
    }

    private struct Job {
        let work: Work
        let continuation: CheckedContinuation<AppendEventsReply, any Error>
    }

    private struct State {
        var waiting: [Job] = []
        var waitingBytes = 0
        /// Set once: what later requests get. Next: nothing.
        var closedWith: ServiceError?
    }

    private let state = Mutex(State())
    private let bell: AsyncStream<Void>
    private let ring: AsyncStream<Void>.Continuation
    private let limits: Limits
    private let faults: FaultHook

    init(limits: Limits = Limits(), faults: FaultHook = .none) {
        self.limits = limits
        self.faults = faults
        (bell, ring) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Stores what the work says; returns after the commit.
    ///
    /// - Throws: ``ServiceError``: a refusal of the log, `overloaded` where too much waits, `unreachable` where the
    ///   commit failed and nobody knows its outcome.
    func perform(_ work: Work) async throws -> AppendEventsReply {
        try await withCheckedThrowingContinuation { continuation in
            let refusal: ServiceError? = state.withLock { state in
                if let closedWith = state.closedWith { return closedWith }
                guard state.waiting.count < limits.waitingRequests,
                    state.waitingBytes + work.bytes <= limits.waitingBytes
                else {
                    return ServiceError(.overloaded, "Too many events wait to be stored.", retryAfter: 1)
                }
                state.waiting.append(Job(work: work, continuation: continuation))
                state.waitingBytes += work.bytes
                return nil
            }
            if let refusal {
                continuation.resume(throwing: refusal)
            } else {
                ring.yield()
            }
        }
    }

    /// Commits batch after batch until ``finish()``; what waits at that moment is still stored.
    ///
    /// - Parameter committed: called after each commit, with the log's size.
    /// - Throws: the error of a transaction that failed. Its outcome is unknown, so the process has to end; the callers
    ///   ask again, and the log tells what it has.
    func run(
        on pool: DatabasePool, tree: LogTree, committed: @Sendable (Committed) -> Void
    ) async throws {
        for await _ in bell {
            while true {
                let batch = takeBatch()
                guard !batch.isEmpty else { break }
                do {
                    let results = try await faults.around(.logCommit) {
                        try await commit(batch.map(\.work), to: pool, tree: tree)
                    }
                    var size: Int64?
                    for case .success(let reply) in results { size = reply.logSize }
                    committed(Committed(logSize: size, requests: batch.count))
                    for (job, result) in zip(batch, results) {
                        job.continuation.resume(with: result)
                    }
                } catch {
                    let unknown = ServiceError(.unreachable, "The auditor's store failed.", cause: error)
                    for job in batch { job.continuation.resume(throwing: unknown) }
                    close(with: unknown, failWaiting: true)
                    throw error
                }
            }
        }
    }

    /// Takes no more requests; ``run(on:tree:committed:)`` returns when those that wait are stored.
    func finish() {
        close(with: ServiceError(.shuttingDown, "The auditor is shutting down.", retryAfter: 5), failWaiting: false)
    }

    struct Committed: Sendable {
        /// nil where no event was stored.
        let logSize: Int64?
        let requests: Int
    }

    var waitingRequests: Int {
        state.withLock { $0.waiting.count }
    }

    private func takeBatch() -> [Job] {
        state.withLock { state in
            var bytes = 0
            let count = state.waiting.prefix { job in
                bytes += job.work.bytes
                return bytes <= limits.batchBytes || bytes == job.work.bytes
            }.count
            let batch = Array(state.waiting.prefix(count))
            state.waiting.removeFirst(count)
            state.waitingBytes -= batch.reduce(0) { $0 + $1.work.bytes }
            return batch
        }
    }

    private func commit(
        _ batch: [Work], to pool: DatabasePool, tree: LogTree
    ) async throws -> [Result<AppendEventsReply, any Error>] {
        try await pool.write { [faults] db in
            try faults.around(.logWrite) {
                let results = try batch.map { try Self.perform($0, tree: tree, in: db) }
                while try tree.follow(db) {}
                return results
            }
        }
    }

    /// - Returns: a refusal, which leaves the transaction as it was, as a failure.
    /// - Throws: what the transaction must not be committed after.
    private static func perform(
        _ work: Work, tree: LogTree, in db: Database
    ) throws -> Result<AppendEventsReply, any Error> {
        do {
            switch work {
            case .append(let incoming):
                return .success(try LogAppend.append(incoming, to: db))
            case .replaceNodes(let nodes):
                try KnownNodes.replace(nodes, signer: tree.signer, db)
                return .success(AppendEventsReply(acknowledgedSequence: 0, logSize: try LogAppend.logSize(db)))
            case .prune(let pruning):
                return .success(try pruning.apply(to: db))
            case .cosigned(let cosigned):
                let size = try LogAppend.logSize(db)
                guard cosigned.checkpoint.size <= size else {
                    throw ServiceError(
                        .invalidArgument, "The log has \(size) events, not \(cosigned.checkpoint.size).")
                }
                try CosignatureTable.store(cosigned, db)
                return .success(AppendEventsReply(acknowledgedSequence: 0, logSize: size))
            }
        } catch let refusal as ServiceError {
            return .failure(refusal)
        }
    }

    private func close(with error: ServiceError, failWaiting: Bool) {
        let failed: [Job] = state.withLock { state in
            state.closedWith = state.closedWith ?? error
            guard failWaiting else { return [] }
            defer {
                state.waiting = []
                state.waitingBytes = 0
            }
            return state.waiting
        }
        for job in failed { job.continuation.resume(throwing: error) }
        ring.yield()
        ring.finish()
    }
}
