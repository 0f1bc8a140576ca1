package import ConfigurationFile
internal import Hummingbird
package import Logging
package import Observability
internal import ServiceLifecycle

/// Serves metrics and health of a process, on a listener of its own (design §10).
///
/// `/metrics` is the registry in the Prometheus text format, `/healthz` says that the process answers, `/readyz` whether
/// it can do its work. No secret and no event is served here, and nobody is asked who they are: the address is loopback
/// unless the configuration names another.
package struct OperationsServer: Service {
    /// Where it listens unless the configuration says otherwise: loopback, a port that the system chooses.
    package static let standardAddress = ListenAddress(host: "127.0.0.1", port: 0)

    private let address: ListenAddress
    private let registry: MetricsRegistry
    private let ready: @Sendable () async -> ReadinessReport
    private let onListening: @Sendable (ListenAddress) -> Void
    private let logger: Logger

    /// - Parameter onListening: Called once with the address as bound.
    package init(
        address: ListenAddress, registry: MetricsRegistry, logger: Logger,
        onListening: @escaping @Sendable (ListenAddress) -> Void = { _ in },
        ready: @escaping @Sendable () async -> ReadinessReport
    ) {
        self.address = address
        self.registry = registry
        self.logger = logger
        self.onListening = onListening
        self.ready = ready
    }

    package func run() async throws {
        let router = Router()
        router.get("/healthz") { _, _ in Self.text("ok\n") }
        router.get("/readyz") { _, _ in
            let report = await ready()
            return report.isReady
                ? Self.text("ready\n")
                : Self.text(
                    report.missing.map { "missing: \($0)\n" }.joined(), status: .serviceUnavailable)
        }
        router.get("/metrics") { _, _ in
            Self.text(registry.render(), contentType: MetricsRegistry.contentType)
        }
        // Hummingbird announces the address and every shutdown step; here the address is enough, once.
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let application = Application(
            router: router,
            configuration: .init(address: .hostname(address.host, port: address.port)),
            onServerRunning: { channel in
                let bound = ListenAddress(host: address.host, port: channel.localAddress?.port ?? address.port)
                logger.info("Operations listener is up", metadata: ["operations.address": "\(bound)"])
                onListening(bound)
            },
            logger: quiet)
        try await application.run()
    }

    private static func text(
        _ text: String, status: HTTPResponse.Status = .ok, contentType: String = "text/plain; charset=utf-8"
    ) -> Response {
        Response(
            status: status, headers: [.contentType: contentType],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
