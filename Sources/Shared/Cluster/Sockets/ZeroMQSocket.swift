internal import CZeroMQ
internal import Foundation

/// A libzmq socket: used by one thread at a time, never waiting.
///
/// It holds one received frame, which the next ``receive()`` overwrites, so that receiving allocates nothing here.
final class ZeroMQSocket {
    let handle: SocketHandle
    private let message: UnsafeMutablePointer<zmq_msg_t>
    private var isClosed = false

    init(_ context: ZeroMQContext, type: Int32) throws {
        handle = try context.makeSocket(type: type)
        message = .allocate(capacity: 1)
        zmq_msg_init(message)
    }

    deinit {
        close()
        zmq_msg_close(message)
        message.deallocate()
    }

    private var raw: UnsafeMutableRawPointer { handle.raw }

    static var lastError: String { String(cString: zmq_strerror(zmq_errno())) }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        zmq_close(raw)
    }

    // MARK: Options

    func set(_ option: Int32, _ value: Int32) throws {
        var value = value
        try check(zmq_setsockopt(raw, option, &value, MemoryLayout<Int32>.size), "option \(option)")
    }

    func set(_ option: Int32, int64 value: Int64) throws {
        var value = value
        try check(zmq_setsockopt(raw, option, &value, MemoryLayout<Int64>.size), "option \(option)")
    }

    func set(_ option: Int32, _ value: String) throws {
        try check(zmq_setsockopt(raw, option, value, value.utf8.count), "option \(option)")
    }

    private func check(_ result: Int32, _ what: String) throws {
        guard result == 0 else { throw TransportError(.zeroMQ, "libzmq refuses \(what): \(Self.lastError).") }
    }

    // MARK: Endpoints

    func bind(_ endpoint: String) throws {
        guard zmq_bind(raw, endpoint) == 0 else {
            throw TransportError(.endpoint, "\(endpoint) cannot be bound: \(Self.lastError).")
        }
    }

    func connect(_ endpoint: String) throws {
        guard zmq_connect(raw, endpoint) == 0 else {
            throw TransportError(.endpoint, "\(endpoint) cannot be connected to: \(Self.lastError).")
        }
    }

    /// The endpoint as bound: with the port that the system chose.
    func boundEndpoint() throws -> String {
        var characters = [CChar](repeating: 0, count: 256)
        var length = characters.count
        try check(zmq_getsockopt(raw, ZMQ_LAST_ENDPOINT, &characters, &length), "to tell its endpoint")
        return String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Reports the events of this mask at an inproc endpoint; none with nil.
    func monitor(at endpoint: String?, events: Int32) throws {
        try check(zmq_socket_monitor(raw, endpoint, events), "a monitor")
    }

    // MARK: Frames

    /// Takes the next frame into ``frame``.
    ///
    /// - Returns: false where there is none.
    func receive() throws -> Bool {
        handle.needsCheck = true
        while zmq_msg_recv(message, raw, ZMQ_DONTWAIT) < 0 {
            let error = zmq_errno()
            if error == EAGAIN {
                // libzmq has looked at everything: what comes from now on its descriptor tells.
                handle.needsCheck = false
                return false
            }
            guard error == EINTR else { throw TransportError(.zeroMQ, "Receiving failed: \(Self.lastError).") }
        }
        return true
    }

    /// The received frame's bytes, until the next ``receive()``.
    var frame: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: zmq_msg_data(message), count: zmq_msg_size(message))
    }

    /// Whether the received frame's message has another one.
    var hasMore: Bool { zmq_msg_more(message) != 0 }

    /// Receives and forgets the rest of the message.
    func discardRest() throws {
        while hasMore {
            guard try receive() else { return }
        }
    }

    /// A property of the connection that the received frame came over; without a copy, until the next ``receive()``.
    func property(_ name: String) -> UnsafeBufferPointer<UInt8>? {
        guard let text = zmq_msg_gets(message, name) else { return nil }
        let length = strlen(text)
        return UnsafeRawBufferPointer(start: text, count: length).assumingMemoryBound(to: UInt8.self)
    }

    /// Sends one frame that `write` fills.
    ///
    /// - Returns: 0, or libzmq's error number; then nothing was sent.
    func send(count: Int, more: Bool, _ write: (UnsafeMutableRawBufferPointer) -> Void) -> Int32 {
        // Short messages live inside the struct, so that it must not move between the calls.
        withUnsafeTemporaryAllocation(of: zmq_msg_t.self, capacity: 1) { buffer in
            let message = buffer.baseAddress!
            guard zmq_msg_init_size(message, count) == 0 else { return zmq_errno() }
            write(UnsafeMutableRawBufferPointer(start: zmq_msg_data(message), count: count))
            // Sending too takes note of what has come in.
            handle.needsCheck = true
            while zmq_msg_send(message, raw, ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0)) < 0 {
                let error = zmq_errno()
                guard error == EINTR else {
                    zmq_msg_close(message)
                    return error
                }
            }
            return 0
        }
    }

    func send(_ bytes: some Collection<UInt8>, more: Bool) -> Int32 {
        send(count: bytes.count, more: more) { $0.copyBytes(from: bytes) }
    }
}

/// What the event loop polls.
///
/// Unchecked: only the loop's thread uses it, and a participant deregisters before it closes the socket.
final class SocketHandle: @unchecked Sendable {
    let raw: UnsafeMutableRawPointer
    /// Readable when something has changed since the socket was used last.
    let descriptor: Int32
    /// Whether the socket may have something that its descriptor does not tell, since it was used.
    var needsCheck = true
    /// Whether it had something to receive when the loop looked last.
    var isReadable = true

    init(raw: UnsafeMutableRawPointer) {
        self.raw = raw
        var descriptor: Int32 = -1
        var length = MemoryLayout<Int32>.size
        // It fails for no socket that is open.
        zmq_getsockopt(raw, ZMQ_FD, &descriptor, &length)
        self.descriptor = descriptor
    }

    /// Asks libzmq whether there is something to receive. It will be asked again until somebody has received it.
    var hasInput: Bool {
        var events: Int32 = 0
        var length = MemoryLayout<Int32>.size
        while zmq_getsockopt(raw, ZMQ_EVENTS, &events, &length) != 0 {
            // Any other error means that a socket was closed while it was polled: going on would spin.
            precondition(zmq_errno() == EINTR, "a socket can't be polled: \(ZeroMQSocket.lastError)")
        }
        needsCheck = events & ZMQ_POLLIN != 0
        return needsCheck
    }
}
