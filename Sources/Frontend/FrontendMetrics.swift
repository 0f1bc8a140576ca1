internal import ClusterProtocol
internal import CoreMetrics
internal import Observability
internal import Synchronization

/// The frontend's metrics. Label values are routes, labels of the catalogue and codes, never what a client sent.
final class FrontendMetrics: Sendable {
    private struct RequestKey: Hashable {
        var route: ESTOperation?
        var label: String
        var status: Int
    }

    private let registry: MetricsRegistry
    private let requests = Mutex<[RequestKey: Counter]>([:])
    private let durations: [ESTOperation: CoreMetrics.Timer]
    private let handshakesCompleted: Counter
    private let handshakesFailed: Counter
    private let failures: [Bool: Counter]
    private let sheds: [AdmissionState.Limit: Counter]

    init(registry: MetricsRegistry) {
        self.registry = registry
        durations = Dictionary(
            uniqueKeysWithValues: ESTOperation.allCases.map { operation in
                let dimensions = [("route", operation.rawValue)]
                return (
                    operation,
                    CoreMetrics.Timer(
                        label: "estuary_frontend_request_duration_seconds", dimensions: dimensions, factory: registry)
                )
            })
        handshakesCompleted = Counter(
            label: "estuary_frontend_handshakes_total", dimensions: [("result", "completed")], factory: registry)
        handshakesFailed = Counter(
            label: "estuary_frontend_handshakes_total", dimensions: [("result", "failed")], factory: registry)
        failures = Dictionary(
            uniqueKeysWithValues: [true, false].map { isLimited in
                let dimensions = [("answer", isLimited ? "too-many" : "own")]
                return (
                    isLimited,
                    Counter(
                        label: "estuary_frontend_authentication_failures_total", dimensions: dimensions,
                        factory: registry)
                )
            })
        sheds = Dictionary(
            uniqueKeysWithValues: [AdmissionState.Limit.pool, .label, .patience].map { limit in
                (
                    limit,
                    Counter(
                        label: "estuary_frontend_sheds_total", dimensions: [("limit", limit.rawValue)],
                        factory: registry)
                )
            })
        registry.describe("estuary_frontend_requests_total", "Answers by route, label and status.")
        registry.describe(
            "estuary_frontend_request_duration_seconds", "From the end of the request's head to its answer.")
        registry.describe("estuary_frontend_handshakes_total", "TLS handshakes by result.")
        registry.describe(
            "estuary_frontend_authentication_failures_total",
            "Credentials that were not good: answered with their own status, or with 429 past the address's limit.")
        registry.describe("estuary_frontend_sheds_total", "Enrollments that found no place, by the bound they met.")
    }

    func answered(_ route: Route?, status: Int, duration: Duration?) {
        let key = RequestKey(
            route: route?.operation, label: route?.label.description.name ?? "", status: status)
        requests.withLock { requests in
            if let counter = requests[key] { return counter }
            let counter = Counter(
                label: "estuary_frontend_requests_total",
                dimensions: [
                    ("route", key.route?.rawValue ?? "none"), ("label", key.label), ("status", "\(status)"),
                ], factory: registry)
            requests[key] = counter
            return counter
        }.increment()
        if let operation = route?.operation, let duration {
            let (seconds, attoseconds) = duration.components
            durations[operation]?.recordNanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
        }
    }

    func handshakeEnded(completed: Bool) {
        (completed ? handshakesCompleted : handshakesFailed).increment()
    }

    func authenticationFailed(isLimited: Bool) {
        failures[isLimited]?.increment()
    }

    func shed(_ limit: AdmissionState.Limit) {
        sheds[limit]?.increment()
    }

    /// Shows at each rendering what others hold.
    func show(
        pool: EnrollmentPool, connections: AcceptanceLimit, recorder: EventRecorder, identity: CurrentIdentity,
        signers: [SignerLink], directory: CatalogueDirectory
    ) {
        let registry = registry
        func gauge(_ name: String, _ help: String, _ dimensions: [(String, String)] = []) -> Gauge {
            registry.describe("estuary_frontend_\(name)", help)
            return Gauge(label: "estuary_frontend_\(name)", dimensions: dimensions, factory: registry)
        }
        let running = gauge("enrollments_running", "Enrollments that have a place in the pool.")
        let waiting = gauge("enrollments_waiting", "Enrollments that wait for a place.")
        let open = gauge("connections", "Open connections.")
        let handshaking = gauge("connections_in_handshake", "Connections in their TLS handshake.")
        let backlog = gauge("events_backlog", "Audit events that the auditor has not acknowledged.")
        let dropped = gauge("events_dropped", "Audit events dropped since the start.")
        let notAfter = gauge("certificate_not_after_seconds", "The end of the node's TLS certificate.")
        let perSigner = signers.map { signer in
            (
                signer,
                gauge("signer_up", "Whether the signer answers.", [("signer", signer.port.name)]),
                gauge("catalogue_version", "The catalogue in force.", [("signer", signer.port.name)])
            )
        }
        registry.beforeRendering {
            running.record(pool.counts.running)
            waiting.record(pool.counts.waiting)
            open.record(connections.counts.connections)
            handshaking.record(connections.counts.handshakes)
            backlog.record(recorder.counts.backlog)
            dropped.record(recorder.counts.dropped)
            notAfter.record(identity.notAfter ?? 0)
            for (signer, up, version) in perSigner {
                up.record(signer.isUp ? 1 : 0)
                version.record(directory.version(of: signer.index))
            }
        }
    }
}
