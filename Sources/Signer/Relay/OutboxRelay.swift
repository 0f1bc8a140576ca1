internal import ClusterProtocol
internal import ClusterTransport
internal import FaultInjection
internal import Foundation
internal import Logging

/// Hands the outbox to the auditor, in order and in batches, until each event is acknowledged.
///
/// Acknowledged rows stay for some days, so that a restored auditor can be refilled.
struct OutboxRelay: Sendable {
    /// Rows of one batch.
    private static let maximumRows = 500
    /// What is committed so soon after a delivery goes out in one batch. An event that comes alone goes out at once.
    private static let gathering = Duration.milliseconds(50)

    var core: SignerCore
    var audit: any AuditBackend
    var witness: LogWitness
    /// How often the log is looked at while there is nothing to deliver.
    var witnessInterval: Duration
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
        /// When the log was last verified.
        var witnessedAt = ContinuousClock.now
        var told: WitnessReport?
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
            try await deliver(&session)
            if ContinuousClock.now - session.witnessedAt >= witnessInterval { try await look(&session) }
            session.told = try await witness.report(after: session.told)
        } catch let error as LedgerBehindAuditor {
            throw error
        } catch let alarm as LogAlarm {
            // Looked at again at the next step: it mends itself where the right log comes back.
            core.metrics.relayFailed()
            let told = session.told
            session = Session()
            do {
                try await witness.raise(alarm)
                session.told = try await witness.report(after: told)
            } catch {
                core.logger.warning("an alarm could not be recorded or told", metadata: ["error": "\(error)"])
            }
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
        let size = try witness.size()
        let reply = try await core.faults.around(.positionCall) { try await comparison.position(witnessedSize: size) }
        let (stored, delivered) = (reply.acknowledgedSequence, core.outboxPosition.delivered)
        if stored < delivered {
            core.logger.warning(
                "the auditor lacks events that it had acknowledged: sending them again",
                metadata: ["events.acknowledged": "\(delivered)", "events.stored": "\(stored)"])
            try comparison.requireKept(from: stored + 1)
        }
        // What it has and did not acknowledge is sent again: it acknowledges that with the proof that it is there.
        try await record(reply.evidence, delivered: stored < delivered ? stored : nil)
        try await FormerEvents(core: core, audit: audit, witness: witness).deliver()
        session.witnessedAt = .now
        session.isSynchronized = true
    }

    /// Verifies and cosigns what others have added to the log.
    private func look(_ session: inout Session) async throws {
        let request = EventPositionRequest(
            run: core.ledger.incarnation, witnessedSize: try witness.size(),
            backlog: core.outboxPosition.last - core.outboxPosition.delivered)
        let reply = try await core.faults.around(.positionCall) { try await audit.position(request) }
        try await record(reply.evidence)
        session.witnessedAt = .now
    }

    private func sendNodes(_ session: inout Session) async throws {
        let version = nodesVersion()
        guard session.nodesVersion != version else { return }
        let request = UpdateNodesRequest(nodes: try nodes())
        _ = try await core.faults.around(.nodesCall) { try await audit.updateNodes(request) }
        session.nodesVersion = version
    }

    /// Delivers what the outbox had when this step began; what has come since gathers for the next one.
    private func deliver(_ session: inout Session) async throws {
        let last = core.outboxPosition.last
        var rows = Self.maximumRows
        while core.outboxPosition.delivered < last {
            let first = core.outboxPosition.delivered + 1
            let lines = try core.ledger.read { try OutboxTable.lines($0, from: first, limit: rows) }
            let batch = EventBatch.fitting(lines)
            guard !batch.isEmpty else {
                throw ServiceError(.unexpected, "The outbox has no event \(first), which the auditor lacks.")
            }
            do {
                let request = AppendEventsRequest(
                    run: core.ledger.incarnation, firstSequence: first, lines: batch,
                    witnessedSize: try witness.size(),
                    backlog: core.outboxPosition.last - core.outboxPosition.delivered - Int64(batch.count))
                let reply = try await core.faults.around(.appendCall) { try await audit.append(request) }
                guard reply.acknowledgedSequence >= first else {
                    throw ServiceError(.unexpected, "The auditor acknowledged nothing of what it was sent.")
                }
                // It may have more than was sent now: that is acknowledged when it has shown it.
                let last = min(reply.acknowledgedSequence, first + Int64(batch.count) - 1)
                try await record(reply.evidence, of: batch, delivered: last)
                session.witnessedAt = .now
            } catch let error as ServiceError where error.code == .messageTooLarge && batch.count > 1 {
                rows = batch.count / 2
            } catch let error as ServiceError where error.code == .eventConflict {
                throw LedgerBehindAuditor(ledger: core.outboxPosition.last, auditor: first)
            }
        }
    }

    private func record(_ evidence: LogEvidence?, of lines: [String] = [], delivered: Int64? = nil) async throws {
        try await witness.record(evidence, of: lines, delivered: delivered)
        try core.refreshOutboxPosition()
    }
}
