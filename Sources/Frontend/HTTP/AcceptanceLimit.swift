internal import NIOCore
internal import Synchronization

/// Counts connections and TLS handshakes in progress, so that accepting stops when there are too many (design §5).
///
/// A handshake costs far more than anything else that a stranger can ask for; connections that are not accepted wait
/// in the kernel's backlog, which is bounded too.
final class AcceptanceLimit: Sendable {
    private struct State {
        var handshakes = 0
        var connections = 0
        /// Lets the acceptor read again; set while it is held.
        var resume: (@Sendable () -> Void)?
    }

    let maximumHandshakes: Int
    let maximumConnections: Int
    private let state = Mutex(State())
    private let onHandshakeEnd: @Sendable (_ completed: Bool) -> Void

    init(
        maximumHandshakes: Int, maximumConnections: Int,
        onHandshakeEnd: @escaping @Sendable (_ completed: Bool) -> Void = { _ in }
    ) {
        self.maximumHandshakes = maximumHandshakes
        self.maximumConnections = maximumConnections
        self.onHandshakeEnd = onHandshakeEnd
    }

    /// Connections that are open, and those of them in a handshake.
    var counts: (connections: Int, handshakes: Int) {
        state.withLock { ($0.connections, $0.handshakes) }
    }

    fileprivate func opened() {
        state.withLock { state in
            state.connections += 1
            state.handshakes += 1
        }
    }

    fileprivate func handshakeEnded(completed: Bool) {
        onHandshakeEnd(completed)
        release { $0.handshakes -= 1 }
    }

    fileprivate func closed() {
        release { $0.connections -= 1 }
    }

    private func release(_ change: (inout State) -> Void) {
        let resume: (@Sendable () -> Void)? = state.withLock { state in
            change(&state)
            guard hasRoom(state) else { return nil }
            defer { state.resume = nil }
            return state.resume
        }
        resume?()
    }

    /// Whether one more may be accepted now; otherwise `resume` runs as soon as that is so.
    fileprivate func mayAccept(otherwise resume: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            if hasRoom(state) { return true }
            state.resume = resume
            return false
        }
    }

    private func hasRoom(_ state: State) -> Bool {
        state.handshakes < maximumHandshakes && state.connections < maximumConnections
    }
}

/// A connection's place among the handshakes in progress. Used on the connection's event loop only.
final class HandshakePermit {
    private let limit: AcceptanceLimit
    private var isReleased = false

    init(_ limit: AcceptanceLimit) {
        self.limit = limit
    }

    func release(completed: Bool) {
        guard !isReleased else { return }
        isReleased = true
        limit.handshakeEnded(completed: completed)
    }
}

/// Stands before the acceptor in the listening channel and holds its reads while the limit is reached.
final class AcceptanceHandler: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never

    private let limit: AcceptanceLimit

    init(_ limit: AcceptanceLimit) {
        self.limit = limit
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let limit = limit
        limit.opened()
        unwrapInboundIn(data).closeFuture.whenComplete { _ in limit.closed() }
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        if limit.mayAccept(otherwise: { eventLoop.execute { bound.value.read() } }) {
            context.read()
        }
    }
}
