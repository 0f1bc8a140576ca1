internal import Hummingbird

/// `csrattrs`: what a certification request should contain (RFC 7030 §4.5). 204 says: nothing in particular.
struct CSRAttributesRoute: ESTRoute {
    static let operation = ESTOperation.csrAttributes

    func respond(to request: Request, context: ESTRequestContext) async throws -> Answer {
        Answer(.noContent)
    }
}
