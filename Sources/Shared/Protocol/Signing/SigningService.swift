package import ClusterTransport
package import Distributed

/// What the signer does for frontends. The signer implements it; frontends call it through ``SigningService``.
///
/// Who calls is ``CallContext/current``. Every refusal is thrown as a ``ServiceError``.
package protocol SigningBackend: Sendable {
    func enroll(_ request: EnrollRequest) async throws -> EnrollReply
    func renewUrgently(_ request: UrgentRenewalRequest) async throws -> EnrollReply
    func authenticate(_ request: AuthenticateRequest) async throws -> Done
    func ping(_ request: PingRequest) async throws -> PingReply
    func catalogue(_ request: CatalogueRequest) async throws -> SignedCatalogue
    func nodeCertificate(_ request: NodeCertificateRequest) async throws -> NodeCertificateReply
    func revocationList(_ request: RevocationListRequest) async throws -> RevocationListPart
    func certificateStatus(_ request: CertificateStatusRequest) async throws -> CertificateStatusReply
}

extension SigningBackend {
    /// What is done is the same; the lane is the transport's.
    package func renewUrgently(_ request: UrgentRenewalRequest) async throws -> EnrollReply {
        try await enroll(request.renewal)
    }
}

/// The signer as frontends see it.
package distributed actor SigningService {
    package typealias ActorSystem = ZeroMQActorSystem

    private let backend: any SigningBackend

    package init(backend: any SigningBackend, actorSystem: ZeroMQActorSystem) {
        self.backend = backend
        self.actorSystem = actorSystem
    }

    package distributed func enroll(_ request: EnrollRequest) async throws -> EnrollReply {
        try await backend.enroll(request)
    }

    package distributed func renewUrgently(_ request: UrgentRenewalRequest) async throws -> EnrollReply {
        try await backend.renewUrgently(request)
    }

    package distributed func authenticate(_ request: AuthenticateRequest) async throws -> Done {
        try await backend.authenticate(request)
    }

    package distributed func ping(_ request: PingRequest) async throws -> PingReply {
        try await backend.ping(request)
    }

    package distributed func catalogue(_ request: CatalogueRequest) async throws -> SignedCatalogue {
        try await backend.catalogue(request)
    }

    package distributed func nodeCertificate(_ request: NodeCertificateRequest) async throws -> NodeCertificateReply {
        try await backend.nodeCertificate(request)
    }

    package distributed func revocationList(_ request: RevocationListRequest) async throws -> RevocationListPart {
        try await backend.revocationList(request)
    }

    package distributed func certificateStatus(
        _ request: CertificateStatusRequest
    ) async throws -> CertificateStatusReply {
        try await backend.certificateStatus(request)
    }
}
