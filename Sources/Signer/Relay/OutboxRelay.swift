internal import ClusterProtocol
internal import ClusterTransport
internal import FaultInjection
internal import Foundation
internal import Logging

/// Hands the outbox to the auditor, in order and in batches, until each event is acknowledged.
///
/// Acknowledged rows stay for some days, so that a restored auditor can be refilled.
struct OutboxRelay: Sendable {
    /// Rows and bytes of one batch, well below the transport's limit of a message.
    private static let maximumRows = 500
    private static let maximumBytes = 160 * 1024
    /// What is committed so soon after a delivery goes out in one batch. An event that comes alone goes out at once.
    private static let gathering = Duration.milliseconds(50)

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
                let delivered = core.outboxPosition.delivered
                try await step(&session)
                // A batch costs the signer, the auditor and both disks about the same whether it has one event or fifty.
                if core.outboxPosition.delivered != delivered { try? await Task.sleep(for: Self.gathering) }
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
        } catch {
            // The auditor's, the network's or the ledger's trouble: asked again at the next step.
            session = Session()
            core.metrics.relayFailed()
            core.logger.warning("events not delivered", metadata: ["error": "\(error)"])
        }
    }

    /// Compares the ledger with what the auditor has of it: once for each connection.
    ///
    /// - Throws: ``LedgerBehindAuditor`` where the auditor has events that the ledger lacks.
    private func synchronize(_ session: inout Session) async throws {
        guard !session.isSynchronized else { return }
        let comparison = LedgerComparison(ledger: core.ledger, audit: audit)
        let stored = try await core.faults.around(.positionCall) { try await comparison.storedSequence() }
        let position = core.outboxPosition
        if stored != position.delivered {
            if stored < position.delivered {
                core.logger.warning(
                    "the auditor lacks events that it had acknowledged: sending them again",
                    metadata: ["events.acknowledged": "\(position.delivered)", "events.stored": "\(stored)"])
                try comparison.requireKept(from: stored + 1)
            }
            try await setDelivered(stored)
        }
        session.isSynchronized = true
    }

    private func sendNodes(_ session: inout Session) async throws {
        let version = nodesVersion()
        guard session.nodesVersion != version else { return }
        let request = UpdateNodesRequest(nodes: try nodes())
        _ = try await core.faults.around(.nodesCall) { try await audit.updateNodes(request) }
        session.nodesVersion = version
    }

    /// Delivers what the outbox had when this step began; what has come since gathers for the next one.
    private func deliver() async throws {
        let last = core.outboxPosition.last
        var rows = Self.maximumRows
        while core.outboxPosition.delivered < last {
            let first = core.outboxPosition.delivered + 1
            let lines = try core.ledger.read { try OutboxTable.lines($0, from: first, limit: rows) }
            let batch = Self.batch(of: lines)
            guard !batch.isEmpty else {
                throw ServiceError(.unexpected, "The outbox has no event \(first), which the auditor lacks.")
            }
            do {
                let request = AppendEventsRequest(
                    run: core.ledger.incarnation, firstSequence: first, lines: batch)
                let reply = try await core.faults.around(.appendCall) { try await audit.append(request) }
                guard reply.acknowledgedSequence >= first else {
                    throw ServiceError(.unexpected, "The auditor acknowledged nothing of what it was sent.")
                }
                try await setDelivered(reply.acknowledgedSequence)
            } catch let error as ServiceError where error.code == .messageTooLarge && batch.count > 1 {
                rows = batch.count / 2
            } catch let error as ServiceError where error.code == .eventConflict {
                throw LedgerBehindAuditor(ledger: core.outboxPosition.last, auditor: first)
            }
        }
    }

    /// As many lines as fit into one message, at least one.
    private static func batch(of lines: [String]) -> [String] {
        var bytes = 0
        return Array(
            lines.enumerated().prefix { index, line in
                bytes += AppendEventsRequest.encodedBytes(of: line)
                return index == 0 || bytes <= maximumBytes
            }.map(\.element))
    }

    private func setDelivered(_ sequence: Int64) async throws {
        try await core.faults.around(.acknowledgementRecord) {
            try await core.ledger.writer.perform(reserved: true) { try OutboxTable.setDelivered($0, sequence) }
        }
        try core.refreshOutboxPosition()
    }
}
