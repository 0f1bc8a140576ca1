internal import Histogram
internal import Synchronization

/// What a worker shows of itself while it runs.
final class LiveCounts: Sendable {
    struct Interval: Sendable {
        var succeeded = 0
        var refused = 0
        var failed = 0
        var inFlight = 0
        var latencies = Tally.emptyLatencies
    }

    private let state = Mutex(Interval())

    func succeeded(_ microseconds: UInt64) {
        state.withLock { state in
            state.succeeded += 1
            state.latencies.record(microseconds)
        }
    }

    func refused() { state.withLock { $0.refused += 1 } }
    func failed() { state.withLock { $0.failed += 1 } }
    func set(inFlight: Int) { state.withLock { $0.inFlight = inFlight } }

    /// What there was since the last call; how many are in flight stays.
    func take() -> Interval {
        state.withLock { state in
            defer {
                (state.succeeded, state.refused, state.failed) = (0, 0, 0)
                state.latencies.reset()
            }
            return state
        }
    }
}
