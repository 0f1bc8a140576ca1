package import ClusterTransport
package import Distributed

/// What the auditor does for the signer and the frontends.
package protocol AuditBackend: Sendable {
    func append(_ request: AppendEventsRequest) async throws -> AppendEventsReply
    func position(_ request: EventPositionRequest) async throws -> AppendEventsReply
    func updateNodes(_ request: UpdateNodesRequest) async throws -> Done
    func witness(_ request: WitnessReport) async throws -> Done
    func events(_ request: StoredEventsRequest) async throws -> StoredEventsReply
}

/// The auditor as the signer and the frontends see it.
package distributed actor AuditService {
    package typealias ActorSystem = ZeroMQActorSystem

    private let backend: any AuditBackend

    package init(backend: any AuditBackend, actorSystem: ZeroMQActorSystem) {
        self.backend = backend
        self.actorSystem = actorSystem
    }

    package distributed func append(_ request: AppendEventsRequest) async throws -> AppendEventsReply {
        try await backend.append(request)
    }

    package distributed func position(_ request: EventPositionRequest) async throws -> AppendEventsReply {
        try await backend.position(request)
    }

    package distributed func updateNodes(_ request: UpdateNodesRequest) async throws -> Done {
        try await backend.updateNodes(request)
    }

    package distributed func witness(_ request: WitnessReport) async throws -> Done {
        try await backend.witness(request)
    }

    package distributed func events(_ request: StoredEventsRequest) async throws -> StoredEventsReply {
        try await backend.events(request)
    }
}

/// What the auditor does for the operator of its host.
package protocol AuditAdministrationBackend: Sendable {
    func events(_ request: ListEventsRequest) async throws -> ListEventsReply
    func status(_ request: AuditorStatusRequest) async throws -> AuditorStatus
    func prune(_ request: PruneEventsRequest) async throws -> PruneEventsReply
}

/// The auditor as `estuary audit` and `estuary status` see it, at its local administration socket.
package distributed actor AuditAdministrationService {
    package typealias ActorSystem = ZeroMQActorSystem

    private let backend: any AuditAdministrationBackend

    package init(backend: any AuditAdministrationBackend, actorSystem: ZeroMQActorSystem) {
        self.backend = backend
        self.actorSystem = actorSystem
    }

    package distributed func events(_ request: ListEventsRequest) async throws -> ListEventsReply {
        try await backend.events(request)
    }

    package distributed func status(_ request: AuditorStatusRequest) async throws -> AuditorStatus {
        try await backend.status(request)
    }

    package distributed func prune(_ request: PruneEventsRequest) async throws -> PruneEventsReply {
        try await backend.prune(request)
    }
}
