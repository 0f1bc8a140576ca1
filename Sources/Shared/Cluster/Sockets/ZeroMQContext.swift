internal import CZeroMQ

/// A libzmq context: what all sockets of an actor system live in.
///
/// Unchecked: libzmq documents the context as safe to use from any thread; the pointer never changes.
struct ZeroMQContext: @unchecked Sendable {
    let raw: UnsafeMutableRawPointer

    init() throws {
        guard let raw = zmq_ctx_new() else {
            throw TransportError(.zeroMQ, "libzmq makes no context: \(ZeroMQSocket.lastError).")
        }
        self.raw = raw
    }

    /// Frees it. Waits for sockets that are still open, and for what the closed ones still linger over.
    func terminate() {
        while zmq_ctx_term(raw) != 0 && zmq_errno() == EINTR {}
    }
}
