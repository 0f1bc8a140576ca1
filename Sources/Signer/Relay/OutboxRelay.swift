internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import Logging

/// Hands the outbox to the auditor, in order and in batches, until each event is acknowledged.
///
/// Acknowledged rows stay for some days, so that a restored auditor can be refilled.
struct OutboxRelay: Sendable {
    /// Rows and bytes of one batch, well below the transport's limit of a message.
    private static let maximumRows = 500
    private static let maximumBytes = 160 * 1024

    var core: SignerCore
    var audit: any AuditBackend
    /// Whether the auditor can be reached at the moment, and its coming and going.
    var isUp: @Sendable () -> Bool
    var connectionStates: AsyncStream<ConnectionState>
    /// The nodes that the auditor must know.
    var nodes: @Sendable () throws -> [NodeDescription]
    /// Raised with each change of the nodes.
    var nodesVersion: @Sendable () -> Int

    /// Runs until the core's outbox is closed, and then hands over what is left while the auditor is there.
    ///
    /// - Throws: ``LedgerBehindAuditor``.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in connectionStates {
                    core.outboxGrew()
                }
            }
            group.addTask {
                // Errors of the auditor mend themselves or not: asked again once a second.
                while !Task.isCancelled {
                    try? await Task.sleep(for: .seconds(1))
                    core.outboxGrew()
                }
            }
            defer { group.cancelAll() }
            var session = Session()
            for await _ in core.outboxChanges {
                try await step(&session)
            }
            // What does not go out now waits in the ledger for the next start.
            try await step(&session)
        }
    }

    /// What this connection has been told so far.
    private struct Session {
        var isSynchronized = false
        var nodesVersion: Int?
    }

    private func step(_ session: inout Session) async throws {
        try core.refreshOutboxPosition()
        core.metrics.setBacklog(core.outboxPosition.backlog)
        guard isUp() else {
            session = Session()
            return
        }
        do {
            try await synchronize(&session)
            try await sendNodes(&session)
            try await deliver()
        } catch let error as LedgerBehindAuditor {
            throw error
        } catch let error as ServiceError {
            session = Session()
            core.logger.warning("events not delivered", metadata: ["error": "\(error)"])
        }
    }

    /// Compares the ledger with what the auditor has of it: once for each connection.
    ///
    /// - Throws: ``LedgerBehindAuditor`` where the auditor has events that the ledger lacks.
    private func synchronize(_ session: inout Session) async throws {
        guard !session.isSynchronized else { return }
        let stored = try await audit.position(EventPositionRequest(run: core.ledger.incarnation)).acknowledgedSequence
        let position = core.outboxPosition
        guard stored <= position.last else {
            throw LedgerBehindAuditor(ledger: position.last, auditor: stored)
        }
        if stored != position.delivered {
            if stored < position.delivered {
                core.logger.warning(
                    "the auditor lacks events that it had acknowledged: sending them again",
                    metadata: ["events.acknowledged": "\(position.delivered)", "events.stored": "\(stored)"])
            }
            try await setDelivered(stored)
        }
        session.isSynchronized = true
    }

    private func sendNodes(_ session: inout Session) async throws {
        let version = nodesVersion()
        guard session.nodesVersion != version else { return }
        _ = try await audit.updateNodes(UpdateNodesRequest(nodes: try nodes()))
        session.nodesVersion = version
    }

    private func deliver() async throws {
        while core.outboxPosition.backlog > 0 {
            let first = core.outboxPosition.delivered + 1
            let lines = try core.ledger.read { try OutboxTable.lines($0, from: first, limit: Self.maximumRows) }
            var bytes = 0
            let batch = Array(
                lines.prefix { line in
                    // At least one: a single line is never as long as this.
                    bytes += line.utf8.count
                    return bytes <= Self.maximumBytes
                })
            guard !batch.isEmpty else { return }
            let reply = try await audit.append(
                AppendEventsRequest(run: core.ledger.incarnation, firstSequence: first, lines: batch))
            guard reply.acknowledgedSequence >= first else {
                throw ServiceError(.unexpected, "The auditor acknowledged nothing of what it was sent.")
            }
            try await setDelivered(reply.acknowledgedSequence)
        }
    }

    private func setDelivered(_ sequence: Int64) async throws {
        try await core.ledger.writer.perform { try OutboxTable.setDelivered($0, sequence) }
        try core.refreshOutboxPosition()
        core.metrics.setBacklog(core.outboxPosition.backlog)
    }
}

/// The auditor knows events that this ledger lacks: the ledger was restored from an older backup.
///
/// Signing on would issue what exists already, or honour secrets that are spent.
struct LedgerBehindAuditor: Error, CustomStringConvertible {
    var ledger: Int64
    var auditor: Int64

    var description: String {
        "the auditor has events up to \(auditor) of this ledger, and the ledger itself only up to \(ledger): it is an "
            + "older copy. Restore a newer backup, or start with --accept-loss to go on without what was issued since."
    }
}
