internal import CNIOBoringSSL
internal import NIOCore

/// A request of the fleet: what is asked for, by whom, and when it was to begin.
struct FleetJob {
    var operation: FleetOperation
    /// Whose request it is; nil for what anybody may ask.
    var device: SimulatedDevice?
    /// When it arrived or was begun, in nanoseconds of the event loops' clock.
    var intended: UInt64
}

/// One TLS connection, and on it one request at a time: TLS, HTTP and the fleet's accounts in a single handler.
///
/// The states, and what may follow: connecting → handshaking → ready ⇄ answering, and from each → closed.
///
/// `@unchecked Sendable`: used on its worker's event loop alone.
final class FleetConnection: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State { case connecting, handshaking, ready, answering, closed }

    private unowned let worker: FleetWorker
    /// Whose certificate the connection shows.
    let device: SimulatedDevice?
    /// The place among the worker's connections.
    var index = 0
    /// When the request in flight has waited long enough.
    private(set) var deadline: UInt64 = .max
    private(set) var job: FleetJob?

    private var state = State.connecting
    private var context: ChannelHandlerContext?
    private var ssl: OpaquePointer?
    private var incoming: OpaquePointer?
    private var outgoing: OpaquePointer?
    private var answer = AnswerParser()
    private let begun: UInt64

    init(worker: FleetWorker, device: SimulatedDevice?, job: FleetJob, now: UInt64, deadline: UInt64) {
        self.worker = worker
        self.device = device
        self.job = job
        self.deadline = deadline
        begun = now
    }

    deinit {
        SSL_free(ssl)
    }

    /// A session that the server gave.
    ///
    /// - Returns: whether it is kept, and so owned.
    func keep(session: OpaquePointer) -> Bool {
        if let device {
            device.keep(session: session)
        } else {
            worker.tls.keep(session: session)
        }
        return true
    }

    // MARK: Requests

    /// Makes the next request on a connection that is ready.
    func begin(_ job: FleetJob, deadline: UInt64) {
        self.job = job
        self.deadline = deadline
        send()
    }

    private func send() {
        guard let job, let ssl else { return }
        state = .answering
        answer.reset()
        worker.heads.write(job.operation, body: job.device?.request ?? [], into: &worker.requestBytes)
        ERR_clear_error()
        let written = worker.requestBytes.withUnsafeBytes { SSL_write(ssl, $0.baseAddress, Int32($0.count)) }
        // Memory takes it all.
        guard written == worker.requestBytes.count else {
            fail(.closedEarly, TLSFailure.reason())
            return
        }
        flush()
    }

    // MARK: The channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        guard state == .connecting else {
            context.close(promise: nil)
            return
        }
        guard let ssl = worker.tls.makeConnection(for: self, device: device) else {
            fail(.handshakeFailed, "the device's certificate and key can't be used: \(TLSFailure.reason())")
            return
        }
        self.ssl = ssl
        incoming = BIO_new(BIO_s_mem())
        outgoing = BIO_new(BIO_s_mem())
        SSL_set_bio(ssl, incoming, outgoing)
        state = .handshaking
        proceed()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let incoming, state != .closed else { return }
        unwrapInboundIn(data).withUnsafeReadableBytes { bytes in
            _ = BIO_write(incoming, bytes.baseAddress, Int32(bytes.count))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        proceed()
    }

    func channelInactive(context: ChannelHandlerContext) {
        proceed()
        ended()
        self.context = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(state == .connecting || state == .handshaking ? .connectionFailed : .closedEarly, "\(error)")
    }

    // MARK: TLS

    private func proceed() {
        if state == .handshaking { handshake() }
        while state == .ready || state == .answering {
            guard readOnce() else { break }
        }
        flush()
    }

    private func handshake() {
        ERR_clear_error()
        let result = SSL_do_handshake(ssl)
        if result == 1 {
            state = .ready
            worker.established(resumed: SSL_session_reused(ssl) == 1, since: begun)
            send()
            return
        }
        guard SSL_get_error(ssl, result) != SSL_ERROR_WANT_READ else { return }
        let reason = TLSFailure.reason()
        // The alert that says why.
        flush()
        fail(reason == "CERTIFICATE_VERIFY_FAILED" ? .untrustedServer : .handshakeFailed, reason)
    }

    /// - Returns: whether there may be more.
    private func readOnce() -> Bool {
        guard let ssl else { return false }
        ERR_clear_error()
        let count = SSL_read(ssl, worker.scratch.baseAddress, Int32(worker.scratch.count))
        guard count > 0 else {
            switch SSL_get_error(ssl, count) {
            case SSL_ERROR_WANT_READ: break
            case SSL_ERROR_ZERO_RETURN: ended()
            default: fail(.closedEarly, TLSFailure.reason())
            }
            return false
        }
        guard state == .answering else {
            close()
            return false
        }
        switch answer.read(UnsafeRawBufferPointer(rebasing: worker.scratch[..<Int(count)])) {
        case .incomplete: break
        case .malformed: fail(.badAnswer, "the answer is not HTTP/1.1, or larger than any of EST")
        case .complete: complete()
        }
        return true
    }

    private func complete() {
        guard let job else { return }
        self.job = nil
        deadline = .max
        state = .ready
        worker.answered(self, job, answer)
    }

    private func flush() {
        guard let outgoing, let context else { return }
        var bytes: UnsafePointer<UInt8>?
        var count = 0
        guard BIO_mem_contents(outgoing, &bytes, &count) == 1, count > 0 else { return }
        var buffer = context.channel.allocator.buffer(capacity: count)
        buffer.writeBytes(UnsafeRawBufferPointer(start: bytes, count: count))
        BIO_reset(outgoing)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    // MARK: The end

    /// Ends the connection in order. There must be no request in flight.
    func close() {
        guard state != .closed else { return }
        let wasOpen = state == .ready
        state = .closed
        if wasOpen {
            SSL_shutdown(ssl)
            flush()
        }
        context?.close(promise: nil)
        worker.closed(self)
    }

    /// Nothing more will come.
    private func ended() {
        switch state {
        case .answering where answer.endsWithConnection(): complete()
        case .connecting, .handshaking: fail(.handshakeFailed, "the server closed the connection in the handshake")
        case .answering: fail(.closedEarly, "the server closed the connection before it answered")
        case .ready, .closed: close()
        }
    }

    func connectFailed(_ error: any Error) {
        let (kind, reason) = ConnectFailure.kind(of: error)
        fail(kind, reason)
    }

    /// Ends the connection, and the request in flight with it.
    func fail(_ kind: FailureKind, _ reason: String) {
        guard state != .closed else { return }
        state = .closed
        let job = self.job
        self.job = nil
        context?.close(promise: nil)
        worker.closed(self)
        if let job { worker.failed(job, kind, reason) }
    }
}
