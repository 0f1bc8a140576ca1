internal import ClusterProtocol
internal import ClusterTransport
package import ConfigurationFile
internal import Foundation
package import Logging
package import Observability
internal import OperationsHTTP
internal import ProcessLife
internal import ServiceLifecycle

/// The auditor: its store, the endpoint of the cluster, the operator's socket and the operations listener.
package struct AuditorService: Service {
    private let configuration: AuditorConfiguration
    private let registry: MetricsRegistry
    private let logger: Logger
    private let onListening: @Sendable (String) -> Void
    private let onConsoleListening: @Sendable (ListenAddress) -> Void

    /// - Parameters:
    ///   - onListening: called once with the cluster's endpoint as bound.
    ///   - onConsoleListening: called once with the console's address as bound.
    package init(
        configuration: AuditorConfiguration, registry: MetricsRegistry, logger: Logger,
        onListening: @escaping @Sendable (String) -> Void = { _ in },
        onConsoleListening: @escaping @Sendable (ListenAddress) -> Void = { _ in }
    ) {
        self.onConsoleListening = onConsoleListening
        self.configuration = configuration
        self.onListening = onListening
        self.registry = registry
        self.logger = logger
    }

    /// Serves until the graceful shutdown: then takes no more events, stores those that wait, answers, and ends.
    ///
    /// - Throws: where something can't be opened or bound, and where a transaction of the log failed. The process has to
    ///   end then: its outcome is unknown, and the next start reads what is there.
    package func run() async throws {
        let key = try CurveKeyPair.load(path: configuration.curveKeyPath)
        // One process a log: a second one would take over the local socket, and number events by itself.
        let lock = try ExclusiveLock(path: configuration.storePath + ".lock")
        defer { withExtendedLifetime(lock) {} }
        let store = try EventStore(configuration: configuration, logger: logger)
        let metrics = AuditorMetrics(registry: registry)
        metrics.observe(store)
        let system = try ZeroMQActorSystem(logger: logger)
        registry.show { system.counters.samples.map { ($0.name, $0.dimensions, $0.value) } }
        let peers = AuditorPeers(signerKeys: configuration.signerKeys, logger: logger)
        system.allow(peers.allowed(nodes: try await store.nodes()))
        do {
            try await serve(store, metrics: metrics, system: system, peers: peers, key: key)
        } catch {
            await system.shutdown()
            throw error
        }
        await system.shutdown()
        try await store.close()
    }

    private func serve(
        _ store: EventStore, metrics: AuditorMetrics, system: ZeroMQActorSystem, peers: AuditorPeers, key: CurveKeyPair
    ) async throws {
        let receiver = AuditService(
            backend: EventReceiver(store: store, metrics: metrics, logger: logger) { nodes in
                system.allow(peers.allowed(nodes: nodes))
            }, actorSystem: system)
        let administration = AuditAdministrationService(
            backend: AuditOperations(
                store: store, version: EstuaryVersion.current, startedAt: ProcessStart.secondsSince1970),
            actorSystem: system)
        let draining = DrainingFlag()
        let operations = OperationsServer(
            address: configuration.operations, registry: registry, logger: logger,
            ready: { ReadinessReport(missing: draining.isSet ? ["the auditor is shutting down"] : []) })
        let console = try configuration.console.map { configuration in
            try ConsoleServer(
                configuration: configuration, store: store, version: EstuaryVersion.current,
                startedAt: ProcessStart.secondsSince1970, logger: logger, onListening: onConsoleListening)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await store.run() }
            do {
                let endpoint = try await system.listen(
                    ListenerConfiguration(
                        endpoint: configuration.endpoint, security: .curve(key), lanes: .audit()),
                    methods: .audit(receiver))
                try makeAdministrationFolder()
                let socket = try await system.listen(
                    ListenerConfiguration(
                        endpoint: "ipc://\(configuration.administrationPath)/socket", security: .localUser,
                        lanes: .administration()),
                    methods: .auditAdministration(administration))
                logger.info(
                    "auditor is up",
                    metadata: [
                        "audit.endpoint": "\(endpoint)", "audit.administration": "\(socket)",
                        "audit.log_size": "\(store.logSize)",
                    ])
                onListening(endpoint)
                group.addTask { try await operations.run() }
                if let console { group.addTask { try await console.run() } }
                group.addTask {
                    try await gracefulShutdown()
                    draining.set()
                    logger.info("auditor is shutting down")
                    await console?.close()
                    store.finish()
                }
                // Not `waitForAll()`: it would hold the first error back until the store, which nobody ends, has ended.
                while try await group.next() != nil {}
            } catch {
                // The store's task ends only when it is told to: what it has accepted it stores.
                store.finish()
                group.cancelAll()
                throw error
            }
        }
        logger.info("auditor has ended", metadata: ["audit.log_size": "\(store.logSize)"])
    }

    private func makeAdministrationFolder() throws {
        let path = configuration.administrationPath
        if mkdir(path, 0o700) != 0, errno != EEXIST {
            throw EventStoreError("\(path) can't be made: \(String(cString: strerror(errno))).")
        }
        guard chmod(path, 0o700) == 0 else {
            throw EventStoreError("\(path) can't be kept from other users: \(String(cString: strerror(errno))).")
        }
    }
}
