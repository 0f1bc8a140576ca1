internal import ClusterProtocol
internal import ClusterTransport
internal import FaultInjection
internal import Foundation
internal import Logging

/// Fills an auditor that was restored with the events of the ledger's former lives, under the numbers that they had.
struct FormerEvents: Sendable {
    private static let rows = 200

    var core: SignerCore
    var audit: any AuditBackend
    var witness: LogWitness

    /// Delivers what the auditor lacks of them. What it can't take any more is logged: that stays missing in the log.
    func deliver() async throws {
        for (run, first, last) in try core.ledger.read({ try FormerOutboxTable.runs($0) }) {
            let stored = try await audit.position(EventPositionRequest(run: run)).acknowledgedSequence
            guard stored < last else {
                try await setDelivered(run, last)
                continue
            }
            guard stored + 1 >= first else {
                core.logger.error(
                    "the auditor lacks events of a former life of the ledger that are kept no longer",
                    metadata: ["event.run": "\(run)", "event.stored": "\(stored)", "event.first": "\(first)"])
                continue
            }
            do {
                try await deliver(run, after: stored, upTo: last)
            } catch let error as ServiceError where error.code == .eventConflict {
                core.logger.error(
                    "the auditor has other events of a former life of the ledger",
                    metadata: ["event.run": "\(run)", "event.stored": "\(stored)"])
            }
        }
    }

    private func deliver(_ run: String, after stored: Int64, upTo last: Int64) async throws {
        var next = stored + 1
        while next <= last {
            let lines = try core.ledger.read { [next] in
                try FormerOutboxTable.lines($0, run: run, from: next, limit: Self.rows)
            }
            let batch = EventBatch.fitting(lines)
            guard !batch.isEmpty else { return }
            let request = AppendEventsRequest(
                run: run, firstSequence: next, lines: batch, witnessedSize: try witness.size())
            let reply = try await core.faults.around(.appendCall) { try await audit.append(request) }
            try await witness.record(reply.evidence, of: batch)
            next += Int64(batch.count)
            try await setDelivered(run, next - 1)
        }
        core.logger.warning(
            "the auditor was filled again with events of a former life of the ledger",
            metadata: ["event.run": "\(run)", "event.sequence": "\(last)"])
    }

    /// What the auditor has may go from here when it is old enough.
    private func setDelivered(_ run: String, _ sequence: Int64) async throws {
        guard try core.ledger.read({ try FormerOutboxTable.delivered($0, run: run) }) < sequence else { return }
        try await core.ledger.writer.perform(reserved: true) {
            try FormerOutboxTable.setDelivered($0, run: run, sequence)
        }
    }
}
