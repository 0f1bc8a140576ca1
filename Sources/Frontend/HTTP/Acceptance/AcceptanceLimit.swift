internal import NIOCore
internal import Synchronization

/// Bounds connections and TLS handshakes in progress, for all event loops together (``AcceptanceState``).
///
/// While a bound is reached accepting stops: connections that are not accepted wait in the kernel's backlog, which is
/// bounded too.
final class AcceptanceLimit: Sendable {
    typealias ID = ObjectIdentifier

    /// What can be done with a connection, from any thread.
    struct Control: Sendable {
        /// Its handshake may begin.
        var grant: @Sendable () -> Void
        var close: @Sendable () -> Void
    }

    private struct State {
        var acceptance: AcceptanceState<ID>
        var controls: [ID: Control] = [:]
        /// Lets the acceptor read again; set while it is held.
        var resume: (@Sendable () -> Void)?
    }

    /// After which time it is looked again whether a place that nobody gave back can be had.
    static let pause = TimeAmount.milliseconds(100)

    private let state: Mutex<State>
    private let onHandshakeEnd: @Sendable (_ completed: Bool) -> Void
    private let onEviction: @Sendable () -> Void

    init(
        maximumHandshakes: Int, maximumConnections: Int,
        onHandshakeEnd: @escaping @Sendable (_ completed: Bool) -> Void = { _ in },
        onEviction: @escaping @Sendable () -> Void = {}
    ) {
        state = Mutex(
            State(
                acceptance: AcceptanceState(
                    limits: .init(handshakes: maximumHandshakes, connections: maximumConnections))))
        self.onHandshakeEnd = onHandshakeEnd
        self.onEviction = onEviction
    }

    /// Connections that are open, those of them that have a place for their handshake, and those whose request is being
    /// answered.
    var counts: (connections: Int, handshakes: Int, busy: Int) {
        state.withLock { ($0.acceptance.count, $0.acceptance.handshakes, $0.acceptance.busy) }
    }

    // MARK: The acceptor

    func opened(_ id: ID) {
        state.withLock { $0.acceptance.opened(id, at: .now()) }
    }

    func closed(_ id: ID) {
        change { state in
            state.acceptance.closed(id)
            state.controls[id] = nil
        }
    }

    /// Whether one more may be accepted now; otherwise `resume` runs when it is worth asking again.
    func mayAccept(otherwise resume: @escaping @Sendable () -> Void) -> Bool {
        let (granted, closing) = state.withLock { state -> ([Control], [Control]?) in
            let now = NIODeadline.now()
            let granted = state.acceptance.settle(at: now).compactMap { state.controls[$0] }
            switch state.acceptance.accept(at: now) {
            case .accept:
                return (granted, nil)
            case .hold(let closing):
                state.resume = resume
                return (granted, closing.compactMap { state.controls[$0] })
            }
        }
        granted.forEach { $0.grant() }
        guard let closing else { return true }
        for control in closing {
            onEviction()
            control.close()
        }
        return false
    }

    // MARK: A connection

    func control(_ id: ID, by control: Control) {
        state.withLock { $0.controls[id] = control }
    }

    /// - Returns: whether the bytes may go on to TLS; otherwise the connection's control is told.
    func heard(_ id: ID) -> Bool {
        state.withLock { $0.acceptance.heard(id, at: .now()) }
    }

    /// Looks whether a place can be had for one that waits.
    func settle() {
        change { _ in }
    }

    func established(_ id: ID) {
        onHandshakeEnd(true)
        change { $0.acceptance.established(id, at: .now()) }
    }

    func failed() {
        onHandshakeEnd(false)
    }

    func began(_ id: ID) {
        state.withLock { $0.acceptance.began(id) }
    }

    func answered(_ id: ID) {
        state.withLock { $0.acceptance.answered(id, at: .now()) }
    }

    private func change(_ body: (inout State) -> Void) {
        let (granted, resume) = state.withLock { state -> ([Control], (@Sendable () -> Void)?) in
            body(&state)
            let granted = state.acceptance.settle(at: .now()).compactMap { state.controls[$0] }
            guard state.resume != nil, state.acceptance.hasRoom else { return (granted, nil) }
            defer { state.resume = nil }
            return (granted, state.resume)
        }
        granted.forEach { $0.grant() }
        resume?()
    }
}

/// A connection's place in the limit. Used on the connection's event loop only.
final class ConnectionPlace {
    private let limit: AcceptanceLimit
    private let id: AcceptanceLimit.ID
    /// Whether the handshake is over, in either way.
    private(set) var isReleased = false

    init(_ limit: AcceptanceLimit, of channel: any Channel) {
        self.limit = limit
        id = ObjectIdentifier(channel)
    }

    func control(by control: AcceptanceLimit.Control) { limit.control(id, by: control) }

    func heard() -> Bool { limit.heard(id) }

    func settle() { limit.settle() }

    /// The handshake is over.
    func release(completed: Bool) {
        guard !isReleased else { return }
        isReleased = true
        if completed { limit.established(id) } else { limit.failed() }
    }

    func began() { limit.began(id) }

    func answered() { limit.answered(id) }
}
