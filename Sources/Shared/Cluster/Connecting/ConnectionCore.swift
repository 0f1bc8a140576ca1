internal import CZeroMQ
internal import FaultInjection
internal import Foundation
internal import Logging
internal import Synchronization

/// One peer's DEALER socket, its monitor, and the calls that wait for answers.
///
/// A lost peer fails every pending call, and the socket is closed and made anew: libzmq would keep what is queued, and
/// hand it to whoever answers at that address next.
actor ConnectionCore: LoopParticipant {
    /// The most messages that one turn receives.
    private static let messagesPerTurn = 64

    private nonisolated let loop: ZeroMQEventLoop
    private nonisolated let exchange: Mutex<CallExchange>
    private nonisolated let metrics: TransportMetrics
    nonisolated let configuration: ConnectionConfiguration
    private let context: ZeroMQContext
    private let logger: Logger
    private let faults: FaultHook

    private var sockets: (dealer: ZeroMQSocket, monitor: SocketMonitor)?
    private var delay = ReconnectDelay()
    /// When to make the socket anew; nil while there is one, and after the end.
    private var reopenAt: ContinuousClock.Instant?

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(
        _ configuration: ConnectionConfiguration, context: ZeroMQContext, loop: ZeroMQEventLoop,
        metrics: TransportMetrics, logger: Logger, faults: FaultHook
    ) {
        self.faults = faults
        self.configuration = configuration
        self.context = context
        self.loop = loop
        self.metrics = metrics
        self.logger = logger
        exchange = Mutex(CallExchange(maximumInFlight: configuration.maximumInFlight))
    }

    // MARK: From any thread

    nonisolated var state: ConnectionState { exchange.withLock { $0.state } }
    nonisolated var callsInFlight: Int { exchange.withLock { $0.callsInFlight } }

    /// Sends a call and waits for its answer, at most for the budget.
    ///
    /// A cancelled caller waits on: it has to learn the outcome if there is one, and the budget bounds the wait.
    nonisolated func call(method: String, body: [UInt8]) async throws -> CallAnswer {
        guard WireFrame.length(name: method, body: body) <= configuration.maximumMessageBytes else {
            throw ServiceError(.messageTooLarge, "The request is too large.")
        }
        let deadline = ContinuousClock.now + (CallBudget.current ?? configuration.callTimeout)
        return try await withCheckedThrowingContinuation { waiter in
            let refusal = exchange.withLock {
                $0.submit(method: method, body: body, deadline: deadline, waiter: waiter)
            }
            if let refusal {
                if refusal == .tooManyCalls { metrics.count { $0.callsRefusedLocally += 1 } }
                waiter.resume(throwing: refusal)
            } else {
                loop.wake()
            }
        }
    }

    nonisolated var states: AsyncStream<ConnectionState> {
        let (stream, watcher) = AsyncStream.makeStream(of: ConnectionState.self, bufferingPolicy: .bufferingNewest(1))
        if let number = exchange.withLock({ $0.watch(watcher) }) {
            watcher.onTermination = { [weak self] _ in
                _ = self?.exchange.withLock { $0.unwatch(number) }
            }
        } else {
            watcher.finish()
        }
        return stream
    }

    // MARK: Life

    /// Makes the socket for the first time.
    ///
    /// - Throws: ``TransportError`` where the configuration does not fit, so that nothing is retried.
    func start() throws {
        switch configuration.security {
        case .curve:
            try TCPEndpoint.check(configuration.endpoint)
        case .localUser:
            _ = try LocalSocketPath(endpoint: configuration.endpoint)
        }
        try open()
    }

    func close() {
        let ended = exchange.withLock { $0.enter(.closed) }
        fail(ended.waiters, with: .connectionClosed)
        for watcher in ended.watchers {
            watcher.finish()
        }
        reopenAt = nil
        loop.deregister(self)
        closeSockets()
    }

    private func open() throws {
        let dealer = try ZeroMQSocket(context, type: ZMQ_DEALER)
        try dealer.setCommonOptions(
            endpoint: configuration.endpoint, maximumMessageBytes: configuration.maximumMessageBytes)
        try dealer.set(ZMQ_IMMEDIATE, 1)
        try dealer.set(ZMQ_LINGER, 0)
        // More than twice the in-flight limit: libzmq notes what has been read from a pipe only every half of the
        // mark, so that at the limit itself it would refuse calls that have room. The limit is what bounds memory.
        let highWaterMark = Int32(clamping: configuration.maximumInFlight * 2 + 64)
        try dealer.set(ZMQ_SNDHWM, highWaterMark)
        try dealer.set(ZMQ_RCVHWM, highWaterMark)
        try dealer.set(ZMQ_RECONNECT_IVL, 100)
        try dealer.set(ZMQ_CONNECT_TIMEOUT, 2000)
        if case .curve(let own, let server) = configuration.security {
            try dealer.setCurveClient(own, server: server)
        }
        let monitor = try SocketMonitor(context, watching: dealer)
        do {
            try dealer.connect(configuration.endpoint)
        } catch {
            monitor.close()
            throw error
        }
        sockets = (dealer, monitor)
        loop.register(self, sockets: [dealer.handle, monitor.handle])
    }

    private func closeSockets() {
        guard let (dealer, monitor) = sockets else { return }
        sockets = nil
        monitor.close()
        dealer.close()
    }

    // MARK: Turns

    nonisolated func turn(isReadable: Bool) -> ContinuousClock.Instant? {
        assumeIsolated { $0.takeTurn(isReadable: isReadable) }
    }

    private func takeTurn(isReadable: Bool) -> ContinuousClock.Instant? {
        do {
            if isReadable {
                if sockets?.dealer.handle.isReadable == true { try receiveAnswers(limit: Self.messagesPerTurn) }
                if sockets?.monitor.handle.isReadable == true { try followMonitor() }
            }
        } catch {
            logger.error("cluster.connection.receiving-failed", metadata: metadata(error: error))
            lose()
        }
        sendCalls()
        let now = ContinuousClock.now
        let (expired, next) = exchange.withLock { $0.expire(at: now) }
        if !expired.isEmpty {
            metrics.count { $0.callsTimedOut += expired.count }
            fail(expired, with: .budgetExceeded)
        }
        if let reopenAt, reopenAt <= now { reopen(now) }
        guard let next, let reopenAt else { return next ?? reopenAt }
        return min(next, reopenAt)
    }

    private func reopen(_ now: ContinuousClock.Instant) {
        reopenAt = nil
        metrics.count { $0.reconnects += 1 }
        do {
            try open()
        } catch {
            logger.error("cluster.connection.reopen-failed", metadata: metadata(error: error))
            reopenAt = now + delay.connectionWasLost(at: now)
        }
    }

    private func followMonitor() throws {
        while let event = try sockets?.monitor.next() {
            switch event {
            case .handshakeSucceeded:
                delay.connectionCameUp(at: .now)
                // Receiving also makes the socket take note of its new pipe, without which it would refuse to send.
                try receiveAnswers(limit: Self.messagesPerTurn)
                // Nothing is pending while the peer is down, so that this ends no call.
                _ = exchange.withLock { $0.enter(.up) }
                logger.info("cluster.connection.up", metadata: metadata())
            case .disconnected, .handshakeFailed:
                // What the peer answered before it went away counts.
                try receiveAnswers(limit: .max)
                lose()
            case .accepted, .other:
                break
            }
        }
    }

    /// Fails the pending calls and has the socket made anew.
    private func lose() {
        guard sockets != nil else { return }
        loop.register(self, sockets: [])
        closeSockets()
        let wasUp = exchange.withLock { $0.state } == .up
        let lost = exchange.withLock { $0.enter(.down) }.waiters
        metrics.count { $0.callsLost += lost.count }
        fail(lost, with: .peerLost)
        let now = ContinuousClock.now
        let wait = delay.connectionWasLost(at: now)
        reopenAt = now + wait
        logger.log(
            level: wasUp ? .notice : .debug, "cluster.connection.down",
            metadata: metadata().merging(["calls.lost": "\(lost.count)"]) { $1 })
    }

    // MARK: Calls

    private func sendCalls() {
        let calls = exchange.withLock { $0.takeOutgoing() }
        guard !calls.isEmpty else { return }
        let now = ContinuousClock.now
        var sent = 0
        for call in calls {
            let budget = WireFrame.milliseconds(call.deadline - now)
            // The timer has this one in a moment.
            guard budget > 0 else { continue }
            let error = try? faults.around(.callSend) {
                sockets?.dealer.send(
                    count: WireFrame.length(name: call.method, body: call.body), more: false
                ) { bytes in
                    WireFrame.write(
                        kind: .call, callID: call.id, budgetMilliseconds: budget, name: call.method, body: call.body,
                        into: bytes)
                }
            }
            guard error != 0 else {
                sent += 1
                continue
            }
            // Nothing of it was sent.
            metrics.count { $0.callsRefusedLocally += 1 }
            let waiter = exchange.withLock { $0.end(call.id) }
            waiter?.resume(throwing: error == EAGAIN ? ServiceError.tooManyCalls : ServiceError.peerUnreachable)
        }
        metrics.count { $0.callsSent += sent }
    }

    private func receiveAnswers(limit: Int) throws {
        guard let dealer = sockets?.dealer else { return }
        var received = 0
        while received < limit, try dealer.receive() {
            received += 1
            guard !dealer.hasMore else {
                try dealer.discardRest()
                metrics.drop(.surplusFrames)
                continue
            }
            guard dealer.frame.count <= configuration.maximumMessageBytes else {
                metrics.drop(.oversized)
                continue
            }
            take(dealer.frame)
        }
    }

    private func take(_ bytes: UnsafeRawBufferPointer) {
        do throws(WireFrame.Malformed) {
            let frame = try WireFrame(bytes)
            switch frame.kind {
            case .call: metrics.drop(.wrongKind)
            case .result: end(frame.callID, with: .success(.result(frame.body)))
            case .error: end(frame.callID, with: .success(.error(frame.body)))
            }
        } catch {
            metrics.drop(error.cause)
            if case .unsupportedVersion(_, let callID) = error {
                end(callID, with: .failure(.otherVersion))
            }
        }
    }

    private func end(_ callID: UInt64, with result: Result<CallAnswer, ServiceError>) {
        guard let waiter = exchange.withLock({ $0.end(callID) }) else {
            metrics.drop(.unexpectedAnswer)
            return
        }
        waiter.resume(with: result.mapError { $0 as any Error })
    }

    private func fail(_ waiters: [CallExchange.Waiter], with error: ServiceError) {
        for waiter in waiters {
            waiter.resume(throwing: error)
        }
    }

    private func metadata(error: (any Error)? = nil) -> Logger.Metadata {
        var metadata: Logger.Metadata = ["peer.endpoint": "\(configuration.endpoint)"]
        if let error { metadata["error"] = "\(error)" }
        return metadata
    }
}
