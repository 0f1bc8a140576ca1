internal import CZeroMQ
internal import Foundation
internal import Logging
internal import Synchronization

/// The ZAP handler: decides who may connect, as an ordinary socket of the event loop.
///
/// Bound when the actor system is made, before any listener: without a handler libzmq lets any CURVE key in. The
/// listeners insist on an answer besides (`ZMQ_ZAP_ENFORCE_DOMAIN`), and on a known `User-Id` in every message.
actor Authenticator: LoopParticipant {
    private static let endpoint = "inproc://zeromq.zap.01"

    private nonisolated let loop: ZeroMQEventLoop
    private nonisolated let allowed: Mutex<AllowList>
    private let socket: ZeroMQSocket
    private let metrics: TransportMetrics
    private let logger: Logger
    private var refusals = LogThrottle()

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// Binds the handler's endpoint. The loop's thread is not running yet.
    init(_ context: ZeroMQContext, loop: ZeroMQEventLoop, metrics: TransportMetrics, logger: Logger) throws {
        self.loop = loop
        self.metrics = metrics
        self.logger = logger
        allowed = Mutex(AllowList())
        let socket = try ZeroMQSocket(context, type: ZMQ_REP)
        try socket.set(ZMQ_LINGER, 0)
        try socket.bind(Self.endpoint)
        let handle = socket.handle
        self.socket = socket
        loop.register(self, sockets: [handle])
    }

    /// Replaces the allow-list, for the next connection and the next message.
    nonisolated func allow(_ list: AllowList) {
        allowed.withLock { $0 = list }
    }

    /// Who a message's `User-Id` stands for by the current allow-list.
    nonisolated func peer(of key: CurvePublicKey) -> PeerIdentity? {
        allowed.withLock { $0.peer(of: key) }
    }

    nonisolated func turn(isReadable: Bool) -> ContinuousClock.Instant? {
        if isReadable {
            assumeIsolated { $0.answerRequests() }
        }
        return nil
    }

    func close() {
        loop.deregister(self)
        socket.close()
    }

    private func answerRequests() {
        do {
            for _ in 0..<ListenerCore.messagesPerTurn {
                guard let frames = try receiveRequest() else { return }
                answer(frames)
            }
        } catch {
            logger.critical("cluster.authenticator.failed", metadata: ["error": "\(error)"])
        }
    }

    private func receiveRequest() throws -> [[UInt8]]? {
        guard try socket.receive() else { return nil }
        var frames = [Array(socket.frame)]
        while socket.hasMore, try socket.receive() {
            frames.append(Array(socket.frame))
        }
        return frames
    }

    private func answer(_ frames: [[UInt8]]) {
        guard let request = AuthenticationRequest(frames: frames) else {
            // Only libzmq itself can ask here. An answer is due all the same, or the socket takes no other request.
            metrics.count { $0.refusedPeers += 1 }
            reply(id: frames.count > 1 ? frames[1] : [], status: "500", text: "Malformed request", userID: "")
            return
        }
        let list = allowed.withLock { $0 }
        if let userID = request.admittedUserID(allowList: list, owner: geteuid()) {
            reply(id: request.id, status: "200", text: "OK", userID: userID)
        } else {
            metrics.count { $0.refusedPeers += 1 }
            if let suppressed = refusals.admit(at: .now) {
                logger.notice(
                    "cluster.peer.refused",
                    metadata: [
                        "peer.address": "\(request.address)", "listener.domain": "\(request.domain)",
                        "log.suppressed": "\(suppressed)",
                    ])
            }
            reply(id: request.id, status: "400", text: "Not allowed", userID: "")
        }
    }

    private func reply(id: [UInt8], status: String, text: String, userID: String) {
        let frames: [[UInt8]] = [Array("1.0".utf8), id, Array(status.utf8), Array(text.utf8), Array(userID.utf8), []]
        for (index, frame) in frames.enumerated() {
            let error = socket.send(frame, more: index < frames.count - 1)
            guard error == 0 else {
                logger.error("cluster.authenticator.reply-failed", metadata: ["errno": "\(error)"])
                return
            }
        }
    }
}
