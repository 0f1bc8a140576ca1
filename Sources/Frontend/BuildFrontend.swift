internal import ClusterProtocol
internal import ClusterTransport
package import ConfigurationFile
package import Logging
package import Observability
package import ServiceLifecycle

/// Connects to the cluster and puts a frontend together; what the executable runs, and tests too.
///
/// Returns before any peer has answered: a frontend starts without them where it can.
package func buildFrontend(
    configuration: FrontendConfiguration, registry: MetricsRegistry, logger: Logger,
    onListening: @escaping @Sendable (ListenAddress) -> Void = { _ in },
    onPlainListening: @escaping @Sendable (ListenAddress) -> Void = { _ in },
    onOperationsListening: @escaping @Sendable (ListenAddress) -> Void = { _ in }
) async throws -> any Service {
    let system = try ZeroMQActorSystem(logger: logger)
    registry.show { system.counters.samples.map { ($0.name, $0.dimensions, $0.value) } }
    let key = try CurveKeyPair.load(path: configuration.curveKeyPath)
    var signers: [SignerPort] = []
    for signer in configuration.signers {
        let connection = try await system.connect(
            ConnectionConfiguration(
                endpoint: signer.endpoint, security: .curve(own: key, server: signer.key),
                // Every place of the pool, OCSP, and what this process asks for itself.
                maximumInFlight: configuration.limits.enrollmentsRunning + configuration.limits.statusCalls + 16,
                callTimeout: configuration.limits.callTimeout))
        signers.append(
            SignerPort(
                name: signer.endpoint,
                backend: RemoteSigner(
                    service: try SigningService.resolve(id: connection.address(of: "signing"), using: system)),
                isUp: { connection.isUp }, catalogueKey: signer.catalogueKey))
    }
    guard let auditor = configuration.auditor else {
        throw ServiceError(.invalidArgument, "The configuration names no auditor.")
    }
    let connection = try await system.connect(
        ConnectionConfiguration(
            endpoint: auditor.endpoint, security: .curve(own: key, server: auditor.key),
            callTimeout: configuration.limits.callTimeout))
    let frontend = FrontendService(
        configuration: configuration, signers: signers,
        auditor: RemoteAudit(
            service: try AuditService.resolve(id: connection.address(of: "audit"), using: system)),
        registry: registry, logger: logger, onListening: onListening,
        onPlainListening: onPlainListening, onOperationsListening: onOperationsListening)
    return ClusteredService(system: system, service: frontend)
}

/// A service that uses the actor system, which ends after it.
private struct ClusteredService: Service {
    let system: ZeroMQActorSystem
    let service: any Service

    func run() async throws {
        do {
            try await service.run()
        } catch {
            await system.shutdown()
            throw error
        }
        await system.shutdown()
    }
}
