internal import CZeroMQ
internal import Foundation

/// The sockets that the event loop polls, and whose they are. Lives on the loop's thread.
///
/// Not `zmq_poll`, which asks every socket what it has before and after it polls, with a system call each. A socket's
/// descriptor tells of news once: so a socket is asked when its descriptor told, or when it was used since, since that
/// may have taken the news.
struct PollSet {
    /// Which state of the registrations this is.
    private(set) var revision = 0
    private let wakeUp: WakeUp
    private var participants: [any LoopParticipant] = []
    /// Whether the participant at the same index has something to receive.
    private var isReadable: [Bool] = []
    /// The wake-up's descriptor, then every socket's.
    private var items: [pollfd]
    /// Turns since the descriptors were last looked at.
    private var turnsSincePoll = 0
    /// However busy some sockets are, the others' descriptors are looked at after so many turns.
    private static let maximumTurnsBetweenPolls = 16
    /// The socket of each item but the first, and its participant.
    private var sockets: [(handle: SocketHandle, owner: Int)] = []

    init(wakeUp: WakeUp) {
        self.wakeUp = wakeUp
        items = [pollfd(fd: wakeUp.descriptor, events: Int16(POLLIN), revents: 0)]
    }

    mutating func replace(with entries: [(participant: any LoopParticipant, sockets: [SocketHandle])], _ revision: Int)
    {
        self.revision = revision
        participants = entries.map(\.participant)
        // What came in while the set was another one is not known, so that each one looks.
        isReadable = entries.map { _ in true }
        items.removeSubrange(1...)
        sockets = []
        for (owner, entry) in entries.enumerated() {
            for handle in entry.sockets {
                handle.needsCheck = true
                handle.isReadable = true
                items.append(pollfd(fd: handle.descriptor, events: Int16(POLLIN), revents: 0))
                sockets.append((handle, owner))
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

    /// Waits until something can be received, somebody wakes the loop, or the time has come.
    mutating func wait(until instant: ContinuousClock.Instant?) {
        for index in isReadable.indices {
            isReadable[index] = false
        }
        var hasNews = false
        for (handle, owner) in sockets {
            handle.isReadable = handle.needsCheck && handle.hasInput
            guard handle.isReadable else { continue }
            isReadable[owner] = true
            hasNews = true
        }
        // Where there is something to do already, the descriptors can wait until there is nothing.
        guard !hasNews else {
            wakeUp.stayAwake()
            return lookAtOthers()
        }
        guard wakeUp.fallAsleep() else { return lookAtOthers() }
        poll(until: instant)
        wakeUp.stayAwake()
        if items[0].revents != 0 { wakeUp.clear() }
        takeNews()
    }

    /// Looks at the descriptors without waiting, every now and then: nobody's news waits for a busy socket to rest.
    private mutating func lookAtOthers() {
        turnsSincePoll += 1
        guard turnsSincePoll >= Self.maximumTurnsBetweenPolls else { return }
        poll(until: .now)
        takeNews()
    }

    private mutating func takeNews() {
        for (index, (handle, owner)) in sockets.enumerated() where items[index + 1].revents != 0 {
            handle.isReadable = handle.hasInput
            if handle.isReadable { isReadable[owner] = true }
        }
    }

    private mutating func poll(until instant: ContinuousClock.Instant?) {
        turnsSincePoll = 0
        // Rounded up: a turn that comes too early finds nothing to do, and asks for another.
        let milliseconds = instant.map { instant in
            max(0, (instant - .now) / .milliseconds(1)).rounded(.up)
        }
        let timeout = milliseconds.map { Int32(min($0, 60_000)) } ?? -1
        let result = Foundation.poll(&items, nfds_t(items.count), timeout)
        guard result < 0 else { return }
        // A signal may interrupt the poll: then nothing is known to be readable, and the next poll tells.
        precondition(errno == EINTR, "polling failed: \(String(cString: strerror(errno)))")
        for index in items.indices {
            items[index].revents = 0
        }
    }
}
