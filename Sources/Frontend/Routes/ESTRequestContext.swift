/// What a route knows beside the request's head and body.
struct ESTRequestContext: Sendable {
    let label: ServedLabel
    let connection: ClientConnection
    /// For logs and events.
    let requestID: String
}

/// One operation of EST: a file each.
protocol ESTRoute: Sendable {
    static var operation: ESTOperation { get }

    func respond(to request: ReceivedRequest, context: ESTRequestContext) async throws -> Answer
}
