internal import CLinux
internal import Foundation
internal import Synchronization

/// Wakes the event loop's thread out of its poll: with one write however many ask, and with none while it is awake.
final class WakeUp: Sendable {
    private enum State: UInt8, AtomicRepresentable {
        /// The loop takes its turn. It has not been asked for another one.
        case awake
        case asked
        /// The loop polls, or is about to.
        case asleep
    }

    /// Readable when the loop is to wake.
    let descriptor: Int32
    private let state = Atomic(State.awake)

    init() throws {
        descriptor = estuary_event_counter()
        guard descriptor >= 0 else {
            throw TransportError(.zeroMQ, "No event counter: \(String(cString: strerror(errno))).")
        }
    }

    deinit {
        _ = close(descriptor)
    }

    /// Asks the loop to take a turn. Whatever was handed over before this is seen in that turn.
    func signal() {
        guard state.exchange(.asked, ordering: .acquiringAndReleasing) == .asleep else { return }
        var one: UInt64 = 1
        // It can fail only when the counter is at its end, and then the loop is being woken anyway.
        _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
    }

    /// To be called by the loop before it polls.
    ///
    /// - Returns: false where it has been asked for a turn since the last one began: then it is not to poll.
    func fallAsleep() -> Bool {
        let (exchanged, _) = state.compareExchange(
            expected: .awake, desired: .asleep, ordering: .acquiringAndReleasing)
        if !exchanged { stayAwake() }
        return exchanged
    }

    /// To be called by the loop before it looks at what was handed over: who asks later gets a turn of its own.
    func stayAwake() {
        _ = state.exchange(.awake, ordering: .acquiringAndReleasing)
    }

    /// Takes note of a write. One that comes late, when the loop has woken by itself, costs it a turn.
    func clear() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, MemoryLayout<UInt64>.size)
    }
}
