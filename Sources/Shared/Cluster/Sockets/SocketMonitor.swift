internal import CZeroMQ
internal import Synchronization

/// What libzmq tells of a socket's connections, as another socket of the loop.
final class SocketMonitor {
    enum Event: Equatable {
        case accepted
        case handshakeSucceeded
        case handshakeFailed
        case disconnected
        case other
    }

    private static let counter = Atomic<UInt64>(0)

    private let watched: ZeroMQSocket
    private let socket: ZeroMQSocket

    init(_ context: ZeroMQContext, watching watched: ZeroMQSocket) throws {
        self.watched = watched
        let number = Self.counter.add(1, ordering: .relaxed).newValue
        let endpoint = "inproc://estuary.monitor.\(number)"
        let failures =
            ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
            | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
        socket = try ZeroMQSocket(context, type: ZMQ_PAIR)
        try socket.set(ZMQ_LINGER, 0)
        try watched.monitor(
            at: endpoint,
            events: ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | failures)
        try socket.connect(endpoint)
    }

    var handle: SocketHandle { socket.handle }

    /// The next event; nil where there is none.
    func next() throws -> Event? {
        guard try socket.receive() else { return nil }
        let frame = socket.frame
        let number = frame.count >= 2 ? Int32(frame.loadUnaligned(as: UInt16.self)) : 0
        // The second frame is the endpoint.
        try socket.discardRest()
        switch number {
        case ZMQ_EVENT_ACCEPTED: return .accepted
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: return .handshakeSucceeded
        case ZMQ_EVENT_DISCONNECTED: return .disconnected
        case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL,
            ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
            return .handshakeFailed
        default: return .other
        }
    }

    /// Ends the watch; to be called before the watched socket is closed.
    func close() {
        try? watched.monitor(at: nil, events: 0)
        socket.close()
    }
}
