internal import CZeroMQ
package import Distributed
package import FaultInjection
internal import Foundation
package import Logging
internal import Synchronization

/// The distributed actor system over ZeroMQ (design §4): one thread with all sockets, the ZAP handler, the listeners
/// that serve calls, and the connections that send them.
///
/// Whoever makes one must end it with ``shutdown()``, or its thread stays.
package final class ZeroMQActorSystem: DistributedActorSystem, Sendable {
    package typealias ActorID = ActorAddress
    package typealias InvocationEncoder = CallEncoder
    package typealias InvocationDecoder = CallDecoder
    package typealias ResultHandler = CallResultHandler
    package typealias SerializationRequirement = Codable

    private struct State {
        var isShutDown = false
        /// By endpoint as bound.
        var listeners: [String: ListenerCore] = [:]
        var connections: [UInt64: ConnectionCore] = [:]
        var lastConnection: UInt64 = 0
        var lastLocalActor: UInt64 = 0
    }

    private let logger: Logger
    private let context: ZeroMQContext
    private let loop: ZeroMQEventLoop
    private let metrics = TransportMetrics()
    private let state = Mutex(State())
    private let faults: FaultHook
    let authenticator: Authenticator

    /// Binds the ZAP handler and starts the thread. Nobody is allowed in yet.
    ///
    /// - Throws: ``TransportError``
    package init(logger: Logger, faults: FaultHook = .none) throws {
        self.logger = logger
        self.faults = faults
        let context = try ZeroMQContext()
        self.context = context
        do {
            loop = try ZeroMQEventLoop()
            authenticator = try Authenticator(context, loop: loop, metrics: metrics, logger: logger)
        } catch {
            context.terminate()
            throw error
        }
        loop.start { context.terminate() }
    }

    /// What has been counted since the start.
    package var counters: TransportCounters { metrics.current }

    /// Calls of this process that wait for their answers, over all connections.
    package var callsInFlight: Int {
        state.withLock { Array($0.connections.values) }.reduce(0) { $0 + $1.callsInFlight }
    }

    /// Replaces the allow-list of CURVE peers. It counts for the next message, also of peers that are connected.
    package func allow(_ nodes: [AllowedNode]) {
        authenticator.allow(AllowList(nodes))
    }

    /// Serves the methods at an endpoint, until ``stopListening(at:)`` or ``shutdown()``.
    ///
    /// - Returns: the endpoint as bound, with the port that the system chose where it was 0.
    /// - Throws: ``TransportError``
    @discardableResult
    package func listen(_ configuration: ListenerConfiguration, methods: MethodTable) async throws -> String {
        try checkRunning()
        let listener = try ListenerCore(
            configuration, methods: methods, context: context, loop: loop, authenticator: authenticator,
            metrics: metrics, logger: logger, faults: faults)
        let endpoint = try await listener.start()
        let isShutDown = state.withLock { state in
            if !state.isShutDown { state.listeners[endpoint] = listener }
            return state.isShutDown
        }
        guard !isShutDown else {
            await listener.close()
            throw TransportError.isShutDown
        }
        return endpoint
    }

    /// Closes one listener. Calls that it was serving find nobody to answer.
    package func stopListening(at endpoint: String) async {
        await state.withLock { $0.listeners.removeValue(forKey: endpoint) }?.close()
    }

    /// Starts to connect to a peer, and keeps at it until the connection is closed.
    ///
    /// - Throws: ``TransportError`` where the configuration cannot work; a peer that is not there is no error.
    package func connect(_ configuration: ConnectionConfiguration) async throws -> Connection {
        try checkRunning()
        let core = ConnectionCore(
            configuration, context: context, loop: loop, metrics: metrics, logger: logger, faults: faults)
        try await core.start()
        let id: UInt64? = state.withLock { state in
            guard !state.isShutDown else { return nil }
            state.lastConnection += 1
            state.connections[state.lastConnection] = core
            return state.lastConnection
        }
        guard let id else {
            await core.close()
            throw TransportError.isShutDown
        }
        return Connection(id: id, core: core, system: self)
    }

    /// Refuses new calls at every listener, and waits until the ones being served are answered, at most so long.
    ///
    /// - Returns: whether all of them were.
    @discardableResult
    package func drain(within limit: Duration) async -> Bool {
        let listeners = state.withLock { Array($0.listeners.values) }
        for listener in listeners {
            await listener.startDraining()
        }
        let deadline = ContinuousClock.now + limit
        for listener in listeners {
            while await !listener.isIdle {
                guard ContinuousClock.now < deadline, (try? await Task.sleep(for: .milliseconds(5))) != nil else {
                    return false
                }
            }
        }
        return true
    }

    /// Fails the pending calls, closes every socket and ends the thread. Calls being served find nobody to answer;
    /// ``drain(within:)`` first lets them finish.
    package func shutdown() async {
        let (connections, listeners) = state.withLock { state in
            state.isShutDown = true
            defer {
                state.connections = [:]
                state.listeners = [:]
            }
            return (Array(state.connections.values), Array(state.listeners.values))
        }
        for connection in connections {
            await connection.close()
        }
        for listener in listeners {
            await listener.close()
        }
        await authenticator.close()
        await loop.stop()
    }

    func forget(connection: UInt64) {
        state.withLock { $0.connections[connection] = nil }
    }

    private func checkRunning() throws {
        guard !state.withLock({ $0.isShutDown }) else { throw TransportError.isShutDown }
    }

    // MARK: DistributedActorSystem

    package func resolve<Act: DistributedActor>(id: ActorAddress, as actorType: Act.Type) throws -> Act?
    where Act.ID == ActorAddress {
        guard id.connection != 0 else {
            throw ServiceError(.unexpected, "An actor of this process is not found by its address.")
        }
        return nil
    }

    package func assignID<Act: DistributedActor>(_ actorType: Act.Type) -> ActorAddress where Act.ID == ActorAddress {
        let number = state.withLock { state in
            state.lastLocalActor += 1
            return state.lastLocalActor
        }
        return ActorAddress(connection: 0, service: "\(actorType)-\(number)")
    }

    package func actorReady<Act: DistributedActor>(_ actor: Act) where Act.ID == ActorAddress {}

    package func resignID(_ id: ActorAddress) {}

    package func makeInvocationEncoder() -> CallEncoder {
        CallEncoder()
    }

    package func remoteCall<Act: DistributedActor, Err: Error, Res: Codable>(
        on actor: Act, target: RemoteCallTarget, invocation: inout CallEncoder, throwing: Err.Type,
        returning: Res.Type
    ) async throws -> Res where Act.ID == ActorAddress {
        let (method, body) = try invocation.call(of: actor.id.service)
        let connection = actor.id.connection
        guard let core = state.withLock({ $0.connections[connection] }) else {
            throw ServiceError.connectionClosed
        }
        switch try await core.call(method: method, body: body) {
        case .result(let reply): return try CallBody.decodeReply(Res.self, from: reply)
        case .error(let error): throw CallBody.decodeError(from: error)
        }
    }

    package func remoteCallVoid<Act: DistributedActor, Err: Error>(
        on actor: Act, target: RemoteCallTarget, invocation: inout CallEncoder, throwing: Err.Type
    ) async throws where Act.ID == ActorAddress {
        throw ServiceError(.unexpected, "A remote method answers with its request's reply.")
    }
}

extension TransportError {
    static let isShutDown = TransportError(.shutDown, "The actor system has been shut down.")
}
