internal import CoreMetrics
internal import Observability

/// The signer's metrics.
struct SignerMetrics: Sendable {
    let registry: MetricsRegistry
    private let batchSize: Recorder
    private let commit: CoreMetrics.Timer
    private let lostDenials: Counter

    init(registry: MetricsRegistry) {
        self.registry = registry
        for (name, help) in [
            ("estuary_signer_enrollments_total", "Enrollments by label and outcome."),
            ("estuary_signer_denials_total", "Refused enrollments by label and reason code."),
            ("estuary_signer_batch_operations", "Operations in one transaction of the ledger."),
            ("estuary_signer_commit_seconds", "Duration of the ledger's transactions."),
            ("estuary_signer_lost_denials_total", "Refusals whose event could not be recorded."),
            ("estuary_signer_outbox_backlog", "Events that the auditor has not acknowledged."),
            ("estuary_signer_in_flight", "Enrollments that are being decided."),
        ] {
            registry.describe(name, help)
        }
        batchSize = Recorder(
            label: "estuary_signer_batch_operations", dimensions: [], aggregate: true, factory: registry)
        commit = CoreMetrics.Timer(label: "estuary_signer_commit_seconds", dimensions: [], factory: registry)
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

    func lostDenial() {
        lostDenials.increment()
    }

    func committed(operations: Int, in duration: Duration) {
        batchSize.record(operations)
        commit.recordNanoseconds(
            duration.components.seconds * 1_000_000_000 + duration.components.attoseconds / 1_000_000_000)
    }

    func setBacklog(_ count: Int64) {
        Gauge(label: "estuary_signer_outbox_backlog", dimensions: [], factory: registry).record(count)
    }

    func setInFlight(_ count: Int) {
        Gauge(label: "estuary_signer_in_flight", dimensions: [], factory: registry).record(count)
    }
}
