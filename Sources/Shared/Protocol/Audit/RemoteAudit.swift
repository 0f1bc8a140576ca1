package import ClusterTransport
internal import Distributed

/// The auditor behind its distributed actor: what signer and frontends hand their events to.
package struct RemoteAudit: AuditBackend {
    private let service: AuditService

    package init(service: AuditService) {
        self.service = service
    }

    package func append(_ request: AppendEventsRequest) async throws -> AppendEventsReply {
        try await service.append(request)
    }

    package func position(_ request: EventPositionRequest) async throws -> AppendEventsReply {
        try await service.position(request)
    }

    package func updateNodes(_ request: UpdateNodesRequest) async throws -> Done {
        try await service.updateNodes(request)
    }

    package func witness(_ request: WitnessReport) async throws -> Done {
        try await service.witness(request)
    }

    package func events(_ request: StoredEventsRequest) async throws -> StoredEventsReply {
        try await service.events(request)
    }
}
