internal import ClusterProtocol

/// `simplereenroll`: a new certificate for the holder of one with the same names (RFC 7030 §4.2.2).
struct SimpleReenrollRoute: ESTRoute {
    static let operation = ESTOperation.simpleReenroll
    let desk: EnrollmentDesk

    func respond(to request: ReceivedRequest, context: ESTRequestContext) async throws -> Answer {
        try await desk.respond(to: request, context: context, operation: .simpleReenroll)
    }
}
