internal import HTTPTypes
internal import Hummingbird
internal import Logging

/// The headers of every answer: nothing may run, be framed or be guessed that this page does not bring.
struct StrictHeaders: RouterMiddleware {
    typealias Context = ConsoleContext

    static let contentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
        + " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

    let isTLS: Bool

    func handle(
        _ request: Request, context: ConsoleContext, next: (Request, ConsoleContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        response.headers[.contentSecurityPolicy] = Self.contentSecurityPolicy
        response.headers[.xContentTypeOptions] = "nosniff"
        response.headers[Self.referrerPolicy] = "no-referrer"
        response.headers[Self.resourcePolicy] = "same-origin"
        response.headers[Self.openerPolicy] = "same-origin"
        if isTLS { response.headers[.strictTransportSecurity] = "max-age=31536000" }
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        return response
    }

    private static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
    private static let resourcePolicy = HTTPField.Name("Cross-Origin-Resource-Policy")!
    private static let openerPolicy = HTTPField.Name("Cross-Origin-Opener-Policy")!
}

/// Makes an answer of every error, and tells the operator of those that nobody expects.
struct ErrorAnswers: RouterMiddleware {
    typealias Context = ConsoleContext

    let logger: Logger

    func handle(
        _ request: Request, context: ConsoleContext, next: (Request, ConsoleContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            if let refusal = ConsoleError(error) { return refusal.response }
            logger.error(
                "console request failed",
                metadata: ["console.path": "\(request.uri.path.prefix(200))", "error": "\(error)"])
            return ConsoleError(.internalServerError, "failed", "The auditor's log tells why.").response
        }
    }
}

/// Takes requests only that name this console as their host, so that no page of another site that has its name point here
/// (DNS rebinding) reads the log; and changes only from the console's own page.
struct HostCheck: RouterMiddleware {
    typealias Context = ConsoleContext

    /// In lower case, without port; nil where any will do, as operators have to sign in.
    let allowed: Set<String>?

    func handle(
        _ request: Request, context: ConsoleContext, next: (Request, ConsoleContext) async throws -> Response
    ) async throws -> Response {
        if let allowed, !allowed.contains(Self.host(of: request.head.authority ?? "")) {
            throw ConsoleError(
                .misdirectedRequest, "unknown-host",
                "This console is not known by that name. Add it to console.hosts in the auditor's configuration.")
        }
        if request.method != .get, request.method != .head, let origin = request.headers[.origin],
            let authority = request.head.authority, !["http://" + authority, "https://" + authority].contains(origin)
        {
            throw ConsoleError(.forbidden, "other-origin", "Another site's page may not do this.")
        }
        return try await next(request, context)
    }

    /// The host of a request's authority without its port.
    static func host(of authority: String) -> String {
        let text = authority.lowercased()
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") { return String(text[...end]) }
        return String(text.prefix { $0 != ":" })
    }
}
