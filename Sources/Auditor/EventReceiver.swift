package import ClusterProtocol
package import ClusterTransport
internal import Foundation
package import Logging

/// What the auditor does for the signer and the frontends.
///
/// The source of an event is the node that the transport authenticated, whatever the message says.
package struct EventReceiver: AuditBackend {
    private let store: EventStore
    private let metrics: AuditorMetrics
    private let logger: Logger
    private let nodesChanged: @Sendable ([NodeDescription]) -> Void

    /// - Parameter nodesChanged: called with the nodes that may send events from now on, once they are stored.
    package init(
        store: EventStore, metrics: AuditorMetrics, logger: Logger,
        nodesChanged: @escaping @Sendable ([NodeDescription]) -> Void
    ) {
        self.store = store
        self.metrics = metrics
        self.logger = logger
        self.nodesChanged = nodesChanged
    }

    package func append(_ request: AppendEventsRequest) async throws -> AppendEventsReply {
        // Nobody is asked: the transport knows whose key sent the message.
        let source = try CallContext.required().peer.name
        do {
            let reply = try await store.append(source: source, request)
            metrics.countReceived(request.lines.count)
            return reply
        } catch let error as ServiceError {
            metrics.countRefused(error.code)
            logger.warning(
                "events refused",
                metadata: [
                    "audit.source": "\(source)", "audit.run": "\(request.run.prefix(128))",
                    "audit.sequence": "\(request.firstSequence)", "error": "\(error)",
                ])
            throw error
        }
    }

    package func position(_ request: EventPositionRequest) async throws -> AppendEventsReply {
        try await store.position(source: CallContext.required().peer.name, run: request.run)
    }

    package func updateNodes(_ request: UpdateNodesRequest) async throws -> Done {
        guard try CallContext.required().peer.role == .signer else {
            throw ServiceError(.notPermitted, "Only the signer says which nodes there are.")
        }
        try await store.replaceNodes(request.nodes)
        nodesChanged(request.nodes)
        return Done()
    }
}
