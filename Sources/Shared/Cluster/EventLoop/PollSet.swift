internal import CZeroMQ
internal import Foundation

/// The sockets that the event loop polls, and whose they are. Lives on the loop's thread.
struct PollSet {
    /// Which state of the registrations this is.
    private(set) var revision = 0
    private let wakeUp: WakeUp
    private var participants: [any LoopParticipant] = []
    /// Whether the participant at the same index has something to receive.
    private var isReadable: [Bool] = []
    /// The wake-up's descriptor, then every socket.
    private var items: [zmq_pollitem_t]
    /// The participant of each item but the first.
    private var owners: [Int] = []

    init(wakeUp: WakeUp) {
        self.wakeUp = wakeUp
        items = [zmq_pollitem_t(socket: nil, fd: wakeUp.descriptor, events: Short(ZMQ_POLLIN), revents: 0)]
    }

    private typealias Short = Int16

    mutating func replace(with entries: [(participant: any LoopParticipant, sockets: [SocketHandle])], _ revision: Int)
    {
        self.revision = revision
        participants = entries.map(\.participant)
        // What came in while the set was another one is not known, so that each one looks.
        isReadable = entries.map { _ in true }
        items.removeSubrange(1...)
        owners = []
        for (owner, entry) in entries.enumerated() {
            for socket in entry.sockets {
                items.append(zmq_pollitem_t(socket: socket.raw, fd: 0, events: Short(ZMQ_POLLIN), revents: 0))
                owners.append(owner)
            }
        }
    }

    /// Gives each participant its turn.
    ///
    /// - Returns: when the first of them wants the next one.
    mutating func giveTurns() -> ContinuousClock.Instant? {
        var next: ContinuousClock.Instant?
        for index in participants.indices {
            guard let wanted = participants[index].turn(isReadable: isReadable[index]) else { continue }
            next = next.map { min($0, wanted) } ?? wanted
        }
        return next
    }

    /// Polls until something can be received, somebody wakes the loop, or the time has come.
    mutating func wait(until instant: ContinuousClock.Instant?) {
        // Rounded up: a turn that comes too early finds nothing to do, and asks for another.
        let milliseconds = instant.map { instant in
            max(0, (instant - .now) / .milliseconds(1)).rounded(.up)
        }
        let timeout = milliseconds.map { Int(min($0, 60_000)) } ?? -1
        let result = zmq_poll(&items, Int32(items.count), timeout)
        for index in isReadable.indices {
            isReadable[index] = false
        }
        // A signal may interrupt the poll: then nothing is known to be readable, and the next poll tells. Any other
        // error means that a socket was closed while it was polled: going on would spin.
        precondition(result >= 0 || zmq_errno() == EINTR, "polling failed: \(ZeroMQSocket.lastError)")
        guard result > 0 else { return }
        for (item, owner) in zip(items.dropFirst(), owners) where item.revents & Short(ZMQ_POLLIN) != 0 {
            isReadable[owner] = true
        }
        if items[0].revents != 0 {
            wakeUp.clear()
        }
    }
}
