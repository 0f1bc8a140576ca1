internal import HTTPTypes
internal import NIOCore

/// What stands behind a connection's gate: decides on heads, answers whole requests.
protocol RequestResponder: Sendable {
    /// Whether the server is shutting down, so that connections end with the answer that is being made.
    var isDraining: Bool { get }

    /// What to do with a request, as far as its head tells, and who is at the other end; nil on plain HTTP.
    func plan(for head: HTTPRequest, connection: ClientConnection?) -> RequestPlan

    /// Answers a request whose plan has a route. Never fails: an error is an answer too.
    func respond(to request: ReceivedRequest) async -> Answer

    /// An answer has been sent; `duration` is nil where there was no request that could be read.
    func completed(_ route: Route?, status: Int, duration: Duration?)
}

/// What a request's head decided.
struct RequestPlan: Sendable {
    /// Where the path leads, where it leads anywhere.
    var route: Route?
    /// Why the request is refused whatever its body is.
    var refusal: ErrorResponse?
    /// The longest body that is used, in bytes, where that is less than for others.
    var maximumBodyBytes: Int?
    /// Held until the request is answered or given up, so that a shutdown can wait for it.
    var inFlight: DrainState.Token?
}

/// A request that is there as a whole.
struct ReceivedRequest: Sendable {
    var head: HTTPRequest
    var body: ByteBuffer
    var route: Route?
    /// nil on plain HTTP, where nobody can be enrolled.
    var connection: ClientConnection?
}

/// How long a connection may take for what; each starts when the one before is done.
struct ConnectionTimeouts: Sendable, Equatable {
    /// From the connection to the end of the TLS handshake.
    var handshake = TimeAmount.seconds(10)
    /// From the handshake or an answer to the first byte of a request.
    var idle = TimeAmount.seconds(15)
    /// From the first byte of a head to its end.
    var head = TimeAmount.seconds(10)
    /// From the end of the head to the end of the body; also how long a refused body is drained.
    var body = TimeAmount.seconds(15)
}
