package import ClusterProtocol
internal import ClusterTransport
package import Crypto

/// A signer as this frontend reaches it. Tests put one in memory here, `buildFrontend` one at the end of a connection.
package struct SignerPort: Sendable {
    /// For logs and metrics: the endpoint.
    package var name: String
    package var backend: any SigningBackend
    /// Whether a call can be made now; false fails requests at once.
    package var isUp: @Sendable () -> Bool
    /// What the signer signs its catalogue with.
    package var catalogueKey: Curve25519.Signing.PublicKey

    package init(
        name: String, backend: any SigningBackend, isUp: @escaping @Sendable () -> Bool,
        catalogueKey: Curve25519.Signing.PublicKey
    ) {
        self.name = name
        self.backend = backend
        self.isUp = isUp
        self.catalogueKey = catalogueKey
    }
}

/// The signer's service at the other end of a connection.
struct RemoteSigner: SigningBackend {
    let service: SigningService

    func enroll(_ request: EnrollRequest) async throws -> EnrollReply { try await service.enroll(request) }
    func renewUrgently(_ request: UrgentRenewalRequest) async throws -> EnrollReply {
        try await service.renewUrgently(request)
    }
    func authenticate(_ request: AuthenticateRequest) async throws -> Done { try await service.authenticate(request) }
    func ping(_ request: PingRequest) async throws -> PingReply { try await service.ping(request) }
    func catalogue(_ request: CatalogueRequest) async throws -> SignedCatalogue {
        try await service.catalogue(request)
    }
    func nodeCertificate(_ request: NodeCertificateRequest) async throws -> NodeCertificateReply {
        try await service.nodeCertificate(request)
    }
    func revocationList(_ request: RevocationListRequest) async throws -> RevocationListPart {
        try await service.revocationList(request)
    }
    func certificateStatus(_ request: CertificateStatusRequest) async throws -> CertificateStatusReply {
        try await service.certificateStatus(request)
    }
}
