/// `fullcmc` (RFC 7030 §4.3), which is not served yet.
struct FullCMCRoute: ESTRoute {
    static let operation = ESTOperation.fullCMC

    func respond(to request: ReceivedRequest, context: ESTRequestContext) async throws -> Answer {
        throw ErrorResponse.notImplemented
    }
}
