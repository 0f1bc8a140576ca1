internal import Hummingbird
internal import Logging

/// What a route knows beside the request's head and body.
struct ESTRequestContext: RequestContext {
    struct Source: RequestContextSource {
        var logger: Logger
        var label: ServedLabel
        var connection: ClientConnection
        var requestID: String
    }

    var coreContext: CoreRequestContextStorage
    let label: ServedLabel
    let connection: ClientConnection
    /// For logs and events.
    let requestID: String

    init(source: Source) {
        coreContext = CoreRequestContextStorage(source: source)
        label = source.label
        connection = source.connection
        requestID = source.requestID
    }
}

/// One operation of EST: a file each.
protocol ESTRoute: Sendable {
    static var operation: ESTOperation { get }

    func respond(to request: Request, context: ESTRequestContext) async throws -> Answer
}

extension ESTRoute {
    /// Adds the operation's path. The label is in the context: ``ESTPath`` has read it.
    func register(on router: Router<ESTRequestContext>) {
        let path = RouterPath(ESTPath.prefix + Self.operation.rawValue)
        router.on(path, method: Self.operation.method) { request, context in
            try await respond(to: request, context: context)
        }
    }
}
