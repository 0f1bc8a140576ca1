internal import ClusterProtocol
internal import Foundation

/// Enrollments as a frontend passes them on to the signer.
struct SigningLoad: Sendable {
    let service: SigningService
    let secret: Secret
    /// The label that `estuary-signer init` makes.
    static let label = "default"

    /// Makes a secret with uses enough for any run.
    static func secret(from administration: AdministrationService) async throws -> Secret {
        let reply = try await administration.createSecrets(
            CreateSecretsRequest(label: label, items: [.init(names: nil)], uses: 10_000_000, lifetime: 366 * 86400))
        guard let secret = reply.secrets.first?.secret else { throw BenchFailure("The signer made no secret.") }
        return secret
    }

    /// A first enrollment, by secret; the certificate.
    ///
    /// - Throws: ``BenchFailure`` where nothing was issued, or what was issued before.
    func enroll(_ request: PreparedRequest, identifier: String) async throws -> Data {
        try await issued(
            EnrollRequest(
                operation: .simpleEnroll, label: Self.label, certificationRequest: request.certificationRequest,
                secret: secret, requestID: identifier, remoteAddress: "127.0.0.1"))
    }

    /// A re-enrollment by a certificate; the new one.
    ///
    /// - Throws: as ``enroll(_:identifier:)``.
    @discardableResult
    func reenroll(_ request: PreparedRequest, certificate: Data, identifier: String) async throws -> Data {
        try await issued(
            EnrollRequest(
                operation: .simpleReenroll, label: Self.label, certificationRequest: request.certificationRequest,
                clientChain: [certificate], requestID: identifier, remoteAddress: "127.0.0.1"))
    }

    private func issued(_ request: EnrollRequest) async throws -> Data {
        let reply = try await service.enroll(request)
        guard case .issued(let certificate, replayed: false) = reply else {
            throw BenchFailure("\(request.requestID) was not issued a new certificate.")
        }
        return certificate
    }
}
