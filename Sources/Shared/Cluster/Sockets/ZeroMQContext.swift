internal import CZeroMQ
internal import Synchronization

/// A libzmq context: what all sockets of an actor system live in.
final class ZeroMQContext: Sendable {
    /// Unchecked: libzmq documents the context as safe to use from any thread.
    private struct Handle: @unchecked Sendable {
        let raw: UnsafeMutableRawPointer
    }

    /// nil once the context is being freed, after which the pointer must not be used.
    private let handle: Mutex<Handle?>

    init() throws {
        guard let raw = zmq_ctx_new() else {
            throw TransportError(.zeroMQ, "libzmq makes no context: \(ZeroMQSocket.lastError).")
        }
        handle = Mutex(Handle(raw: raw))
    }

    /// A new socket's handle.
    func makeSocket(type: Int32) throws -> SocketHandle {
        try handle.withLock { handle in
            guard let handle else { throw TransportError.isShutDown }
            guard let raw = zmq_socket(handle.raw, type) else {
                throw TransportError(.zeroMQ, "libzmq makes no socket: \(ZeroMQSocket.lastError).")
            }
            return SocketHandle(raw: raw)
        }
    }

    /// Frees it. Waits for sockets that are still open, and for what the closed ones still linger over.
    func terminate() {
        let taken = handle.withLock { handle in
            defer { handle = nil }
            return handle
        }
        guard let taken else { return }
        while zmq_ctx_term(taken.raw) != 0 && zmq_errno() == EINTR {}
    }
}
