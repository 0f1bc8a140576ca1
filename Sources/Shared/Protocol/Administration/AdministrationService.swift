package import ClusterTransport
package import Distributed

/// What the signer does for operators, who come over its local socket. Every change is an event that names them.
package protocol AdministrationBackend: Sendable {
    func createSecrets(_ request: CreateSecretsRequest) async throws -> CreateSecretsReply
    func listSecrets(_ request: ListSecretsRequest) async throws -> Page<SecretDescription>
    func revokeSecret(_ request: RevokeSecretRequest) async throws -> SecretDescription
    func reissueSecret(_ request: ReissueSecretRequest) async throws -> CreatedSecret
    func listCertificates(_ request: ListCertificatesRequest) async throws -> Page<CertificateDescription>
    func showCertificate(_ request: ShowCertificateRequest) async throws -> CertificateDescription
    func revokeCertificate(_ request: RevokeCertificateRequest) async throws -> RevokeCertificateReply
    func revokeNodeCertificates(_ request: RevokeNodeCertificatesRequest) async throws -> RevokeNodeCertificatesReply
    func releaseName(_ request: ReleaseNameRequest) async throws -> ReleaseNameReply
    func listDevices(_ request: ListDevicesRequest) async throws -> Page<DeviceDescription>
    func listApprovals(_ request: ListApprovalsRequest) async throws -> Page<ApprovalDescription>
    func decideApproval(_ request: DecideApprovalRequest) async throws -> ApprovalDescription
    func addKeyEncryptionKey(_ request: AddKeyEncryptionKeyRequest) async throws -> AddedKeyEncryptionKey
    func listKeyEncryptionKeys(_ request: ListKeyEncryptionKeysRequest) async throws -> Page<
        KeyEncryptionKeyDescription
    >
    func removeKeyEncryptionKey(_ request: RemoveKeyEncryptionKeyRequest) async throws -> KeyEncryptionKeyDescription
    func addNode(_ request: AddNodeRequest) async throws -> NodeDescription
    func listNodes(_ request: ListNodesRequest) async throws -> Page<NodeDescription>
    func removeNode(_ request: RemoveNodeRequest) async throws -> NodeDescription
    func removeSilentNodes(_ request: RemoveSilentNodesRequest) async throws -> RemoveSilentNodesReply
    func createInvitation(_ request: CreateInvitationRequest) async throws -> InvitationDescription
    func listInvitations(_ request: ListInvitationsRequest) async throws -> Page<InvitationDescription>
    func revokeInvitation(_ request: RevokeInvitationRequest) async throws -> InvitationDescription
    func reload(_ request: ReloadRequest) async throws -> ReloadReply
    func status(_ request: SignerStatusRequest) async throws -> SignerStatus
    func acceptLog(_ request: AcceptLogRequest) async throws -> AcceptLogReply
    func metrics(_ request: MetricsRequest) async throws -> MetricsReply
}

/// The signer as the `estuary` command sees it.
package distributed actor AdministrationService {
    package typealias ActorSystem = ZeroMQActorSystem

    private let backend: any AdministrationBackend

    package init(backend: any AdministrationBackend, actorSystem: ZeroMQActorSystem) {
        self.backend = backend
        self.actorSystem = actorSystem
    }

    package distributed func createSecrets(_ request: CreateSecretsRequest) async throws -> CreateSecretsReply {
        try await backend.createSecrets(request)
    }

    package distributed func listSecrets(_ request: ListSecretsRequest) async throws -> Page<SecretDescription> {
        try await backend.listSecrets(request)
    }

    package distributed func revokeSecret(_ request: RevokeSecretRequest) async throws -> SecretDescription {
        try await backend.revokeSecret(request)
    }

    package distributed func reissueSecret(_ request: ReissueSecretRequest) async throws -> CreatedSecret {
        try await backend.reissueSecret(request)
    }

    package distributed func listCertificates(
        _ request: ListCertificatesRequest
    ) async throws -> Page<CertificateDescription> {
        try await backend.listCertificates(request)
    }

    package distributed func showCertificate(_ request: ShowCertificateRequest) async throws -> CertificateDescription {
        try await backend.showCertificate(request)
    }

    package distributed func revokeCertificate(
        _ request: RevokeCertificateRequest
    ) async throws -> RevokeCertificateReply {
        try await backend.revokeCertificate(request)
    }

    package distributed func revokeNodeCertificates(
        _ request: RevokeNodeCertificatesRequest
    ) async throws -> RevokeNodeCertificatesReply {
        try await backend.revokeNodeCertificates(request)
    }

    package distributed func releaseName(_ request: ReleaseNameRequest) async throws -> ReleaseNameReply {
        try await backend.releaseName(request)
    }

    package distributed func listDevices(_ request: ListDevicesRequest) async throws -> Page<DeviceDescription> {
        try await backend.listDevices(request)
    }

    package distributed func listApprovals(_ request: ListApprovalsRequest) async throws -> Page<ApprovalDescription> {
        try await backend.listApprovals(request)
    }

    package distributed func decideApproval(_ request: DecideApprovalRequest) async throws -> ApprovalDescription {
        try await backend.decideApproval(request)
    }

    package distributed func addKeyEncryptionKey(
        _ request: AddKeyEncryptionKeyRequest
    ) async throws -> AddedKeyEncryptionKey {
        try await backend.addKeyEncryptionKey(request)
    }

    package distributed func listKeyEncryptionKeys(
        _ request: ListKeyEncryptionKeysRequest
    ) async throws -> Page<KeyEncryptionKeyDescription> {
        try await backend.listKeyEncryptionKeys(request)
    }

    package distributed func removeKeyEncryptionKey(
        _ request: RemoveKeyEncryptionKeyRequest
    ) async throws -> KeyEncryptionKeyDescription {
        try await backend.removeKeyEncryptionKey(request)
    }

    package distributed func addNode(_ request: AddNodeRequest) async throws -> NodeDescription {
        try await backend.addNode(request)
    }

    package distributed func listNodes(_ request: ListNodesRequest) async throws -> Page<NodeDescription> {
        try await backend.listNodes(request)
    }

    package distributed func removeNode(_ request: RemoveNodeRequest) async throws -> NodeDescription {
        try await backend.removeNode(request)
    }

    package distributed func removeSilentNodes(
        _ request: RemoveSilentNodesRequest
    ) async throws -> RemoveSilentNodesReply {
        try await backend.removeSilentNodes(request)
    }

    package distributed func createInvitation(
        _ request: CreateInvitationRequest
    ) async throws -> InvitationDescription {
        try await backend.createInvitation(request)
    }

    package distributed func listInvitations(
        _ request: ListInvitationsRequest
    ) async throws -> Page<InvitationDescription> {
        try await backend.listInvitations(request)
    }

    package distributed func revokeInvitation(
        _ request: RevokeInvitationRequest
    ) async throws -> InvitationDescription {
        try await backend.revokeInvitation(request)
    }

    package distributed func reload(_ request: ReloadRequest) async throws -> ReloadReply {
        try await backend.reload(request)
    }

    package distributed func status(_ request: SignerStatusRequest) async throws -> SignerStatus {
        try await backend.status(request)
    }

    package distributed func acceptLog(_ request: AcceptLogRequest) async throws -> AcceptLogReply {
        try await backend.acceptLog(request)
    }

    package distributed func metrics(_ request: MetricsRequest) async throws -> MetricsReply {
        try await backend.metrics(request)
    }
}
