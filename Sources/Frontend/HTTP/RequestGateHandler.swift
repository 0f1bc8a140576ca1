internal import HTTPTypes
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypesHTTP1
internal import NIOSSL
internal import NIOTLS
internal import SecureConnections

/// The I/O around a connection's ``RequestGate``: reads requests from the HTTP codec, sends whole answers.
///
/// One handler a connection, on its event loop alone. At most one request is with the routes at a time; what a client
/// sends ahead waits, and while something waits nothing more is read. Nor is anything taken or read while the client
/// does not read its answers: so what is kept of them is bounded.
final class RequestGateHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    private let responder: any RequestResponder
    private let isTLS: Bool
    private let timeouts: ConnectionTimeouts
    /// What the codec reads of a head.
    private let maximumHeadBytes: Int
    private let place: ConnectionPlace
    private let origin: ConnectionOrigin
    private let logger: Logger

    private var gate: RequestGate
    private var context: ChannelHandlerContext?
    private var executor: EventLoopTaskExecutor?
    /// Set once requests may come: at the end of the TLS handshake, or at once without TLS.
    private var peer: Peer?

    private var current: PendingRequest?
    private var task: Task<Void, Never>?
    private var ahead = CircularBuffer<HTTPServerRequestPart>()
    private var readIsHeld = false
    private var isTakingAhead = false
    /// Whether the client has said that it sends no more, while something that it sent before waits.
    private var inputHasEnded = false
    /// Whether the next request waits for the client to read.
    private var isBlocked = false
    private var isClosing = false
    /// How long the head's first line is: where it is that which is too long, the answer is 414 (RFC 9112 §3).
    private var requestLine = RequestLineLength()
    /// The answer that is being sent, where it is too long to be written at once.
    private var longBody: LongBody?

    private var deadline: ConnectionDeadline?

    init(
        responder: any RequestResponder, isTLS: Bool, limits: RequestGate.Limits, timeouts: ConnectionTimeouts,
        maximumHeadBytes: Int, place: ConnectionPlace, origin: ConnectionOrigin, logger: Logger
    ) {
        self.responder = responder
        self.isTLS = isTLS
        self.timeouts = timeouts
        self.maximumHeadBytes = maximumHeadBytes
        self.place = place
        self.origin = origin
        self.logger = logger
        gate = RequestGate(limits: limits)
    }
}

// MARK: - Life of the connection

extension RequestGateHandler {
    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        executor = EventLoopTaskExecutor(context.eventLoop)
        deadline = ConnectionDeadline(eventLoop: context.eventLoop, pause: timeouts.idle) { [weak self] in
            self?.deadlinePassed()
        }
        deadline?.expect(within: timeouts.handshake)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        if !isTLS {
            established(.plain)
        }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    private func end() {
        place.release(completed: peer != nil)
        deadline?.cancel()
        // Nobody waits for the answer any more: a request that still waits for its turn gives it up.
        task?.cancel()
        task = nil
        _ = gate.inputClosed()
        current = nil
        longBody = nil
        ahead.removeAll()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted:
            handshakeCompleted(context: context)
        case ChannelEvent.inputClosed where isClosing:
            // The client's goodbye after ours. swift-nio-ssl would wait for its time-out here, as half-closed
            // connections are allowed. Without TLS what is still to be written goes first.
            if isTLS { abort() }
        case ChannelEvent.inputClosed where !ahead.isEmpty:
            // What was sent before is answered first.
            inputHasEnded = true
        case ChannelEvent.inputClosed:
            perform(gate.inputClosed())
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    private func handshakeCompleted(context: ChannelHandlerContext) {
        do {
            let handler = try context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self)
            let security = try ConnectionSecurity(of: handler)
            let address = origin.text(of: context.channel)
            established(.tls(ClientConnection(security: security, remoteAddress: address)))
        } catch {
            logger.error("TLS connection can't be inspected", metadata: ["error": "\(error)"])
            context.close(promise: nil)
        }
    }

