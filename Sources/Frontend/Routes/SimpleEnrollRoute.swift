internal import ClusterProtocol

/// `simpleenroll`: a certificate for whoever proves by secret or certificate to be entitled (RFC 7030 §4.2.1).
struct SimpleEnrollRoute: ESTRoute {
    static let operation = ESTOperation.simpleEnroll
    let desk: EnrollmentDesk

    func respond(to request: ReceivedRequest, context: ESTRequestContext) async throws -> Answer {
        try await desk.respond(to: request, context: context, operation: .simpleEnroll)
    }
}
