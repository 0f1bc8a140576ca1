internal import ClusterProtocol
internal import ClusterTransport
internal import Crypto
internal import FaultInjection
internal import Foundation
internal import Logging
internal import Observability
internal import Synchronization
internal import Testing
internal import TransparencyLog
internal import X509

@testable internal import Signer

/// One life of the signer of a ``FaultWorld``: ledger, desk and relay, until it ends or is ended.
final class RunningSigner: Sendable {
    let core: SignerCore
    let desk: SigningDesk
    let administration: AdministrationDesk
    private let relay: Task<Void, any Error>
    private let death: Death

    /// Whether the ledger could not commit, at which a real signer's process ends.
    final class Death: Sendable {
        private let hasEnded = Mutex(false)

        var isDead: Bool { hasEnded.withLock { $0 } }

        /// Never returns, as the end of a process does not: the ledger's own thread stays here for ever.
        func stop() -> Never {
            hasEnded.withLock { $0 = true }
            while true { sleep(3600) }
        }
    }

    init(
        folder: String, authority: IssuingAuthority, auditor: RunningAuditor, logKey: NoteVerifierKey,
        faults: FaultHook,
        acceptsLoss: Bool = false
    ) async throws {
        let death = Death()
        self.death = death
        let ledger = try Ledger(
            path: "\(folder)/ledger.sqlite", authorities: ["devices": authority.keySHA256], faults: faults,
            failStop: { _ in death.stop() })
        if acceptsLoss { try ledger.startNewIncarnation() }
        let policyFile = PolicyFile(path: "\(folder)/policy.yaml", authorities: ["devices"])
        let core = try SignerCore(
            name: "signer", ledger: ledger, authorities: [authority], policy: try policyFile.load(),
            keyWrapping: KeyWrapping(path: "\(folder)/kek-wrapping.key", faults: faults),
            metrics: SignerMetrics(registry: MetricsRegistry()), logger: Logger(label: "test"), faults: faults)
        self.core = core
        let pipeline = EnrollmentPipeline(core: core)
        let registry = NodeRegistry(ledger: ledger) { _ in }
        let publisher = CataloguePublisher(core: core, key: Curve25519.Signing.PrivateKey())
        let lists = RevocationListPublisher(core: core)
        desk = SigningDesk(
            core: core, pipeline: pipeline, registry: registry, publisher: publisher, revocationLists: lists,
            statuses: CertificateStatusDesk(core: core, revocationLists: lists))
        let witness = LogWitness(
            core: core, audit: auditor, log: logKey,
            key: try NoteKeyFile.load(path: "\(folder)/witness.key", of: .witness))
        administration = AdministrationDesk(
            core: core, pipeline: pipeline, registry: registry, publisher: publisher, policyFile: policyFile,
            witness: witness, auditorIsUp: { auditor.isUp }, memoryIsLocked: false)
        let outbox = OutboxRelay(
            core: core, audit: auditor, witness: witness, witnessInterval: .seconds(1), isUp: { auditor.isUp },
            connectionStates: AsyncStream { $0.finish() }, nodes: { [] }, nodesVersion: { 1 })
        relay = Task { try await outbox.run() }
        core.outboxGrew()
    }

    /// Does what may never return where the signer dies of it.
    ///
    /// - Throws: ``SignerDied``; what the body throws.
    func alive<Result: Sendable>(_ body: @escaping @Sendable (RunningSigner) async throws -> Result) async throws
        -> Result
    {
        let outcome = Outcome<Result>()
        Task { [self] in
            do {
                outcome.set(.success(try await body(self)))
            } catch {
                outcome.set(.failure(error))
            }
        }
        let end = ContinuousClock.now + .seconds(30)
        while true {
            if let result = outcome.value { return try result.get() }
            if death.isDead { throw SignerDied() }
            try #require(ContinuousClock.now < end, "the signer neither answers nor ends")
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    var isDead: Bool { death.isDead }

    /// Ends it: in good order where it lives. One that has died keeps its ledger open, in a thread that never goes on.
    func end() async throws {
        core.closeOutbox()
        guard !death.isDead else {
            relay.cancel()
            return
        }
        try await relay.value
        try core.ledger.close()
    }

    private final class Outcome<Value: Sendable>: Sendable {
        private let state = Mutex<Swift.Result<Value, any Error>?>(nil)

        var value: Swift.Result<Value, any Error>? { state.withLock { $0 } }

        func set(_ value: Swift.Result<Value, any Error>) {
            state.withLock { $0 = value }
        }
    }
}

struct SignerDied: Error {}
