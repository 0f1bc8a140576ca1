internal import ClusterProtocol
internal import ClusterTransport
internal import FaultInjection
internal import Foundation
internal import Logging
internal import Synchronization

/// What every part of the signer shares: the ledger, the authorities, the policy in force, the clock.
final class SignerCore: Sendable {
    struct Limits: Sendable {
        /// Events that the auditor has not acknowledged, at which issuance stops.
        var outbox: Int64 = 1_000_000
        var pendingPerIdentity = 100
        /// In seconds.
        var pendingLifetime: Int64 = 30 * 86400
        /// What a device whose request waits for approval is told, in seconds.
        var pendingRetryAfter = 60
        /// In seconds.
        var nodeCertificateLifetime: Int64 = 30 * 86400
        /// How long acknowledged events stay, in seconds.
        var outboxRetention: Int64 = 14 * 86400
        var rates = IssuanceLimits.Rates()
    }

    let name: String
    let ledger: Ledger
    let serials = SerialNumberSource()
    let events: EventComposer
    let limits: Limits
    let keyWrapping: KeyWrapping
    let metrics: SignerMetrics
    let manufacturerLists: ManufacturerCRLStore
    let sharedSecrets = SharedSecrets()
    let revocationListHold = RevocationListHold()
    let issuanceLimits: IssuanceLimits
    let logger: Logger
    /// What tests let fail.
    let faults: FaultHook
    /// The wall clock. Tests bring their own.
    let now: @Sendable () -> Date
    private let currentPolicy: Mutex<Policy>
    private let currentAuthorities: Mutex<[String: IssuingAuthority]>
    private let draining = Mutex(false)
    private let lostDenials = Mutex(0)
    private let outbox = Mutex(OutboxPosition(last: 0, delivered: 0))
    private let outboxSignal: (stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation)
    private let revocationSignal: (stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation)

    init(
        name: String, ledger: Ledger, authorities: [IssuingAuthority], policy: Policy, limits: Limits = Limits(),
        keyWrapping: KeyWrapping, metrics: SignerMetrics, logger: Logger, faults: FaultHook = .none,
        now: @escaping @Sendable () -> Date = { Date() }
    ) throws {
        self.name = name
        self.ledger = ledger
        self.limits = limits
        issuanceLimits = IssuanceLimits(rates: limits.rates)
        self.keyWrapping = keyWrapping
        self.metrics = metrics
        self.logger = logger
        self.faults = faults
        manufacturerLists = ManufacturerCRLStore(logger: logger)
        self.now = now
        events = EventComposer(source: name, run: ledger.incarnation)
        currentPolicy = Mutex(policy)
        currentAuthorities = Mutex(Dictionary(uniqueKeysWithValues: authorities.map { ($0.name, $0) }))
        outboxSignal = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        revocationSignal = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        try refreshOutboxPosition()
        for name in authorities.map(\.name) {
            // Also where the clock was set back, or the ledger was brought up to date after a restore.
            if let newest = try ledger.read({ try CertificateTable.newestSerial($0, authority: name) }) {
                serials.moveOn(past: newest)
            }
        }
    }

    var policy: Policy {
        get { currentPolicy.withLock { $0 } }
        set { currentPolicy.withLock { $0 = newValue } }
    }

    /// By name. `estuary reload` replaces them.
    var authorities: [String: IssuingAuthority] {
        get { currentAuthorities.withLock { $0 } }
        set { currentAuthorities.withLock { $0 = newValue } }
    }

    /// Seconds since 1970.
    func seconds() -> Int64 {
        Int64(now().timeIntervalSince1970)
    }

    /// Milliseconds since 1970.
    func milliseconds() -> Int64 {
        Int64(now().timeIntervalSince1970 * 1000)
    }

    /// Reads the revocation lists of the policy in force, and says which of its manufacturers' authorities are of no use.
    func prepareManufacturers() async {
        let policy = policy
        await manufacturerLists.prepare(policy.revocationListPaths)
        for (manufacturer, authority) in policy.lateAuthorities(at: seconds()) {
            logger.warning(
                "a manufacturer's CA certificate is expired or not yet valid: no device gets in by it",
                metadata: ["manufacturer": "\(manufacturer)", "subject": "\(authority)"])
        }
    }

    // MARK: Shutdown

    /// Whether the process is ending: what runs is finished, nothing new is begun.
    var isDraining: Bool {
        get { draining.withLock { $0 } }
        set { draining.withLock { $0 = newValue } }
    }

    // MARK: Revocation

    /// Yields where a certificate was revoked. For ``RevocationListPublisher`` alone.
    var revocations: AsyncStream<Void> { revocationSignal.stream }

    /// Has new CRLs issued at once: a revocation was committed. Any number of them while one is made is one more.
    func certificatesRevoked() {
        revocationSignal.continuation.yield()
    }

    // MARK: Outbox

    /// How far the outbox goes, and how far the auditor has it.
    struct OutboxPosition: Sendable, Equatable {
        var last: Int64
        var delivered: Int64

        var backlog: Int64 { last - delivered }
    }

    var outboxPosition: OutboxPosition { outbox.withLock { $0 } }

    /// Yields where the relay has something to do. For the relay alone.
    var outboxChanges: AsyncStream<Void> { outboxSignal.stream }

    /// Wakes the relay: an event was committed, or the auditor has come or gone.
    func outboxGrew() {
        outboxSignal.continuation.yield()
    }

    /// Ends ``outboxChanges``: no event follows.
    func closeOutbox() {
        outboxSignal.continuation.finish()
    }

    func refreshOutboxPosition() throws {
        let position = try ledger.read { db in
            OutboxPosition(
                last: try OutboxTable.lastSequence(db), delivered: try OutboxTable.deliveredSequence(db))
        }
        outbox.withLock { $0 = position }
    }

    /// Refusals may take up half of the outbox: a flood of them never stops issuance.
    func requireRoomForDenials() throws {
        guard outboxPosition.backlog < limits.outbox / 2 else {
            throw ServiceError(.auditBacklogFull, "The audit log can't take more refusals at the moment.")
        }
    }

    /// Counts a refusal that could not be recorded; ``takeLostDenials()`` declares them.
    func countLostDenial() {
        lostDenials.withLock { $0 += 1 }
    }

    /// The refusals that were not recorded since the last time, for an event that says so.
    func takeLostDenials() -> Int {
        lostDenials.withLock { count in
            defer { count = 0 }
            return count
        }
    }

    /// Fails closed where the auditor has been away for so long that the outbox is full.
    ///
    /// Revocations and what else operators do are never held up by this.
    func requireRoomInOutbox() throws {
        guard outboxPosition.backlog < limits.outbox else {
            throw ServiceError(
                .auditBacklogFull, "The audit log can't take more events at the moment.", retryAfter: 60)
        }
    }
}
