internal import ClusterTransport
internal import ConfigurationFile
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import ServiceLifecycle

/// A listener: TLS or none, the HTTP codec, and a ``RequestGate`` for each connection.
///
/// With TLS it listens as soon as there is a certificate. At a graceful shutdown it answers new requests with 503 until
/// nothing is in flight, or the time for that is over, and then closes everything.
struct FrontendServer: Service {
    enum Transport: Sendable {
        /// For devices.
        case tls(CurrentIdentity)
        /// For what is signed itself: CRLs and OCSP responses.
        case plain
    }

    struct Settings: Sendable {
        var address: ListenAddress
        var threads: Int
        var backlog = 1024
        var gate: RequestGate.Limits
        var timeouts: ConnectionTimeouts
        /// The longest head, in bytes of names and values.
        var maximumHeadBytes = 16 * 1024
        var drainTime: Duration
    }

    let settings: Settings
    let transport: Transport
    let limit: AcceptanceLimit
    let drain: DrainState
    let responder: any RequestResponder
    let logger: Logger
    /// nil: connections come from the clients themselves.
    var proxies: TrustedProxies?
    var onProxyHeader: @Sendable (ProxyOutcome) -> Void = { _ in }
    let onListening: @Sendable (ListenAddress) -> Void

    func run() async throws {
        if case .tls(let identity) = transport {
            await cancelWhenGracefulShutdown {
                await identity.waitUntilPresent()
            }
            guard identity.context != nil else { return }
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: settings.threads)
        do {
            try await serve(on: group)
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
        // Closes what is still open.
        try await group.shutdownGracefully()
    }

    private func serve(on group: MultiThreadedEventLoopGroup) async throws {
        let channel = try await bootstrap(on: group)
            .bind(host: settings.address.host, port: settings.address.port).get()
        let bound = ListenAddress(
            host: settings.address.host, port: channel.localAddress?.port ?? settings.address.port)
        switch transport {
        case .tls: logger.notice("Listening for devices", metadata: ["listen": "\(bound)"])
        case .plain: logger.notice("Listening on plain HTTP", metadata: ["listen": "\(bound)"])
        }
        onListening(bound)
        // The listening channel only closes on its own when something is badly wrong: then this process ends.
        let outcome = try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await channel.closeFuture.get()
                return false
            }
            group.addTask {
                try? await gracefulShutdown()
                return true
            }
            defer { group.cancelAll() }
            let isGraceful = try await group.next() ?? true
            if isGraceful {
                drain.begin()
                await waitUntilIdle()
                channel.close(promise: nil)
            }
            return isGraceful
        }
        guard outcome else { throw ServiceError(.unexpected, "The listener on \(bound) has closed.") }
    }

    private func waitUntilIdle() async {
        let end = ContinuousClock.now + settings.drainTime
        while drain.inFlight > 0, ContinuousClock.now < end, !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(20))
        }
        if drain.inFlight > 0 {
            logger.warning("Requests are cut off at shutdown", metadata: ["requests": "\(drain.inFlight)"])
        }
    }

    func bootstrap(on group: MultiThreadedEventLoopGroup) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Int32(settings.backlog))
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // So that the limit on handshakes is looked at often enough to be one.
            .serverChannelOption(.maxMessagesPerRead, value: 8)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptanceHandler(limit))
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // A client may say that it is done sending and still wait for its answer.
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try configure(channel) }
            }
    }

    private func configure(_ channel: any Channel) throws {
        let pipeline = channel.pipeline.syncOperations
        let isTLS: Bool
        let place = ConnectionPlace(limit, of: channel)
        let origin = ConnectionOrigin()
        if let proxies {
            try pipeline.addHandler(ProxyHeaderHandler(trusted: proxies, origin: origin, onOutcome: onProxyHeader))
        }
        try pipeline.addHandler(ConnectionPlaceHandler(place))
        switch transport {
        case .tls(let identity):
            guard let context = identity.context else { throw IdentityError("there is no TLS certificate") }
            try pipeline.addHandler(TLSSettings.serverHandler(context: context))
            isTLS = true
        case .plain:
            isTLS = false
        }
        let gate = RequestGateHandler(
            responder: responder, isTLS: isTLS, limits: settings.gate, timeouts: settings.timeouts,
            maximumHeadBytes: settings.maximumHeadBytes, place: place, origin: origin, logger: logger)
        var decoding = NIOHTTPDecoderLimitConfiguration()
        decoding.maxHeaderFieldSize = settings.maximumHeadBytes
        decoding.maxHeaderListSize = settings.maximumHeadBytes
        decoding.maxHeaderFieldCount = 100
        try pipeline.addHandler(ByteArrivalHandler(gate: gate))
        try pipeline.addHandler(
            ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: decoding)))
        try pipeline.addHandler(gate)
    }
}
