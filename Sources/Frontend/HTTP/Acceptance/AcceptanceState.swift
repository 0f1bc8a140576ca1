internal import NIOCore

/// Which connections there are, which of them are in a TLS handshake, and which has to go for another (design §5).
///
/// A handshake costs far more than anything else that a stranger can ask for, so that there are so many places for it.
/// A connection takes one with its first byte, not before: one that says nothing costs next to nothing, however many there
/// are. It gives the place back at the end of the handshake, or when another connection wants it and the client has been
/// silent for ``Limits/patience``; its handshake may still go on, what is left of it costs little. So neither silent
/// connections nor handshakes without an end keep those out that come from the same address.
///
/// Where there are as many connections as there may be, the one goes that has got nothing done for the longest time: no
/// handshake, no request. So a crowd that connects and waits, or sends a byte now and then, only drives out itself.
/// One whose request is being answered never goes.
///
/// Pure: time comes in, what to do goes out.
struct AcceptanceState<ID: Hashable & Sendable>: Sendable {
    struct Limits: Sendable {
        var handshakes: Int
        var connections: Int
        /// How long a client may be silent in its handshake while others want its place.
        var patience = TimeAmount.milliseconds(100)
        /// No connection goes for another before it had so much time.
        var minimumAge = TimeAmount.seconds(1)
    }

    private enum Phase {
        /// Accepted, and not a byte has come.
        case silent
        /// A byte has come, and there is no place.
        case queued
        case handshaking
        /// Without its place, and perhaps never to end.
        case stalled
        case established
        /// Its request is being answered.
        case busy
        /// It was told to go.
        case leaving
    }

    private struct Connection {
        var phase = Phase.silent
        /// When it last got something done.
        var progress: NIODeadline
        /// When its handshake last went on.
        var heard: NIODeadline
    }

    private struct Entry {
        var id: ID
        var time: NIODeadline
    }

    /// How many connections are looked at in one search, and how many go.
    private static var maximumSearch: Int { 256 }
    private static var maximumLeaving: Int { 16 }

    let limits: Limits
    private var connections: [ID: Connection] = [:]
    private(set) var handshakes = 0
    /// Connections whose request is being answered.
    private(set) var busy = 0
    /// By ``Connection/progress``, as far as that is known: whoever has done something since goes to the end.
    private var order = CircularBuffer<Entry>()
    /// Handshakes that have a place, by the time at which they were last heard of; likewise.
    private var started = CircularBuffer<Entry>()
    private var queue = CircularBuffer<ID>()

    init(limits: Limits) {
        self.limits = limits
    }

    var count: Int { connections.count }
    /// Entries that are kept, those of connections that are gone included.
    var remembered: Int { order.count + started.count + queue.count }

    mutating func opened(_ id: ID, at now: NIODeadline) {
        connections[id] = Connection(progress: now, heard: now)
        order.append(Entry(id: id, time: now))
        // Those that have gone stay in the order until their turn comes; not more of them than of the others.
        if order.count > 2 * connections.count + 64 {
            order.removeAll { connections[$0.id] == nil }
        }
    }

    mutating func closed(_ id: ID) {
        switch connections.removeValue(forKey: id)?.phase {
        case .handshaking: handshakes -= 1
        case .busy: busy -= 1
        default: break
        }
    }

    /// Bytes came in before the handshake was done.
    ///
    /// - Returns: whether they may go on to TLS; otherwise ``settle(at:)`` tells when.
    mutating func heard(_ id: ID, at now: NIODeadline) -> Bool {
        guard let connection = connections[id] else { return false }
        connections[id]?.heard = now
        switch connection.phase {
        case .silent:
            if queue.isEmpty, hasPlace(at: now) {
                begin(id, at: now)
                return true
            }
            connections[id]?.phase = .queued
            queue.append(id)
            return false
        case .queued, .leaving: return false
        case .handshaking, .stalled, .established, .busy: return true
        }
    }

    /// The handshake is done, or there is none.
    mutating func established(_ id: ID, at now: NIODeadline) {
        guard let phase = connections[id]?.phase, phase != .leaving else { return }
        if phase == .handshaking { handshakes -= 1 }
        connections[id]?.phase = .established
        connections[id]?.progress = now
    }

    /// A whole request is there, and is being answered.
    mutating func began(_ id: ID) {
        guard connections[id]?.phase == .established else { return }
        connections[id]?.phase = .busy
        busy += 1
    }

    mutating func answered(_ id: ID, at now: NIODeadline) {
        guard connections[id]?.phase == .busy else { return }
        busy -= 1
        connections[id]?.phase = .established
        connections[id]?.progress = now
    }

    /// Gives free places to those that wait for one.
    mutating func settle(at now: NIODeadline) -> [ID] {
        var granted: [ID] = []
        while let id = queue.first {
            guard connections[id]?.phase == .queued else {
                queue.removeFirst()
                continue
            }
            guard hasPlace(at: now) else { break }
            queue.removeFirst()
            begin(id, at: now)
            granted.append(id)
        }
        return granted
    }

    enum Acceptance: Equatable {
        case accept
        /// Not now; these connections are to be closed.
        case hold(closing: [ID])
    }

    /// Whether one more connection may be accepted.
    mutating func accept(at now: NIODeadline) -> Acceptance {
        guard queue.isEmpty, hasPlace(at: now) else { return .hold(closing: []) }
        guard connections.count >= limits.connections else { return .accept }
        return .hold(closing: leaving(at: now))
    }

    /// Whether it is worth asking to accept again.
    var hasRoom: Bool {
        handshakes < limits.handshakes && connections.count < limits.connections
    }

    // MARK: Places

    private mutating func begin(_ id: ID, at now: NIODeadline) {
        connections[id]?.phase = .handshaking
        connections[id]?.heard = now
        handshakes += 1
        started.append(Entry(id: id, time: now))
    }

    private var maximumStarted: Int { 2 * min(limits.handshakes, 1 << 20) + 64 }

    /// Whether there is a place, or a client that has been silent for too long has one.
    private mutating func hasPlace(at now: NIODeadline) -> Bool {
        // Those that are done stay here until their turn comes; every one of them has had a place.
        while let first = started.first, handshakes >= limits.handshakes || started.count > maximumStarted {
            guard let connection = connections[first.id], connection.phase == .handshaking else {
                started.removeFirst()
                continue
            }
            guard connection.heard <= first.time else {
                started.removeFirst()
                started.append(Entry(id: first.id, time: connection.heard))
                continue
            }
            guard handshakes >= limits.handshakes, now - first.time >= limits.patience else { break }
            started.removeFirst()
            connections[first.id]?.phase = .stalled
            handshakes -= 1
        }
        return handshakes < limits.handshakes
    }

    private mutating func leaving(at now: NIODeadline) -> [ID] {
        var leaving: [ID] = []
        for _ in 0..<min(Self.maximumSearch, order.count) {
            guard leaving.count < Self.maximumLeaving, let first = order.first else { break }
            guard let connection = connections[first.id], connection.phase != .leaving else {
                order.removeFirst()
                continue
            }
            guard connection.phase != .busy, connection.progress <= first.time else {
                order.removeFirst()
                order.append(Entry(id: first.id, time: connection.phase == .busy ? now : connection.progress))
                continue
            }
            guard now - first.time >= limits.minimumAge else { break }
            order.removeFirst()
            if connection.phase == .handshaking { handshakes -= 1 }
            connections[first.id]?.phase = .leaving
            leaving.append(first.id)
        }
        return leaving
    }
}
