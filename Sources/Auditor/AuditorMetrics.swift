internal import ClusterTransport
internal import CoreMetrics
package import Observability

/// The auditor's metrics.
package struct AuditorMetrics: Sendable {
    private let registry: MetricsRegistry
    private let received: Counter

    package init(registry: MetricsRegistry) {
        self.registry = registry
        received = Counter(label: "estuary_auditor_events_received_total", factory: registry)
        registry.describe(
            "estuary_auditor_events_received_total", "Events that were sent, those that were stored already too.")
        registry.describe("estuary_auditor_requests_refused_total", "Requests to store events that were refused.")
        registry.describe("estuary_auditor_log_events", "Events in the log.")
        registry.describe("estuary_auditor_requests_waiting", "Requests that wait to be stored.")
    }

    func countReceived(_ events: Int) {
        received.increment(by: events)
    }

    /// The codes are this program's own, so there are few.
    func countRefused(_ code: ServiceError.Code) {
        Counter(
            label: "estuary_auditor_requests_refused_total", dimensions: [("code", code.rawValue)], factory: registry
        ).increment()
    }

    /// Shows what the store holds whenever someone asks.
    func observe(_ store: EventStore) {
        let (size, waiting) = (
            Gauge(label: "estuary_auditor_log_events", factory: registry),
            Gauge(label: "estuary_auditor_requests_waiting", factory: registry)
        )
        registry.beforeRendering {
            size.record(store.logSize)
            waiting.record(store.waitingRequests)
        }
    }
}
