internal import ClusterTransport
internal import CoreMetrics

/// The auditor's counters.
enum AuditorMetrics {
    static func stored(_ count: Int) {
        Counter(label: "estuary_auditor_events_received_total").increment(by: count)
    }

    static func refused(_ code: ServiceError.Code) {
        Counter(label: "estuary_auditor_requests_refused_total", dimensions: [("code", code.rawValue)]).increment()
    }

    static func logSize(_ size: Int64) {
        Gauge(label: "estuary_auditor_log_events").record(size)
    }
}
