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
            var reply = try await store.append(source: source, request)
            metrics.countReceived(request.lines.count)
            store.signs.heard(source, backlog: request.backlog)
            if let size = request.witnessedSize {
                reply.evidence = try await store.evidence(
                    since: size, source: source, run: request.run,
                    sequences: request.firstSequence..<request.firstSequence + Int64(request.lines.count))
            }
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
        let source = try CallContext.required().peer.name
        var reply = try await store.position(source: source, run: request.run)
        store.signs.heard(source, backlog: request.backlog)
        if let size = request.witnessedSize {
            reply.evidence = try await store.evidence(since: size, source: source, run: request.run)
        }
        return reply
    }

    package func updateNodes(_ request: UpdateNodesRequest) async throws -> Done {
        guard try CallContext.required().peer.role == .signer else {
            throw ServiceError(.notPermitted, "Only the signer says which nodes there are.")
        }
        try await store.replaceNodes(request.nodes)
        nodesChanged(request.nodes)
        return Done()
    }

    package func witness(_ request: WitnessReport) async throws -> Done {
        guard try CallContext.required().peer.role == .signer else {
            throw ServiceError(.notPermitted, "The signer is the log's witness.")
        }
        try await store.take(request)
        return Done()
    }

    package func events(_ request: StoredEventsRequest) async throws -> StoredEventsReply {
        let peer = try CallContext.required().peer
        guard peer.role == .signer else {
            throw ServiceError(.notPermitted, "Only the signer gets its events back.")
        }
        let lines = try await store.lines(source: peer.name, request)
        let evidence = try await store.evidence(
            since: request.witnessedSize, source: peer.name, run: request.run,
            sequences: request.firstSequence..<request.firstSequence + Int64(lines.count))
        return StoredEventsReply(lines: lines, evidence: evidence)
    }
}
