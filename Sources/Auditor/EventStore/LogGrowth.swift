internal import Synchronization

/// Tells whoever waits that the log has grown; a waiter that is busy is told once, however often it grew.
final class LogGrowth: Sendable {
    private struct State {
        var waiters: [Int: AsyncStream<Void>.Continuation] = [:]
        var next = 0
        /// Set once.
        var isFinished = false
    }

    private let state = Mutex(State())

    /// A stream that has an element after each growth, and ends when ``finish()`` is called or its reader goes.
    func follow() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let number: Int? = state.withLock { state in
            guard !state.isFinished else { return nil }
            state.next += 1
            state.waiters[state.next] = continuation
            return state.next
        }
        guard let number else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { $0.waiters[number] = nil }
        }
        return stream
    }

    func announce() {
        for waiter in state.withLock({ Array($0.waiters.values) }) { waiter.yield() }
    }

    /// Ends every stream, and those that are asked for later.
    func finish() {
        let waiters = state.withLock { state in
            state.isFinished = true
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.finish() }
    }
}
