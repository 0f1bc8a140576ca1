internal import ClusterProtocol
internal import ClusterTransport
internal import HTTPTypes
internal import Logging
internal import Synchronization

/// What there is over TLS: judges heads, and has the operation's route answer what passes. What is none of EST it leaves
/// to ``RevocationResponder``.
final class ESTResponder: RequestResponder {
    private let routes: [ESTOperation: any ESTRoute]
    private let desk: EnrollmentDesk
    private let revocation: RevocationResponder
    private let directory: CatalogueDirectory
    private let drain: DrainState
    private let metrics: FrontendMetrics
    private let requestIDs: RequestIDs
    private let logger: Logger

    init(
        desk: EnrollmentDesk, revocation: RevocationResponder, directory: CatalogueDirectory, drain: DrainState,
        metrics: FrontendMetrics,
        run: String, logger: Logger
    ) {
        let routes: [any ESTRoute] = [
            CACertificatesRoute(), CSRAttributesRoute(), SimpleEnrollRoute(desk: desk),
            SimpleReenrollRoute(desk: desk), ServerKeyGenerationRoute(desk: desk), FullCMCRoute(),
        ]
        self.routes = Dictionary(uniqueKeysWithValues: routes.map { (type(of: $0).operation, $0) })
        self.desk = desk
        self.revocation = revocation
        self.directory = directory
        self.drain = drain
        self.metrics = metrics
        self.logger = logger
        requestIDs = RequestIDs(run: run)
    }

    var isDraining: Bool { drain.isDraining }

    /// 404, 405 and 415, in this order, and 503 for what would be served at another time.
    func plan(for head: HTTPRequest, connection: ClientConnection?) -> RequestPlan {
        guard !directory.isEmpty else {
            return RequestPlan(refusal: drain.isDraining ? .shuttingDown : .notReady)
        }
        guard let path = head.path.flatMap({ ESTPath($0) }) else {
            return revocation.plan(for: head, connection: connection)
        }
        guard let label = directory.label(path.label) else {
            return RequestPlan(refusal: .notFound)
        }
        guard path.operation.isServed(on: label) else {
            return RequestPlan(refusal: .notFound)
        }
        let route = Route.est(path.operation, label)
        guard head.method == path.operation.method else {
            return RequestPlan(route: route, refusal: .methodNotAllowed(allow: path.operation.method.rawValue))
        }
        guard !drain.isDraining else {
            return RequestPlan(route: route, refusal: .shuttingDown)
        }
        if let expected = path.operation.mediaType, head.headerFields.mediaType != expected {
            return RequestPlan(route: route, refusal: .unsupportedMediaType(expected: expected))
        }
        if let operation = path.operation.enrollment, let connection,
            let refusal = desk.refusal(label: label.description, operation: operation, connection: connection)
        {
            return RequestPlan(route: route, refusal: refusal)
        }
        return RequestPlan(route: route, inFlight: drain.request())
    }

    func respond(to request: ReceivedRequest) async -> Answer {
        guard case .est(let operation, let label) = request.route, let connection = request.connection,
            let route = routes[operation]
        else {
            return await revocation.respond(to: request)
        }
        let requestID = requestIDs.next()
        do {
            return try await route.respond(
                to: request, context: ESTRequestContext(label: label, connection: connection, requestID: requestID))
        } catch var refusal as ErrorResponse {
            if refusal.status == .internalServerError {
                refusal.requestID = requestID
            }
            return refusal.answer
        } catch {
            if !(error is CancellationError) {
                logger.error(
                    "Request failed unexpectedly",
                    metadata: [
                        "request.id": "\(requestID)", "est.operation": "\(operation.rawValue)",
                        "est.label": "\(label.description.name)", "error": "\(error)",
                    ])
            }
            var refusal = ErrorResponse(error)
            refusal.requestID = requestID
            return refusal.answer
        }
    }

    func completed(_ route: Route?, status: Int, duration: Duration?) {
        metrics.answered(route, status: status, duration: duration)
    }
}

/// Identifiers of requests: unlike those of other runs and nodes, and cheap.
final class RequestIDs: Sendable {
    private let prefix: String
    private let count = Atomic<UInt64>(0)

    init(run: String) {
        prefix = String(run.prefix(12))
    }

    func next() -> String {
        "\(prefix)-\(count.wrappingAdd(1, ordering: .relaxed).newValue)"
    }
}
