internal import ClusterProtocol

/// `serverkeygen`: a certificate with a key that the signer makes (RFC 7030 §4.4). On a label where that is off there is
/// no such path.
struct ServerKeyGenerationRoute: ESTRoute {
    static let operation = ESTOperation.serverKeyGeneration
    let desk: EnrollmentDesk

    func respond(to request: ReceivedRequest, context: ESTRequestContext) async throws -> Answer {
        try await desk.respond(to: request, context: context, operation: .serverKeyGeneration)
    }
}
