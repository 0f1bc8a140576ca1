internal import ClusterProtocol
internal import ClusterTransport
internal import Distributed

/// The auditor behind its distributed actor.
struct RemoteAudit: AuditBackend {
    let service: AuditService

    func append(_ request: AppendEventsRequest) async throws -> AppendEventsReply {
        try await service.append(request)
    }

    func position(_ request: EventPositionRequest) async throws -> AppendEventsReply {
        try await service.position(request)
    }

    func updateNodes(_ request: UpdateNodesRequest) async throws -> Done {
        try await service.updateNodes(request)
    }
}
