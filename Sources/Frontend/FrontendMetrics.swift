internal import ClusterProtocol
internal import CoreMetrics
internal import Observability
internal import Synchronization

/// The frontend's metrics. Label values are routes, labels of the catalogue and codes, never what a client sent.
final class FrontendMetrics: Sendable {
    private struct RequestKey: Hashable {
        var route: String
        var label: String
        var status: Int
    }

    private let registry: MetricsRegistry
    private let requests = Mutex<[RequestKey: Counter]>([:])
    /// By the route's name.
    private let durations: [String: CoreMetrics.Timer]
    private let handshakesCompleted: Counter
    private let handshakesFailed: Counter
    private let failures: [Bool: Counter]
    private let sheds: [AdmissionState.Limit: Counter]
    private let statuses: [StatusWay: Counter]
    private let evictions: Counter
    private let proxyHeaders: [ProxyOutcome: Counter]

    /// How an answer about a certificate's status came about.
    enum StatusWay: String, CaseIterable {
        /// It was kept from an earlier question.
        case kept
        /// The signer was asked.
        case asked
        /// The signer was being asked the same already.
        case joined
        /// The signer was being asked too much already.
        case shed
    }

    init(registry: MetricsRegistry) {
        self.registry = registry
        durations = Dictionary(
            uniqueKeysWithValues: Route.allNames.map { name in
                (
                    name,
                    CoreMetrics.Timer(
                        label: "estuary_frontend_request_duration_seconds", dimensions: [("route", name)],
                        factory: registry)
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
        statuses = Dictionary(
            uniqueKeysWithValues: StatusWay.allCases.map { way in
                (
                    way,
                    Counter(
                        label: "estuary_frontend_certificate_status_total", dimensions: [("way", way.rawValue)],
                        factory: registry)
                )
            })
        evictions = Counter(
            label: "estuary_frontend_connections_evicted_total", dimensions: [], factory: registry)
        proxyHeaders = Dictionary(
            uniqueKeysWithValues: ProxyOutcome.allCases.map { outcome in
                (
                    outcome,
                    Counter(
                        label: "estuary_frontend_proxy_headers_total", dimensions: [("result", outcome.rawValue)],
                        factory: registry)
                )
            })
        registry.describe(
            "estuary_frontend_connections_evicted_total",
            "Connections that got nothing done and were closed for others, as there were as many as there may be.")
        registry.describe(
            "estuary_frontend_proxy_headers_total",
            "Beginnings of connections where the PROXY protocol is switched on, by result.")
        registry.describe(
            "estuary_frontend_certificate_status_total", "Questions about a certificate by OCSP, by how they went.")
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
        let key = RequestKey(route: route?.name ?? "none", label: route?.label ?? "", status: status)
        requests.withLock { requests in
            if let counter = requests[key] { return counter }
            let counter = Counter(
                label: "estuary_frontend_requests_total",
                dimensions: [("route", key.route), ("label", key.label), ("status", "\(status)")], factory: registry)
            requests[key] = counter
            return counter
        }.increment()
        if let route, let duration {
            let (seconds, attoseconds) = duration.components
            durations[route.name]?.recordNanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
        }
    }

    func connectionEvicted() {
        evictions.increment()
    }

    func proxyHeader(_ outcome: ProxyOutcome) {
        proxyHeaders[outcome]?.increment()
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

    func status(_ way: StatusWay) {
        statuses[way]?.increment()
    }

    /// Shows what is held about revocation.
    func show(lists: RevocationLists, statuses: CertificateStatuses) {
        registry.describe("estuary_frontend_crl_number", "The number of the CRL that is served.")
        registry.describe("estuary_frontend_crl_next_update_seconds", "The end of the CRL that is served.")
        registry.describe("estuary_frontend_ocsp_answers", "OCSP responses that are kept.")
        registry.describe("estuary_frontend_ocsp_calls", "Questions about a certificate that the signer has.")
        registry.show {
            let counts = statuses.counts
            return [
                ("estuary_frontend_ocsp_answers", [], counts.kept), ("estuary_frontend_ocsp_calls", [], counts.calls),
            ]
                + lists.all.flatMap { authority, list in
                    [
                        ("estuary_frontend_crl_number", [("authority", authority.name)], Int(list.number)),
                        (
                            "estuary_frontend_crl_next_update_seconds", [("authority", authority.name)],
                            Int(list.nextUpdate)
                        ),
                    ]
                }
        }
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
        let busy = gauge("connections_busy", "Connections whose request is being answered.")
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
            busy.record(connections.counts.busy)
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
