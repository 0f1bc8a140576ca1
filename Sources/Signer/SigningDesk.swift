internal import ClusterProtocol
internal import ClusterTransport
internal import FaultInjection
internal import Foundation
internal import PKI

/// What the signer does for frontends.
struct SigningDesk: SigningBackend {
    let core: SignerCore
    let pipeline: EnrollmentPipeline
    let registry: NodeRegistry
    let publisher: CataloguePublisher
    let revocationLists: RevocationListPublisher
    let statuses: CertificateStatusDesk

    func enroll(_ request: EnrollRequest) async throws -> EnrollReply {
        guard !core.isDraining else {
            throw ServiceError(.shuttingDown, "The signer is shutting down.", retryAfter: 5)
        }
        try Self.requireBounded(request)
        let context = try CallContext.required()
        return try await core.faults.around(.enrollmentCall) { try await pipeline.enroll(request, from: context) }
    }

    func renewUrgently(_ request: UrgentRenewalRequest) async throws -> EnrollReply {
        guard request.renewal.operation == .simpleReenroll else {
            throw ServiceError(.malformedRequest, "Only a renewal is urgent.")
        }
        return try await enroll(request.renewal)
    }

    /// What a frontend passes on beside the request itself has bounds that no honest one exceeds.
    static func requireBounded(_ request: EnrollRequest) throws {
        guard request.label.utf8.count <= 64, request.requestID.utf8.count <= 128,
            request.remoteAddress.utf8.count <= 64,
            request.clientChain.count <= ClientCertificate.maximumChainLength,
            request.clientChain.allSatisfy({ $0.count <= ClientCertificate.maximumCertificateBytes }),
            request.clientChain.reduce(0, { $0 + $1.count }) <= ClientCertificate.maximumChainBytes,
            request.secret.map({ $0.revealed.utf8.count <= 1024 }) ?? true,
            request.idempotencyKey.map({ $0.utf8.count <= 255 }) ?? true
        else {
            throw ServiceError(.malformedRequest, "The job has a part that is longer than any honest one.")
        }
    }

    func authenticate(_ request: AuthenticateRequest) async throws -> Done {
        try Self.requireBounded(
            EnrollRequest(
                operation: .simpleEnroll, label: request.label, certificationRequest: Data(), secret: request.secret,
                requestID: request.requestID, remoteAddress: request.remoteAddress))
        try await pipeline.authenticate(request, from: try CallContext.required())
        return Done()
    }

    func ping(_ request: PingRequest) async throws -> PingReply {
        registry.heard(try CallContext.required().peer.name, request.report, at: core.seconds())
        return PingReply(
            catalogueVersion: publisher.catalogue?.version ?? 0, revocationLists: revocationLists.numbers)
    }

    func catalogue(_ request: CatalogueRequest) async throws -> SignedCatalogue {
        guard let catalogue = publisher.catalogue else {
            throw ServiceError(.unreachable, "The signer is still starting.", retryAfter: 1)
        }
        return catalogue.signed
    }

    func nodeCertificate(_ request: NodeCertificateRequest) async throws -> NodeCertificateReply {
        let peer = try CallContext.required().peer
        guard let node = registry.node(peer.name) else {
            throw ServiceError(.notPermitted, "The node is not registered.")
        }
        guard registry.mayHaveCertificate(node.name, at: core.seconds()) else {
            throw ServiceError(.overloaded, "The node asks for its certificate too often.", retryAfter: 600)
        }
        return try await NodeCertificateIssuance(core: core, node: node).issue(request)
    }

    func revocationList(_ request: RevocationListRequest) async throws -> RevocationListPart {
        guard let list = revocationLists.list(of: request.authority) else {
            throw ServiceError(.notFound, "There is no such authority, or it has no CRL yet.")
        }
        return try list.part(number: request.number, offset: request.offset)
    }

    func certificateStatus(_ request: CertificateStatusRequest) async throws -> CertificateStatusReply {
        try await statuses.status(request)
    }
}
