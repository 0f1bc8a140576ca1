internal import CZeroMQ
internal import FaultInjection
internal import Foundation
internal import Logging
internal import Synchronization

/// One ROUTER socket: reads calls, admits them to their lanes, and sends the answers.
///
/// It always takes what has arrived: back-pressure is the lanes' `overloaded`, never a full pipe, at which libzmq would
/// give up healthy peers.
actor ListenerCore: LoopParticipant {
    /// The most messages that one turn receives.
    static let messagesPerTurn = 64

    /// zmq.h shows the name to draft builds only.
    private static let userIDProperty = "User-Id"

    /// An answer on its way from a served call to the socket.
    private struct Outgoing: Sendable {
        var call: ServedCall
        var answer: ServedCall.Answer
    }

    private nonisolated let loop: ZeroMQEventLoop
    private nonisolated let authenticator: Authenticator
    private nonisolated let metrics: TransportMetrics
    private nonisolated let outgoing = Mutex<[Outgoing]>([])
    private nonisolated let logger: Logger
    private let faults: FaultHook
    private let configuration: ListenerConfiguration
    private let context: ZeroMQContext
    private let methods: [String: (method: MethodTable.Method, lane: Int)]

    private var lanes: [LaneQueue<ServedCall>]
    private var sockets: (router: ZeroMQSocket, monitor: SocketMonitor)?
    private var isDraining = false
    private var refusals = LogThrottle()

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// - Throws: ``TransportError`` with code `methodTable` where a method's lane is not there.
    init(
        _ configuration: ListenerConfiguration, methods table: MethodTable, context: ZeroMQContext,
        loop: ZeroMQEventLoop, authenticator: Authenticator, metrics: TransportMetrics, logger: Logger,
        faults: FaultHook
    ) throws {
        self.faults = faults
        self.configuration = configuration
        self.context = context
        self.loop = loop
        self.authenticator = authenticator
        self.metrics = metrics
        self.logger = logger
        lanes = configuration.lanes.map(LaneQueue.init)
        methods = try table.methods.mapValues { method in
            guard let lane = configuration.lanes.firstIndex(where: { $0.name == method.lane }) else {
                throw TransportError(
                    .methodTable, "\(method.name) wants the lane \(method.lane), which the listener does not have.")
            }
            return (method, lane)
        }
    }

    // MARK: Life

    /// Binds the socket.
    ///
    /// - Returns: the endpoint as bound.
    func start() throws -> String {
        let local: LocalSocketPath?
        switch configuration.security {
        case .curve:
            try TCPEndpoint.check(configuration.endpoint)
            local = nil
        case .localUser:
            local = try LocalSocketPath(endpoint: configuration.endpoint)
            try local?.prepareFolder()
        }
        let router = try makeRouter()
        let monitor = try SocketMonitor(context, watching: router)
        let endpoint: String
        do {
            try router.bind(configuration.endpoint)
            try local?.restrictSocket()
            endpoint = try router.boundEndpoint()
        } catch {
            monitor.close()
            throw error
        }
        sockets = (router, monitor)
        loop.register(self, sockets: [router.handle, monitor.handle])
        logger.info("cluster.listener.bound", metadata: ["listener.endpoint": "\(endpoint)"])
        return endpoint
    }

    private func makeRouter() throws -> ZeroMQSocket {
        let router = try ZeroMQSocket(context, type: ZMQ_ROUTER)
        try router.setCommonOptions(
            endpoint: configuration.endpoint, maximumMessageBytes: configuration.maximumMessageBytes)
        try router.set(ZMQ_ROUTER_MANDATORY, 1)
        // The last answers of an orderly end get this long.
        try router.set(ZMQ_LINGER, 200)
        try router.set(ZMQ_SNDHWM, Int32(clamping: configuration.highWaterMark))
        try router.set(ZMQ_RCVHWM, Int32(clamping: configuration.highWaterMark))
        switch configuration.security {
        case .curve(let key): try router.setCurveServer(key, domain: .cluster)
        case .localUser: try router.setDomain(.administration)
        }
        return router
    }

    /// Lets go of the socket. Calls that still run find nobody to answer.
    func close() {
        guard let (router, monitor) = sockets else { return }
        loop.deregister(self)
        sockets = nil
        monitor.close()
        router.close()
    }

    /// Refuses new calls from now on; those admitted go on.
    func startDraining() {
        isDraining = true
    }

    /// Whether no call runs or waits, and every answer has been handed to libzmq.
    var isIdle: Bool {
        lanes.allSatisfy(\.isIdle) && outgoing.withLock { $0.isEmpty }
    }

    // MARK: Turns

    nonisolated func turn(isReadable: Bool) -> ContinuousClock.Instant? {
        assumeIsolated { $0.takeTurn(isReadable: isReadable) }
        return nil
    }

    private func takeTurn(isReadable: Bool) {
        sendAnswers()
        guard isReadable else { return }
        do {
            if sockets?.router.handle.isReadable == true { try receiveCalls() }
            if sockets?.monitor.handle.isReadable == true { try followMonitor() }
        } catch {
            logger.critical("cluster.listener.receiving-failed", metadata: ["error": "\(error)"])
        }
    }

    private func followMonitor() throws {
        while let event = try sockets?.monitor.next() {
            switch event {
            case .disconnected: metrics.count { $0.disconnectedPeers += 1 }
            case .handshakeFailed: metrics.count { $0.failedHandshakes += 1 }
            case .accepted, .handshakeSucceeded, .other: break
            }
        }
    }

    // MARK: Calls

    private func receiveCalls() throws {
        guard let router = sockets?.router else { return }
        for _ in 0..<Self.messagesPerTurn {
            guard try router.receive() else { return }
            let routingID = Data(router.frame)
            guard router.hasMore, try router.receive() else {
                metrics.drop(.surplusFrames)
                continue
            }
            guard !router.hasMore else {
                try router.discardRest()
                metrics.drop(.surplusFrames)
                continue
            }
            // Who sent it comes first: a stranger's bytes are not even read.
            guard let sender = sender(of: router), let peer = identity(of: sender) else {
                metrics.drop(.unknownPeer)
                continue
            }
            guard router.frame.count <= configuration.maximumMessageBytes else {
                metrics.drop(.oversized)
                continue
            }
            take(router.frame, from: routingID, sender, peer)
        }
    }

    private func sender(of router: ZeroMQSocket) -> ListenerPeer? {
        guard let userID = router.property(Self.userIDProperty) else { return nil }
        switch configuration.security {
        case .curve: return CurvePublicKey(z85Characters: userID).map(ListenerPeer.key)
        case .localUser: return LocalUser(userID: userID).map(ListenerPeer.user)
        }
    }

    /// Who that is now: ZAP is asked once a connection, and a node may have been removed since.
    private func identity(of sender: ListenerPeer) -> PeerIdentity? {
        switch sender {
        case .key(let key): authenticator.peer(of: key)
        case .user(let user): user.identity
        }
    }

    private func take(
        _ bytes: UnsafeRawBufferPointer, from routingID: Data, _ sender: ListenerPeer, _ peer: PeerIdentity
    ) {
        func refuse(_ callID: UInt64, _ cause: DropCause, _ error: ServiceError) {
            metrics.drop(cause)
            send(ServedCall.Answer(error: error), callID: callID, to: routingID, sender)
        }
        do throws(WireFrame.Malformed) {
            let frame = try WireFrame(bytes)
            guard frame.kind == .call else { return metrics.drop(.wrongKind) }
            guard let (method, lane) = methods[frame.name] else {
                return refuse(frame.callID, .unknownMethod, ServiceError(.unknownMethod, "There is no such method."))
            }
            guard method.roles.contains(peer.role) else {
                if let suppressed = refusals.admit(at: .now) {
                    logger.warning(
                        "cluster.call.not-permitted",
                        metadata: [
                            "call.method": "\(method.name)", "peer.name": "\(peer.name)",
                            "log.suppressed": "\(suppressed)",
                        ])
                }
                return refuse(
                    frame.callID, .notPermitted, ServiceError(.notPermitted, "This peer may not call this method."))
            }
            guard !isDraining else {
                return refuse(frame.callID, .overloaded, ServiceError(.overloaded, "The service is shutting down."))
            }
            let budget = min(.milliseconds(Int(frame.budgetMilliseconds)), configuration.maximumBudget)
            admit(
                ServedCall(
                    routingID: routingID, sender: sender, callID: frame.callID, method: method, lane: lane,
                    body: frame.body, peer: peer, deadline: .now + budget))
        } catch {
            switch error {
            case .unsupportedVersion(.call, let callID):
                refuse(callID, error.cause, .otherVersion)
            case .badName(.call, let callID):
                refuse(callID, error.cause, ServiceError(.malformedMessage, "The message is not a call."))
            case .truncated, .unknownKind, .unsupportedVersion, .badName:
                metrics.drop(error.cause)
            }
        }
    }

    private func admit(_ call: ServedCall) {
        switch lanes[call.lane].admit(call, from: call.peer.name) {
        case .start: start(call)
        case .wait: break
        case .displace(let other): refuse(other)
        case .refuse: refuse(call)
        }
    }

    private func refuse(_ call: ServedCall) {
        metrics.drop(.overloaded)
        send(
            ServedCall.Answer(error: ServiceError(.overloaded, "Too many calls are waiting.")),
            callID: call.callID, to: call.routingID, call.sender)
    }

    private func start(_ call: ServedCall) {
        Task.detached { [self] in
            let answer = await call.answer(metrics: metrics, logger: logger)
            outgoing.withLock { $0.append(Outgoing(call: call, answer: answer)) }
            loop.wake()
        }
    }

    // MARK: Answers

    private func sendAnswers() {
        let finished = outgoing.withLock { answers in
            defer { if !answers.isEmpty { answers = [] } }
            return answers
        }
        guard !finished.isEmpty else { return }
        metrics.count { $0.callsServed += finished.count }
        let now = ContinuousClock.now
        for item in finished {
            send(item.answer, callID: item.call.callID, to: item.call.routingID, item.call.sender)
            let (next, expired) = lanes[item.call.lane].finish { $0.deadline <= now }
            for call in expired {
                metrics.drop(.expired)
                send(ServedCall.Answer(error: .budgetExceeded), callID: call.callID, to: call.routingID, call.sender)
            }
            if let next { start(next) }
        }
    }

    private func send(_ answer: ServedCall.Answer, callID: UInt64, to routingID: Data, _ sender: ListenerPeer) {
        guard let router = sockets?.router else { return metrics.drop(.unroutableAnswer) }
        // A node that was removed while its call ran gets nothing more.
        guard identity(of: sender) != nil else { return metrics.drop(.unknownPeer) }
        var answer = answer
        if WireFrame.length(name: "", body: answer.body) > configuration.maximumMessageBytes {
            logger.error("cluster.answer.too-large", metadata: ["answer.bytes": "\(answer.body.count)"])
            answer = ServedCall.Answer(error: ServiceError(.messageTooLarge, "The answer is too large."))
        }
        let error = try? faults.around(.answerSend) {
            // Without the first frame libzmq would take the second one for a routing id.
            let error = router.send(routingID, more: true)
            guard error == 0 else { return error }
            return router.send(count: WireFrame.length(name: "", body: answer.body), more: false) { bytes in
                WireFrame.write(
                    kind: answer.kind, callID: callID, budgetMilliseconds: 0, name: "", body: answer.body, into: bytes)
            }
        }
        if error != 0 { metrics.drop(.unroutableAnswer) }
    }
}
