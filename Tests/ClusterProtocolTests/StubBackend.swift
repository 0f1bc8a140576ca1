internal import ClusterProtocol
internal import ClusterTransport

/// A backend that every call reaches and none gets past.
struct StubBackend: Sendable {
    static let reached = ServiceError(.init(rawValue: "reached"), "The backend was reached.")
}

extension StubBackend: SigningBackend {
    func enroll(_ request: EnrollRequest) async throws -> EnrollReply { throw Self.reached }
    func authenticate(_ request: AuthenticateRequest) async throws -> Done { throw Self.reached }
    func ping(_ request: PingRequest) async throws -> PingReply { throw Self.reached }
    func catalogue(_ request: CatalogueRequest) async throws -> SignedCatalogue { throw Self.reached }
    func nodeCertificate(_ request: NodeCertificateRequest) async throws -> NodeCertificateReply {
        throw Self.reached
    }
    func revocationList(_ request: RevocationListRequest) async throws -> RevocationListPart { throw Self.reached }
    func certificateStatus(_ request: CertificateStatusRequest) async throws -> CertificateStatusReply {
        throw Self.reached
    }
}

extension StubBackend: JoiningBackend {
    func join(_ request: JoinRequest) async throws -> NodeDescription { throw Self.reached }
}

extension StubBackend: AuditBackend {
    func append(_ request: AppendEventsRequest) async throws -> AppendEventsReply { throw Self.reached }
    func position(_ request: EventPositionRequest) async throws -> AppendEventsReply { throw Self.reached }
    func updateNodes(_ request: UpdateNodesRequest) async throws -> Done { throw Self.reached }
    func witness(_ request: WitnessReport) async throws -> Done { throw Self.reached }
    func events(_ request: StoredEventsRequest) async throws -> StoredEventsReply { throw Self.reached }
}

extension StubBackend: AuditAdministrationBackend {
    func events(_ request: ListEventsRequest) async throws -> ListEventsReply { throw Self.reached }
    func status(_ request: AuditorStatusRequest) async throws -> AuditorStatus { throw Self.reached }
    func prune(_ request: PruneEventsRequest) async throws -> PruneEventsReply { throw Self.reached }
}

extension StubBackend: AdministrationBackend {
    func createSecrets(_ request: CreateSecretsRequest) async throws -> CreateSecretsReply { throw Self.reached }
    func listSecrets(_ request: ListSecretsRequest) async throws -> Page<SecretDescription> { throw Self.reached }
    func revokeSecret(_ request: RevokeSecretRequest) async throws -> SecretDescription { throw Self.reached }
    func reissueSecret(_ request: ReissueSecretRequest) async throws -> CreatedSecret { throw Self.reached }
    func listCertificates(
        _ request: ListCertificatesRequest
    ) async throws -> Page<CertificateDescription> { throw Self.reached }
    func showCertificate(_ request: ShowCertificateRequest) async throws -> CertificateDescription {
        throw Self.reached
    }
    func revokeCertificate(_ request: RevokeCertificateRequest) async throws -> RevokeCertificateReply {
        throw Self.reached
    }
    func revokeNodeCertificates(
        _ request: RevokeNodeCertificatesRequest
    ) async throws -> RevokeNodeCertificatesReply { throw Self.reached }
    func releaseName(_ request: ReleaseNameRequest) async throws -> ReleaseNameReply { throw Self.reached }
    func listDevices(_ request: ListDevicesRequest) async throws -> Page<DeviceDescription> { throw Self.reached }
    func listApprovals(_ request: ListApprovalsRequest) async throws -> Page<ApprovalDescription> {
        throw Self.reached
    }
    func decideApproval(_ request: DecideApprovalRequest) async throws -> ApprovalDescription { throw Self.reached }
    func addKeyEncryptionKey(_ request: AddKeyEncryptionKeyRequest) async throws -> AddedKeyEncryptionKey {
        throw Self.reached
    }
    func listKeyEncryptionKeys(
        _ request: ListKeyEncryptionKeysRequest
    ) async throws -> Page<KeyEncryptionKeyDescription> { throw Self.reached }
    func removeKeyEncryptionKey(
        _ request: RemoveKeyEncryptionKeyRequest
    ) async throws -> KeyEncryptionKeyDescription { throw Self.reached }
    func addNode(_ request: AddNodeRequest) async throws -> NodeDescription { throw Self.reached }
    func listNodes(_ request: ListNodesRequest) async throws -> Page<NodeDescription> { throw Self.reached }
    func removeNode(_ request: RemoveNodeRequest) async throws -> NodeDescription { throw Self.reached }
    func removeSilentNodes(_ request: RemoveSilentNodesRequest) async throws -> RemoveSilentNodesReply {
        throw Self.reached
    }
    func createInvitation(_ request: CreateInvitationRequest) async throws -> InvitationDescription {
        throw Self.reached
    }
    func listInvitations(_ request: ListInvitationsRequest) async throws -> Page<InvitationDescription> {
        throw Self.reached
    }
    func revokeInvitation(_ request: RevokeInvitationRequest) async throws -> InvitationDescription {
        throw Self.reached
    }
    func reload(_ request: ReloadRequest) async throws -> ReloadReply { throw Self.reached }
    func status(_ request: SignerStatusRequest) async throws -> SignerStatus { throw Self.reached }
    func acceptLog(_ request: AcceptLogRequest) async throws -> AcceptLogReply { throw Self.reached }
    func metrics(_ request: MetricsRequest) async throws -> MetricsReply { throw Self.reached }
}
