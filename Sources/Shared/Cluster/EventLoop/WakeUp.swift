internal import CLinux
internal import Foundation
internal import Synchronization

/// Wakes the event loop's thread out of its poll, with one write however many ask before it has woken.
final class WakeUp: Sendable {
    /// Readable when somebody has asked.
    let descriptor: Int32
    private let isPending = Atomic(false)

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
        guard !isPending.exchange(true, ordering: .acquiringAndReleasing) else { return }
        var one: UInt64 = 1
        // It can fail only when the counter is at its end, and then the loop is being woken anyway.
        _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
    }

    /// Takes note of the wake-up: to be called by the loop before it looks at what was handed over.
    func clear() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, MemoryLayout<UInt64>.size)
        // After the read: an ask in between writes nothing, and its work is seen by the turn that follows.
        _ = isPending.exchange(false, ordering: .acquiringAndReleasing)
    }
}