    private func established(_ peer: Peer) {
        self.peer = peer
        place.release(completed: true)
        deadline?.expect(within: timeouts.idle)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case let error as HTTPParserError:
            let overflow: RequestGate.Refusal = requestLine.bytes > maximumHeadBytes ? .targetTooLong : .headTooLarge
            perform(gate.unreadable(error == .headerOverflow ? overflow : .malformed))
        case NIOSSLError.uncleanShutdown:
            // The end of input follows as an event of its own.
            break
        default:
            logger.debug("Connection failed", metadata: ["error": "\(error)"])
            context.close(promise: nil)
        }
    }
}

// MARK: - Requests

extension RequestGateHandler {
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        requestLine.observe(part)
        if gate.isResponding || !ahead.isEmpty || !context.channel.isWritable {
            ahead.append(part)
        } else {
            receive(part)
        }
    }

    func read(context: ChannelHandlerContext) {
        if ahead.isEmpty, context.channel.isWritable {
            context.read()
        } else {
            readIsHeld = true
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, !isClosing {
            if longBody != nil {
                sendOn()
            } else if isBlocked {
                next()
            } else {
                takeAhead()
            }
        }
        context.fireChannelWritabilityChanged()
    }

    /// Bytes came in, before the codec has made anything of them.
    func bytesArrived(_ bytes: ByteBufferView) {
        requestLine.arrived(bytes)
        if peer != nil, requestLine.hasBegun, gate.headBegan() {
            deadline?.expect(within: timeouts.head)
        }
    }

    func bytesPassed() { requestLine.passed() }

    private func receive(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head):
            receive(head)
        case .body(var bytes):
            let action = gate.body(bytes: bytes.readableBytes)
            if action == .keepBody {
                current?.body.writeBuffer(&bytes)
            } else {
                perform(action)
            }
        case .end:
            perform(gate.end())
        }
    }

    private func receive(_ head: HTTPRequestHead) {
        guard !head.isFaulty, var request = try? HTTPRequest(head, secure: isTLS, splitCookie: false) else {
            perform(gate.unreadable(.malformed))
            return
        }
        // The target as it came: the library reads a path out of whatever looks like a URI of any scheme.
        request.path = head.uri
        let plan = responder.plan(for: request, connection: peer?.client)
        current = PendingRequest(head: request, isHTTP10: head.version == .http1_0, plan: plan)
        deadline?.expect(within: timeouts.body)
        perform(
            gate.head(
                RequestGate.Head(
                    // After a request to change the protocol the codec reads no other.
                    keepsAlive: head.isKeepAlive && head.method != .CONNECT && !head.headers.contains(name: "Upgrade"),
                    expectsContinue: head.version == .http1_1
                        && head.headers["Expect"].contains { $0.lowercased() == "100-continue" },
                    contentLength: head.headers.first(name: "Content-Length").flatMap { Int($0) },
                    bodyLimit: plan.maximumBodyBytes,
                    isRefused: plan.refusal != nil)))
    }

    private func perform(_ action: RequestGate.Action) {
        switch action {
        case .nothing, .keepBody:
            break
        case .sendContinue:
            send(ByteBuffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n"))
        case .dispatch:
            dispatch()
        case .answer(let refusal):
            finish(answer(to: refusal))
        case .answerAndDrain(let refusal):
            send(answer(to: refusal), keepsAlive: false)
            current = nil
            deadline?.expect(within: timeouts.body)
        case .answerAndClose(let refusal):
            send(answer(to: refusal), keepsAlive: false)
            close()
        case .next:
            next()
        case .close:
            close()
        case .abort:
            abort()
        }
    }

    private func close() {
        isClosing = true
        guard !isTLS, let context else {
            context?.close(promise: nil)
            return
        }
        // TLS's goodbye waits for what is still to be written; without TLS nothing would.
        deadline?.expect(within: timeouts.body)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in bound.value.close(promise: nil) }
    }

    /// Closes the connection without TLS's exchange of goodbyes, for which up to seconds of what still comes is read.
    private func abort() {
        let tls = try? context?.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self)
        (tls ?? context)?.close(promise: nil)
    }

    private func answer(to refusal: RequestGate.Refusal) -> Answer {
        ErrorResponse(refusal, byHead: current?.plan.refusal).answer
    }

    private func dispatch() {
        guard let current, let peer, let context, let executor else { return }
        deadline?.suspend()
        place.began()
        let request = ReceivedRequest(
            head: current.head, body: current.body, route: current.plan.route, connection: peer.client)
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        let responder = responder
        task = Task(executorPreference: executor) {
            let answer = await responder.respond(to: request)
            if eventLoop.inEventLoop {
                handler.value.finish(answer)
            } else {
                eventLoop.execute { handler.value.finish(answer) }
            }
        }
    }

    private func finish(_ answer: Answer) {
        // The connection may have ended in the meantime.
        guard gate.isResponding, current != nil else { return }
        task = nil
        place.answered()
        if responder.isDraining || (inputHasEnded && ahead.isEmpty) {
            gate.lastRequest()
        }
        let rest = send(answer, keepsAlive: gate.keepsAlive)
        let inFlight = current?.plan.inFlight
        current = nil
        guard let rest, let context else {
            perform(gate.answered())
            return
        }
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        longBody = LongBody(rest, inFlight: inFlight) {
            handler.value.longBody = nil
            handler.value.perform(handler.value.gate.answered())
        }
        sendOn()
    }

    /// Whoever takes longer than this for a part is not waited for.
    private func sendOn() {
        guard let context, let longBody else { return }
        deadline?.expect(within: timeouts.body)
        longBody.sendOn(context: context) { wrapOutboundOut($0) }
    }

    /// Goes on with what the client sent ahead, until that is with the routes too or used up.
    private func next() {
        deadline?.expect(within: timeouts.idle)
        takeAhead()
    }

    private func takeAhead() {
        // A refusal among what was sent ahead comes back here while the loop runs: it goes on, one level deep, however
        // many requests a client sends at once.
        guard !isTakingAhead else { return }
        isTakingAhead = true
        while !gate.isResponding, isWritable, let part = ahead.popFirst() {
            receive(part)
        }
        isTakingAhead = false
        isBlocked = !isWritable
        if inputHasEnded, ahead.isEmpty, !gate.isResponding {
            perform(gate.inputClosed())
            return
        }
        if ahead.isEmpty, readIsHeld, isWritable {
            readIsHeld = false
            context?.read()
        }
    }

    private var isWritable: Bool { context?.channel.isWritable ?? false }

    /// - Returns: What is to be sent of it yet: the body, where that is long. Refusals have none that is.
    @discardableResult
    private func send(_ answer: Answer, keepsAlive: Bool) -> ByteBuffer? {
        guard let context else { return nil }
        var buffer = context.channel.allocator.buffer(capacity: 512)
        let rest = answer.encode(
            into: &buffer,
            framing: Answer.Framing(
                keepsAlive: keepsAlive, isHTTP10: current?.isHTTP10 ?? false,
                omitsBody: current?.head.method == .head))
        responder.completed(
            current?.plan.route, status: answer.status.code,
            duration: current.map { ContinuousClock.now - $0.receivedAt })
        send(buffer)
        return rest
    }

    private func send(_ buffer: ByteBuffer) {
        context?.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    private func deadlinePassed() {
        guard peer != nil else {
            context?.close(promise: nil)
            return
        }
        guard isWritable, longBody == nil, !isClosing else {
            // Whoever does not read its answers in this time gets no goodbye either.
            abort()
            return
        }
        perform(gate.deadline())
    }
}
