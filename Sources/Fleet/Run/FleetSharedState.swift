internal import Synchronization

/// What the workers of a run share.
final class FleetSharedState: Sendable {
    /// In nanoseconds of the event loops' clock.
    let begins: UInt64
    let ends: UInt64
    private let fresh: [SimulatedDevice]
    private let nextFresh = Atomic(0)
    private let tickets: Atomic<Int>
    private let isCounted: Bool
    private let stop: StopSwitch

    init(begins: UInt64, end: FleetPlan.End, fresh: [SimulatedDevice], stop: StopSwitch) {
        self.begins = begins
        self.fresh = fresh
        self.stop = stop
        switch end {
        case .count(let count):
            isCounted = true
            tickets = Atomic(count)
            ends = .max
        case .duration(let seconds):
            isCounted = false
            tickets = Atomic(0)
            ends = begins &+ UInt64(seconds * 1e9)
        }
    }

    /// Takes one of the requests that the run may make.
    func takeTicket() -> Bool {
        guard isCounted else { return true }
        return tickets.subtract(1, ordering: .relaxed).oldValue > 0
    }

    /// Takes a device that has never enrolled; nil where there is none left.
    func takeFresh() -> SimulatedDevice? {
        let index = nextFresh.add(1, ordering: .relaxed).oldValue
        return index < fresh.count ? fresh[index] : nil
    }

    /// 0 as long as nobody wants the run to end, 1 when it shall end in order, 2 when at once.
    var stopLevel: Int { stop.level }
}

/// How a person ends a run before its time.
package final class StopSwitch: Sendable {
    private let value = Atomic(0)

    package init() {}

    /// The first time the run begins nothing more; the second time it drops what is in flight.
    package func press() {
        value.add(1, ordering: .relaxed)
    }

    package var level: Int { value.load(ordering: .relaxed) }
}
