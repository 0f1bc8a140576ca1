internal import ClusterProtocol
internal import CoreMetrics
internal import Observability

/// The signer's metrics.
struct SignerMetrics: Sendable {
    let registry: MetricsRegistry
    private let batchSize: Recorder
    private let commit: CoreMetrics.Timer
    private let lostDenials: Counter
    private let limited: [IssuanceLimits.Scope: Counter]
    private let relayFailures: Counter
    private let revocationListFailures: Counter

    init(registry: MetricsRegistry) {
        self.registry = registry
        for (name, help) in [
            ("estuary_signer_enrollments_total", "Enrollments by label and outcome."),
            ("estuary_signer_denials_total", "Refused enrollments by label and reason code."),
            ("estuary_signer_batch_operations", "Operations in one transaction of the ledger."),
            ("estuary_signer_commit_seconds", "Duration of the ledger's transactions."),
            ("estuary_signer_lost_denials_total", "Refusals whose event could not be recorded."),
            (
                "estuary_signer_limited_total",
                "Requests refused past a limit: of the identity, its repetitions, the label, or the node's quotas."
            ),
            (
                "estuary_signer_new_keys_total",
                "New keys for devices with a certificate, by node: the proof of the old key is the node's word."
            ),
            ("estuary_signer_relay_failures_total", "Attempts to hand events to the auditor that failed."),
            ("estuary_signer_auditor_up", "Whether the auditor can be reached."),
            ("estuary_signer_log_alarm", "Whether the audit log is not what was witnessed: nothing is acknowledged."),
            ("estuary_signer_witnessed_events", "The size of the audit log that was cosigned last."),
            ("estuary_signer_authority_end_seconds", "The end of each authority's certificate, in seconds since 1970."),
            ("estuary_signer_outbox_backlog", "Events that the auditor has not acknowledged."),
            ("estuary_signer_in_flight", "Enrollments that are being decided."),
            (
                "estuary_signer_crl_next_update_seconds",
                "The end of each authority's newest CRL, in seconds since 1970."
            ),
            ("estuary_signer_crl_entries", "Revoked certificates in each authority's newest CRL."),
            ("estuary_signer_crl_failures_total", "CRLs that could not be issued; each is tried again."),
        ] {
            registry.describe(name, help)
        }
        batchSize = Recorder(
            label: "estuary_signer_batch_operations", dimensions: [], aggregate: true, factory: registry)
        commit = CoreMetrics.Timer(label: "estuary_signer_commit_seconds", dimensions: [], factory: registry)
        relayFailures = Counter(label: "estuary_signer_relay_failures_total", dimensions: [], factory: registry)
        revocationListFailures = Counter(
            label: "estuary_signer_crl_failures_total", dimensions: [], factory: registry)
        limited = Dictionary(
            uniqueKeysWithValues: IssuanceLimits.Scope.allCases.map { scope in
                (
                    scope,
                    Counter(
                        label: "estuary_signer_limited_total", dimensions: [("limit", scope.rawValue)],
                        factory: registry)
                )
            })
        lostDenials = Counter(label: "estuary_signer_lost_denials_total", dimensions: [], factory: registry)
    }

    func issued(label: String) { enrollment(label, "issued") }
    func replayed(label: String) { enrollment(label, "replayed") }
    func pending(label: String) { enrollment(label, "pending") }

    private func enrollment(_ label: String, _ outcome: String) {
        Counter(
            label: "estuary_signer_enrollments_total", dimensions: [("label", label), ("outcome", outcome)],
            factory: registry
        ).increment()
    }

    func denied(label: String, code: String) {
        Counter(
            label: "estuary_signer_denials_total", dimensions: [("label", label), ("code", code)], factory: registry
        ).increment()
    }

    func limited(_ scope: IssuanceLimits.Scope) {
        limited[scope]?.increment()
    }

    /// Nodes are the operator's, and few.
    func newKey(node: String) {
        Counter(label: "estuary_signer_new_keys_total", dimensions: [("node", node)], factory: registry).increment()
    }

    func lostDenial() {
        lostDenials.increment()
    }

    func relayFailed() {
        relayFailures.increment()
    }

    func revocationListFailed() {
        revocationListFailures.increment()
    }

    /// Shows the newest CRLs, asked for before each rendering.
    func show(_ revocationLists: @escaping @Sendable () -> [String: IssuedRevocationList]) {
        registry.show {
            revocationLists().sorted { $0.key < $1.key }.flatMap { name, list in
                [
                    ("estuary_signer_crl_next_update_seconds", [("authority", name)], Int(list.nextUpdate)),
                    ("estuary_signer_crl_entries", [("authority", name)], list.entries),
                ]
            }
        }
    }

    /// Shows what others hold, asked for before each rendering.
    func show(
        authorities: @escaping @Sendable () -> [IssuingAuthority], inFlight: @escaping @Sendable () -> Int,
        backlog: @escaping @Sendable () -> Int64, auditorIsUp: @escaping @Sendable () -> Bool
    ) {
        registry.show {
            [
                ("estuary_signer_in_flight", [], inFlight()), ("estuary_signer_outbox_backlog", [], Int(backlog())),
                ("estuary_signer_auditor_up", [], auditorIsUp() ? 1 : 0),
            ]
                + authorities().map {
                    ("estuary_signer_authority_end_seconds", [("authority", $0.name)], Int($0.notAfter))
                }
        }
    }

    /// Shows what is known of the audit log, read before each rendering.
    func show(_ witness: LogWitness) {
        registry.show {
            guard let status = try? witness.status() else { return [] }
            return [
                ("estuary_signer_log_alarm", [], status.alarm == nil ? 0 : 1),
                ("estuary_signer_witnessed_events", [], Int(status.size)),
            ]
        }
    }

    func committed(operations: Int, in duration: Duration) {
        batchSize.record(operations)
        commit.recordNanoseconds(
            duration.components.seconds * 1_000_000_000 + duration.components.attoseconds / 1_000_000_000)
    }
}
