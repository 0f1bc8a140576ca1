package import ClusterProtocol
internal import ClusterTransport

/// What the auditor does for the operator of its host.
package struct AuditOperations: AuditAdministrationBackend {
    private let store: EventStore
    private let version: String
    private let startedAt: Int64

    /// - Parameter startedAt: when the process started, in seconds since 1970.
    package init(store: EventStore, version: String, startedAt: Int64) {
        self.store = store
        self.version = version
        self.startedAt = startedAt
    }

    package func events(_ request: ListEventsRequest) async throws -> ListEventsReply {
        try await store.events(request)
    }

    package func status(_ request: AuditorStatusRequest) async throws -> AuditorStatus {
        AuditorStatus(
            version: version, startedAt: startedAt, logSize: store.logSize, pruned: try await store.prunedEvents,
            sources: try await store.sources())
    }

    package func prune(_ request: PruneEventsRequest) async throws -> PruneEventsReply {
        try await store.prune(request, by: try CallContext.required().peer.name)
    }
}
