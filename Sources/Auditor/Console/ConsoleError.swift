internal import ClusterProtocol
internal import ClusterTransport
internal import Hummingbird

/// Why a request of the console is refused, as its answer says it.
struct ConsoleError: Error {
    var status: HTTPResponse.Status
    var code: String
    var message: String
    /// In seconds.
    var retryAfter: Int?

    init(_ status: HTTPResponse.Status, _ code: String, _ message: String, retryAfter: Int? = nil) {
        self.status = status
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
    }

    static let signInNeeded = ConsoleError(.unauthorized, "sign-in-needed", "Sign in first.")
    static let notFound = ConsoleError(.notFound, "not-found", "There is nothing here.")

    static func invalid(_ message: String) -> ConsoleError {
        ConsoleError(.badRequest, "invalid-argument", message)
    }

    static func busy(_ what: String) -> ConsoleError {
        ConsoleError(.serviceUnavailable, "busy", "Too many \(what) are running.", retryAfter: 1)
    }

    /// - Returns: nil for what nobody expects.
    init?(_ error: any Error) {
        switch error {
        case let error as ConsoleError: self = error
        case let error as ServiceError where error.code == .invalidArgument: self = .invalid(error.message)
        case let error as ServiceError where error.code == .overloaded:
            self.init(.serviceUnavailable, "overloaded", error.message, retryAfter: 5)
        case let error as any HTTPResponseError:
            let codes: [Int: String] = [
                400: "invalid-argument", 404: "not-found", 405: "not-allowed", 413: "too-large",
            ]
            self.init(
                error.status, codes[error.status.code] ?? "failed",
                error.status == .notFound ? Self.notFound.message : error.status.reasonPhrase)
        default: return nil
        }
    }

    var response: Response {
        var response = ConsoleAnswer.json(["error": ["code": code, "message": message]], status: status)
        if let retryAfter { response.headers[.retryAfter] = String(retryAfter) }
        return response
    }
}
