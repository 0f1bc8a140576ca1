internal import ConfigurationFile
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdTLS
internal import Logging
internal import NIOCore
internal import ServiceLifecycle

/// The console's listener: the page, the JSON interface under `/api/v1`, and the log's checkpoint and tiles.
struct ConsoleServer: Service {
    private let configuration: ConsoleConfiguration
    private let store: EventStore
    private let access: ConsoleAccess
    private let journal: ConsoleJournal
    private let routes: [ConsoleRoute]
    private let logger: Logger
    private let onListening: @Sendable (ListenAddress) -> Void

    /// - Parameter onListening: called once with the address as bound.
    /// - Throws: where the certificate, a key or the users can't be read.
    init(
        configuration: ConsoleConfiguration, store: EventStore, version: String, startedAt: Int64, logger: Logger,
        now: @escaping @Sendable () -> Date = { Date() },
        onListening: @escaping @Sendable (ListenAddress) -> Void = { _ in }
    ) throws {
        self.configuration = configuration
        self.store = store
        self.logger = logger
        self.onListening = onListening
        journal = ConsoleJournal(store: store, logger: logger, now: now)
        access = try ConsoleAccess(configuration, journal: journal, now: now)
        let places = ConsolePlaces(limits: configuration.limits)
        var routes =
            PageFiles.routes + access.routes
            + EventRoutes(store: store, places: places).routes
            + LogRoutes(store: store).routes
            + PruneRoutes(store: store, limits: configuration.limits).routes
            + CountRoutes(store: store, places: places, now: now).routes
            + StatusRoutes(store: store, places: places, version: version, startedAt: startedAt, now: now).routes
            + StreamRoutes(
                store: store, places: places, limits: configuration.limits, journal: journal, logger: logger
            ).routes
        var description = ConsoleRoute(
            path: "/api/v1/openapi.json", access: .anyone, summary: "This description.",
            answer: .init(type: "application/json"), handler: { _, _ in throw ConsoleError.notFound })
        let bytes = try OpenAPIDescription(routes: routes + [description], version: version).bytes()
        description.handler = { _, _ in ConsoleAnswer.json(bytes: bytes) }
        routes.append(description)
        self.routes = routes
    }

    func run() async throws {
        let router = Router(context: ConsoleContext.self)
        router.add(middleware: StrictHeaders(isTLS: configuration.access.tls != nil))
        router.add(middleware: ErrorAnswers(logger: logger))
        router.add(middleware: HostCheck(allowed: allowedHosts))
        for route in routes {
            router.on(route.routerPath, method: route.method) {
                [access, limits = configuration.limits] request, context in
                let context = try await access.admit(request, context, to: route.access)
                return try await Deadline.run(limits.requestTimeout) { try await route.handler(request, context) }
            }
        }
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let (journal, growth, address) = (journal, store.growth, configuration.listen)
        let scheme = configuration.access.tls == nil ? "http" : "https"
        let application = Application(
            router: router, server: try server(),
            configuration: .init(
                address: .hostname(address.host, port: address.port),
                availableConnectionsDelegate: MaximumAvailableConnections(configuration.limits.connections)),
            onServerRunning: { [logger, onListening] channel in
                let bound = ListenAddress(host: address.host, port: channel.localAddress?.port ?? address.port)
                logger.info(
                    "Console is up",
                    metadata: ["console.address": "\(bound)", "console.url": "\(scheme)://\(bound)/"])
                onListening(bound)
            },
            logger: quiet)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                // Streams look at the clock when they are woken, and the journal at its minute.
                while (try? await Task.sleep(for: .seconds(5))) != nil {
                    growth.announce()
                    do {
                        try await journal.flush()
                    } catch {
                        logger.warning("an event of the console is not stored", metadata: ["error": "\(error)"])
                    }
                }
            }
            defer { group.cancelAll() }
            try await withGracefulShutdownHandler {
                try await application.run()
            } onGracefulShutdown: {
                growth.finish()
            }
        }
    }

    /// Ends the run of the console's own events, once ``run()`` has returned or is about to.
    func close() async {
        store.growth.finish()
        await journal.close()
    }

    private func server() throws -> HTTPServerBuilder {
        let limits = configuration.limits
        let http = HTTPServerBuilder.http1(
            configuration: .init(
                idleTimeout: .nanoseconds(limits.idleTimeout.nanoseconds),
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: limits.headerBytes, maxHeaderListSize: limits.headerBytes,
                    maxHeaderFieldCount: 100)))
        guard let tls = configuration.access.tls else { return http }
        return try .tls(http, tlsConfiguration: try tls.configuration(operatorCA: configuration.access.operatorCA))
    }

    /// Where operators sign in, a page of another name has none of their cookies, and reads nothing.
    private var allowedHosts: Set<String>? {
        configuration.access.needsSignIn
            ? nil : Set(["localhost", "127.0.0.1", "[::1]", configuration.listen.host] + configuration.hosts)
    }
}

/// Bounds how long an answer may take to be made.
enum Deadline {
    static func run<Value: Sendable>(
        _ limit: Duration, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: limit)
                throw ConsoleError(
                    .serviceUnavailable, "too-slow", "The answer takes longer than is allowed.", retryAfter: 5)
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw CancellationError() }
            return first
        }
    }
}

extension Duration {
    /// Clamped.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds > 9_000_000_000 ? .max : seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
