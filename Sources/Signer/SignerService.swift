internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
package import Logging
internal import Observability
internal import ProcessLife
internal import ServiceLifecycle
internal import SwiftASN1
internal import TransparencyLog
internal import X509

/// The signer: its parts put together, started in order and ended in order.
package struct SignerService: Service {
    /// How long enrollments in flight may take to end.
    private static let drainLimit = Duration.seconds(10)

    private let configuration: SignerConfiguration
    private let acceptsLoss: Bool
    private let memoryIsLocked: Bool
    private let logger: Logger

    /// - Parameter acceptsLoss: go on with a ledger that lacks events which the auditor has.
    package init(configuration: SignerConfiguration, acceptsLoss: Bool, memoryIsLocked: Bool, logger: Logger) {
        self.configuration = configuration
        self.acceptsLoss = acceptsLoss
        self.memoryIsLocked = memoryIsLocked
        self.logger = logger
    }

    package func run() async throws {
        let authorities = try configuration.authorities.map { try AuthorityLoader.load($0) }
        let policyFile = PolicyFile(
            path: configuration.policy, authorities: Set(authorities.map(\.name)),
            authorityKeys: try IssuingAuthority.publicKeys(of: authorities))
        let policy = try policyFile.load()
        // One process a ledger: it is the single writer, and what it keeps in memory must be all there is.
        let lock = try ExclusiveLock(path: configuration.ledger + ".lock")
        defer { withExtendedLifetime(lock) {} }
        let ledger = try openLedger(authorities)
        let curveKey = try CurveKeyPair.load(path: configuration.curveKey)
        let catalogueKey = try CatalogueKeyFile.load(path: configuration.catalogueKey)
        let system = try ZeroMQActorSystem(logger: logger)
        let auditor = try await system.connect(
            ConnectionConfiguration(
                endpoint: configuration.auditor.endpoint,
                security: .curve(own: curveKey, server: configuration.auditor.key), maximumInFlight: 4,
                callTimeout: .seconds(10)))
        let audit = RemoteAudit(service: try AuditService.resolve(id: auditor.address(of: "audit"), using: system))
        try await reconcile(
            LedgerRestore(
                ledger: ledger, audit: audit, log: configuration.auditor.logKey,
                rules: EventImport(
                    authorities: Dictionary(uniqueKeysWithValues: authorities.map { ($0.name, $0) }), policy: policy,
                    pendingLifetime: configuration.limits.pendingLifetime.wholeSeconds),
                source: configuration.name, logger: logger),
            over: auditor)

        let core = try makeCore(ledger, authorities, policy)
        let witness = LogWitness(
            core: core, audit: audit, log: configuration.auditor.logKey, key: try witnessKey(ledger))
        core.metrics.registry.show { system.counters.samples.map { ($0.name, $0.dimensions, $0.value) } }
        let registry = NodeRegistry(ledger: ledger) { system.allow($0) }
        try registry.refresh()
        core.policy = policy.reserving(hosts: registry.hosts)
        // A list that can't be read is no reason not to start: it is logged, and its manufacturer's devices wait.
        await core.prepareManufacturers()
        let publisher = CataloguePublisher(core: core, key: catalogueKey)
        try await publisher.publish(core.policy)
        try await recordStart(core)
        let revocationLists = RevocationListPublisher(core: core)
        try await revocationLists.issueAll()
        let pipeline = EnrollmentPipeline(core: core)
        let administration = AdministrationDesk(
            core: core, pipeline: pipeline, registry: registry, publisher: publisher, policyFile: policyFile,
            witness: witness, auditorIsUp: { auditor.isUp }, memoryIsLocked: memoryIsLocked,
            loadAuthorities: { [file = configuration.file] in
                try SignerConfiguration.load(path: file).authorities.map { try AuthorityLoader.load($0) }
            })
        let endpoint = try await listen(
            system, curveKey: curveKey,
            desk: SigningDesk(
                core: core, pipeline: pipeline, registry: registry, publisher: publisher,
                revocationLists: revocationLists,
                statuses: CertificateStatusDesk(core: core, revocationLists: revocationLists)),
            joining: JoiningDesk(core: core, registry: registry, publisher: publisher, turns: administration.turns),
            administration: administration)
        logger.info(
            "signer ready",
            metadata: [
                "endpoint": "\(endpoint)", "ledger.incarnation": "\(ledger.incarnation)",
                "catalogue.version": "\(publisher.catalogue?.version ?? 0)", "memory.locked": "\(memoryIsLocked)",
            ])
        let relay = OutboxRelay(
            core: core, audit: audit, witness: witness, witnessInterval: configuration.auditor.interval,
            isUp: { auditor.isUp }, connectionStates: auditor.states, nodes: { registry.nodes },
            nodesVersion: { registry.version })
        core.metrics.show(
            authorities: { core.authorities.values.sorted { $0.name < $1.name } },
            inFlight: { pipeline.count }, backlog: { core.outboxPosition.backlog }, auditorIsUp: { auditor.isUp })
        core.metrics.show { revocationLists.lists }
        core.metrics.show(witness)
        let ending = await Result { try await runParts(core, relay, revocationLists, system) }
        await system.shutdown()
        try ledger.close()
        try ending.get()
    }

    /// The key that cosigns the log; made where nothing has been cosigned yet.
    private func witnessKey(_ ledger: Ledger) throws -> NoteSigner {
        let path = configuration.witnessKey
        do {
            if FileManager.default.fileExists(atPath: path) { return try NoteKeyFile.load(path: path, of: .witness) }
            guard try ledger.read({ try WitnessTable.log($0) }) == nil else {
                throw TransparencyLogError(
                    "\(path), the key that cosigns the audit log, can't be found. Put it back from where the signer's"
                        + " keys are kept: auditors know its public key.")
            }
            return try NoteKeyFile.create(path: path, for: .witness)
        } catch let error as TransparencyLogError {
            throw KeyStoreError(error.description)
        }
    }

    private func openLedger(_ authorities: [IssuingAuthority]) throws -> Ledger {
        let logger = logger
        return try Ledger(
            path: configuration.ledger,
            authorities: Dictionary(uniqueKeysWithValues: authorities.map { ($0.name, $0.keySHA256) }),
            limits: LedgerLimits(
                batch: configuration.limits.batch, waiting: configuration.limits.waitingOperations,
                gathering: configuration.limits.gathering),
            failStop: { error in
                // What was to be committed may or may not be durable: only a restart can tell.
                logger.critical("the ledger could not commit; the process ends", metadata: ["error": "\(error)"])
                _exit(EX_IOERR)
            })
    }

    /// Compares the ledger with what the auditor has of it, and brings an older copy up to date, before anything is signed
    /// (design §7, «Restore»).
    ///
    /// An auditor that can't be reached stops nothing, unless the ledger is a backup's: the relay compares when it returns.
    ///
    /// - Throws: ``LedgerBehindAuditor``, ``ImportFailed`` or ``RestoreNeedsAuditor`` where the ledger is not what it has to
    ///   be and that was not accepted; ``KeyStoreError`` where a loss was accepted and the auditor can't be asked whether
    ///   there is one.
    private func reconcile(_ restore: LedgerRestore, over connection: Connection) async throws {
        let isDue = try restore.isDue()
        do {
            guard await connection.waitUntilUp(for: acceptsLoss || isDue ? Self.drainLimit : .seconds(2)) else {
                throw ServiceError(.unreachable, "The auditor can't be reached.")
            }
            let stored = try await restore.run()
            try LedgerComparison(ledger: restore.ledger, audit: restore.audit).requireKept(from: stored + 1)
        } catch let error as ServiceError {
            guard !isDue else {
                guard acceptsLoss else { throw RestoreNeedsAuditor(reason: error.message) }
                return try restore.acceptLoss(error.message)
            }
            guard !acceptsLoss else {
                throw KeyStoreError("--accept-loss needs the auditor, to know what is lost: \(error.message)")
            }
            logger.warning("the auditor can't be asked: events are kept until it can", metadata: ["error": "\(error)"])
        } catch {
            guard acceptsLoss || error is OutboxGap else { throw error }
            guard acceptsLoss else {
                logger.error("events can't be delivered", metadata: ["error": "\(error)"])
                return
            }
            try restore.acceptLoss("\(error)")
        }
    }

    private func makeCore(_ ledger: Ledger, _ authorities: [IssuingAuthority], _ policy: Policy) throws -> SignerCore {
        let metrics = SignerMetrics(registry: MetricsRegistry())
        ledger.writer.observeBatches { metrics.committed(operations: $0, in: $1) }
        return try SignerCore(
            name: configuration.name, ledger: ledger, authorities: authorities, policy: policy,
            limits: .init(
                outbox: configuration.limits.outbox, pendingPerIdentity: configuration.limits.pendingPerIdentity,
                pendingLifetime: configuration.limits.pendingLifetime.wholeSeconds,
                nodeCertificateLifetime: configuration.limits.nodeCertificateLifetime.wholeSeconds,
                outboxRetention: configuration.limits.outboxRetention.wholeSeconds,
                rates: configuration.limits.rates),
            keyWrapping: KeyWrapping(path: configuration.keyWrapping), metrics: metrics, logger: logger)
    }

    /// Records the start, and policy and authorities where they are others than the last time.
    private func recordStart(_ core: SignerCore) async throws {
        var started = core.events.event(.started, at: core.now())
        started.reasonText = "version \(EstuaryVersion.current)"
        let startedLine = try UnnumberedEventLine(started)
        var applied = core.events.event(.configurationApplied, at: core.now())
        let sha256 = core.policy.sha256
        applied.reasonText = "sha256:\(sha256)"
        let authorities = core.authorities.values.sorted { $0.name < $1.name }
        applied.remarks = authorities.map(\.remark)
        let authoritiesSHA256 = AuthorityTable.digest(authorities)
        let appliedLine = try UnnumberedEventLine(applied)
        let now = core.seconds()
        try await core.ledger.writer.perform { db in
            try OutboxTable.append(db, startedLine, at: now)
            let isOther = try AuthorityTable.note(db, digest: authoritiesSHA256)
            if try MetaTable.string(db, "policy_sha256") != sha256 || isOther {
                try MetaTable.set(db, "policy_sha256", sha256)
                try OutboxTable.append(db, appliedLine, at: now)
            }
        }
        core.outboxGrew()
    }

    private func listen(
        _ system: ZeroMQActorSystem, curveKey: CurveKeyPair, desk: SigningDesk, joining: JoiningDesk,
        administration: AdministrationDesk
    ) async throws -> String {
        _ = try await system.listen(
            ListenerConfiguration(
                endpoint: "ipc://\(configuration.administration)/socket", security: .localUser,
                lanes: .administration()),
            methods: .administration(AdministrationService(backend: administration, actorSystem: system)))
        var methods = MethodTable.signing(SigningService(backend: desk, actorSystem: system))
        methods.add(.joining(JoiningService(backend: joining, actorSystem: system)))
        return try await system.listen(
            ListenerConfiguration(
                endpoint: configuration.endpoint, security: .curve(curveKey),
                lanes: .signing(
                    enrollments: configuration.limits.concurrentEnrollments,
                    waiting: configuration.limits.waitingEnrollments)),
            methods: methods)
    }

    private func runParts(
        _ core: SignerCore, _ relay: OutboxRelay, _ revocationLists: RevocationListPublisher,
        _ system: ZeroMQActorSystem
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await relay.run() }
            group.addTask { try await LedgerHousekeeping(core: core).run() }
            group.addTask { try await revocationLists.run() }
            group.addTask { try await end(core, system) }
            if let path = configuration.metricsFile {
                let file = MetricsFile(path: path, registry: core.metrics.registry)
                group.addTask { await cancelWhenGracefulShutdown { await file.run(logger: logger) } }
            }
            do {
                // Not `waitForAll()`: it would hold a part's error back until the others, which nobody ends, have ended.
                while try await group.next() != nil {}
            } catch {
                group.cancelAll()
                core.closeOutbox()
                throw error
            }
        }
    }

    /// Waits for the shutdown; then lets what is being served finish, and closes the outbox with the run's last event.
    private func end(_ core: SignerCore, _ system: ZeroMQActorSystem) async throws {
        try await gracefulShutdown()
        core.isDraining = true
        if await !system.drain(within: Self.drainLimit) {
            logger.warning("not everything that was begun has ended in time")
        }
        let line = try UnnumberedEventLine(core.events.event(.stopped, at: core.now()))
        let now = core.seconds()
        _ = try await core.ledger.writer.perform(reserved: true) { try OutboxTable.append($0, line, at: now) }
        core.closeOutbox()
    }
}

extension Result where Failure == any Error {
    /// The outcome of an operation, to be looked at after what must happen either way.
    fileprivate init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
