package import ClusterProtocol
internal import ClusterTransport
package import ConfigurationFile
internal import Foundation
package import Logging
internal import NIOCore
package import Observability
internal import OperationsHTTP
internal import ServiceLifecycle

/// A whole frontend: its parts, and the order in which they start and end.
///
/// The parts end in reverse order: first the listener, once nothing is in flight, last the operations listener, which
/// says until then that the node is not ready.
package struct FrontendService: Service {
    private let services: [any Service]
    private let logger: Logger

    /// - Parameters:
    ///   - onListening: Called once with the address for devices, as bound.
    ///   - onPlainListening: Called once with the address of plain HTTP, as bound, where there is one.
    ///   - onOperationsListening: Called once with the address for operators, as bound.
    package init(
        configuration: FrontendConfiguration, signers: [SignerPort], auditor: any AuditBackend,
        registry: MetricsRegistry, logger: Logger,
        onListening: @escaping @Sendable (ListenAddress) -> Void = { _ in },
        onPlainListening: @escaping @Sendable (ListenAddress) -> Void = { _ in },
        onOperationsListening: @escaping @Sendable (ListenAddress) -> Void = { _ in }
    ) {
        let limits = configuration.limits
        let run = EventRecorder.newRun()
        let metrics = FrontendMetrics(registry: registry)
        let recorder = EventRecorder(
            source: configuration.name, run: run, maximumCount: limits.events, maximumBytes: limits.eventBytes,
            logger: logger)
        let pool = EnrollmentPool(
            maximumRunning: limits.enrollmentsRunning, maximumWaiting: limits.enrollmentsWaiting,
            patience: limits.enrollmentPatience, onShed: { metrics.shed($0) })
        let failures = FailureLimit(
            limits: FailureLimitState.Limits(
                failures: limits.authenticationFailures, window: limits.authenticationFailureWindow,
                networks: limits.failingAddresses),
            suspects: EnrollmentPool(
                maximumRunning: limits.suspectsRunning, maximumWaiting: limits.suspectsWaiting,
                patience: limits.enrollmentPatience, onShed: { metrics.shed($0) }),
            onFailure: { metrics.authenticationFailed(isLimited: $0) })
        let sheds = ShedCounts()
        let identity = CurrentIdentity(
            settings: TLSSettings(
                minimumVersion: configuration.minimumTLSVersion, maximumVersion: configuration.maximumTLSVersion))
        let directory = CatalogueDirectory()
        let drain = DrainState()
        let (connections, plainConnections) = OpenFiles.connections(
            atMost: limits.connections, and: configuration.plainHTTP?.connections ?? 0)
        let acceptance = AcceptanceLimit(
            maximumHandshakes: limits.handshakes, maximumConnections: connections,
            onHandshakeEnd: { metrics.handshakeEnded(completed: $0) }, onEviction: { metrics.connectionEvicted() })
        let revocation = RevocationParts(
            configuration: configuration, signers: signers.count, directory: directory, drain: drain, metrics: metrics,
            logger: logger)
        let links = signers.enumerated().map { index, port in
            SignerLink(
                index: index, port: port,
                file: CatalogueFile(path: configuration.cataloguePath(ofSigner: index)), directory: directory,
                logger: logger, onRevocationLists: revocation.listener(ofSigner: index)
            ) {
                NodeReport(
                    version: EstuaryVersion.current, startedAt: ProcessStart.secondsSince1970,
                    running: pool.counts.running, waiting: pool.counts.waiting, eventBacklog: recorder.counts.backlog,
                    eventsDropped: recorder.counts.dropped, certificateNotAfter: identity.notAfter,
                    catalogueVersion: directory.version(of: index))
            }
        }
        metrics.show(
            pool: pool, connections: acceptance, recorder: recorder, identity: identity, signers: links,
            directory: directory)
        let keepers = links.map { revocation.keeper(of: $0) }
        for (link, keeper) in zip(links, keepers) {
            link.loadKeptCatalogue()
            keeper.loadKeptLists()
        }
        recorder.record(AuditEvent(.started, time: Date.now))

        let operations = OperationsServer(
            address: configuration.operationsListen, registry: registry, logger: logger,
            onListening: onOperationsListening
        ) {
            Self.readiness(directory: directory, identity: identity, links: links, drain: drain)
        }
        let renewal = CertificateRenewal(
            nodeName: configuration.name,
            files: IdentityFiles(
                keyPath: configuration.tlsKeyPath, chainPath: configuration.tlsCertificatePath),
            identity: identity, signers: links, directory: directory, logger: logger,
            checkInterval: configuration.certificateCheckInterval)
        let server = FrontendServer(
            settings: Self.serverSettings(configuration), transport: .tls(identity), limit: acceptance, drain: drain,
            responder: ESTResponder(
                desk: EnrollmentDesk(
                    pool: pool, failures: failures, judgements: PathJudgements(onShed: { metrics.shed($0) }),
                    recorder: recorder, sheds: sheds, logger: logger),
                revocation: revocation.responder, directory: directory, drain: drain, metrics: metrics, run: run,
                logger: logger),
            logger: logger,
            proxies: configuration.proxyProtocol.map {
                TrustedProxies(networks: $0.from, headerTimeout: TimeAmount($0.headerTimeout))
            },
            onProxyHeader: { metrics.proxyHeader($0) }, onListening: onListening)
        let plainServer = configuration.plainHTTP.map { plain in
            FrontendServer(
                settings: Self.plainSettings(plain, configuration.limits), transport: .plain,
                limit: AcceptanceLimit(maximumHandshakes: .max, maximumConnections: plainConnections),
                drain: drain, responder: revocation.responder, logger: logger, onListening: onPlainListening)
        }
        services =
            [
                operations, EventSender(recorder: recorder, auditor: auditor, logger: logger),
                CoalescedReports(failures: failures, sheds: sheds, recorder: recorder),
            ] + links + keepers + [renewal] + [plainServer].compactMap { $0 } + [server]
        self.logger = logger
    }

    package func run() async throws {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        try await ServiceGroup(configuration: .init(services: services, logger: quiet)).run()
    }

    private static func serverSettings(_ configuration: FrontendConfiguration) -> FrontendServer.Settings {
        let limits = configuration.limits
        return FrontendServer.Settings(
            address: configuration.listen, threads: limits.threads,
            gate: RequestGate.Limits(body: limits.bodyBytes, drain: limits.drainBytes),
            timeouts: ConnectionTimeouts(
                handshake: TimeAmount(limits.handshakeTimeout), idle: TimeAmount(limits.idleTimeout),
                head: TimeAmount(limits.headTimeout), body: TimeAmount(limits.bodyTimeout)),
            maximumHeadBytes: limits.headBytes, drainTime: limits.shutdownTimeout)
    }

    private static func plainSettings(
        _ plain: FrontendConfiguration.PlainHTTP, _ limits: FrontendConfiguration.Limits
    ) -> FrontendServer.Settings {
        let idle = TimeAmount(plain.idleTimeout)
        return FrontendServer.Settings(
            // Without TLS one event loop is plenty.
            address: plain.listen, threads: 1,
            gate: RequestGate.Limits(body: limits.bodyBytes, drain: limits.drainBytes),
            timeouts: ConnectionTimeouts(
                handshake: idle, idle: idle, head: TimeAmount(plain.headTimeout), body: TimeAmount(plain.bodyTimeout)),
            maximumHeadBytes: limits.headBytes,
            // It ends after the other listener, which has waited for all requests.
            drainTime: .seconds(1))
    }

    private static func readiness(
        directory: CatalogueDirectory, identity: CurrentIdentity, links: [SignerLink], drain: DrainState
    ) -> ReadinessReport {
        var report = ReadinessReport()
        if drain.isDraining { report.missing.append("the process is shutting down") }
        if directory.isEmpty { report.missing.append("no catalogue") }
        if identity.context == nil {
            report.missing.append("no TLS certificate")
        } else if let end = identity.notAfter, end <= Int64(Date.now.timeIntervalSince1970) {
            report.missing.append("the TLS certificate is expired")
        }
        if !links.contains(where: \.isUp) { report.missing.append("no signer answers") }
        return report
    }
}
