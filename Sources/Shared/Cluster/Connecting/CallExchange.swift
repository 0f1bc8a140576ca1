/// What came back for a call: the reply, or an error.
enum CallAnswer: Sendable {
    case result([UInt8])
    case error([UInt8])
}

/// Where callers hand their calls to the event loop, and the loop gives back the answers: guarded by one lock, which
/// is held for a few instructions.
struct CallExchange {
    typealias Waiter = CheckedContinuation<CallAnswer, any Error>
    typealias Watcher = AsyncStream<ConnectionState>.Continuation

    /// What a change of state ends. To be resumed and finished outside of the lock: a stream that finishes calls back.
    struct Ended {
        var waiters: [Waiter] = []
        var watchers: [Watcher] = []
    }

    /// A call on its way to the socket.
    struct Outgoing: Sendable {
        var id: UInt64
        var method: String
        var body: [UInt8]
        var deadline: ContinuousClock.Instant
    }

    private(set) var state = ConnectionState.down
    private var pending: PendingCalls<Waiter>
    private var outgoing: [Outgoing] = []
    private var watchers: [UInt64: Watcher] = [:]
    private var nextWatcher: UInt64 = 0

    init(maximumInFlight: Int) {
        pending = PendingCalls(capacity: maximumInFlight)
    }

    var callsInFlight: Int { pending.count }

    /// Takes in a call for the loop to send.
    ///
    /// - Returns: why the call fails at once; nil where it was taken in.
    mutating func submit(
        method: String, body: [UInt8], deadline: ContinuousClock.Instant, waiter: Waiter
    ) -> ServiceError? {
        guard state == .up else { return .peerUnreachable }
        guard let id = pending.begin(waiter, deadline: deadline) else { return .tooManyCalls }
        outgoing.append(Outgoing(id: id, method: method, body: body, deadline: deadline))
        return nil
    }

    /// Takes out what is to be sent.
    mutating func takeOutgoing() -> [Outgoing] {
        guard !outgoing.isEmpty else { return [] }
        defer {
            outgoing = []
            outgoing.reserveCapacity(64)
        }
        return outgoing
    }

    mutating func end(_ id: UInt64) -> Waiter? {
        pending.end(id)
    }

    /// Ends the calls whose time is up; the others' next deadline comes with them.
    mutating func expire(at now: ContinuousClock.Instant) -> (expired: [Waiter], next: ContinuousClock.Instant?) {
        (pending.expire(at: now), pending.nextDeadline)
    }

    /// Changes the state, and tells those who watch it.
    ///
    /// - Returns: what this ends: all calls unless the peer is up; those not yet sent never will be.
    mutating func enter(_ newState: ConnectionState) -> Ended {
        guard state != .closed, state != newState else { return Ended() }
        state = newState
        for watcher in watchers.values {
            watcher.yield(newState)
        }
        guard newState != .up else { return Ended() }
        outgoing = []
        guard newState == .closed else { return Ended(waiters: pending.endAll()) }
        defer { watchers = [:] }
        return Ended(waiters: pending.endAll(), watchers: Array(watchers.values))
    }

    /// - Returns: what to remove the watcher by; nil where the connection is closed and the stream is to be finished.
    mutating func watch(_ watcher: Watcher) -> UInt64? {
        watcher.yield(state)
        guard state != .closed else { return nil }
        nextWatcher += 1
        watchers[nextWatcher] = watcher
        return nextWatcher
    }

    mutating func unwatch(_ number: UInt64) -> Watcher? {
        watchers.removeValue(forKey: number)
    }
}

extension ServiceError {
    static let peerUnreachable = ServiceError(.unreachable, "The service cannot be reached.")
    static let peerLost = ServiceError(.unreachable, "The service went away during the call; its outcome is unknown.")
    static let connectionClosed = ServiceError(.unreachable, "The connection is closed.")
    static let tooManyCalls = ServiceError(.overloaded, "Too many calls are waiting for answers.")
    static let otherVersion = ServiceError(.unsupportedVersion, "The peer speaks another version of the protocol.")
    static let budgetExceeded = ServiceError(.deadlineExceeded, "There was no answer in time; the outcome is unknown.")
}
