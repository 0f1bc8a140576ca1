internal import Synchronization

/// Counts, from any thread.
final class TransportMetrics: Sendable {
    private let counters = Mutex(TransportCounters())

    var current: TransportCounters { counters.withLock { $0 } }

    func count(_ change: (inout TransportCounters) -> Void) {
        counters.withLock { change(&$0) }
    }

    func drop(_ cause: DropCause) {
        counters.withLock { $0.dropped[cause, default: 0] += 1 }
    }
}
