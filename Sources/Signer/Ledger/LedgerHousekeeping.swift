internal import ClusterProtocol
internal import Foundation
internal import Logging
internal import ServiceLifecycle

/// Removes from the ledger what has had its time: replay windows, idempotency keys, approvals, encrypted keys,
/// acknowledged events. Revokes what was superseded.
///
/// A bounded number of rows at a time, so that no enrollment waits for it.
struct LedgerHousekeeping: Service {
    private static let rowsPerStep = 500

    var core: SignerCore
    var interval: Duration = .seconds(30)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await sweep()
                } catch {
                    core.logger.warning("housekeeping failed", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: interval)
            }
        }
    }

    /// Says in an event how many refusals could not be recorded, once there is room again.
    private func declareLostDenials() async throws {
        guard (try? core.requireRoomForDenials()) != nil else { return }
        let count = core.takeLostDenials()
        guard count > 0 else { return }
        var event = core.events.event(.dropped, at: core.now())
        event.count = count
        event.reasonText = "refusals whose events could not be recorded"
        let line = try UnnumberedEventLine(event)
        let now = core.seconds()
        _ = try await core.ledger.writer.perform(reserved: true) { try OutboxTable.append($0, line, at: now) }
        core.outboxGrew()
    }

    /// Says in events how many requests were refused past a limit without an event of their own.
    private func reportLimits() async throws {
        guard (try? core.requireRoomForDenials()) != nil else { return }
        let time = core.now()
        let lines = try core.issuanceLimits.takeReports().map {
            try UnnumberedEventLine(core.events.limited($0, at: time))
        }
        guard !lines.isEmpty else { return }
        let now = core.seconds()
        _ = try await core.ledger.writer.perform { db in
            for line in lines { try OutboxTable.append(db, line, at: now) }
        }
        core.outboxGrew()
    }

    /// Revocations have room of their own in the outbox: they are never held up.
    private func revokeSuperseded() async throws {
        var count = Self.rowsPerStep
        while count >= Self.rowsPerStep && !Task.isCancelled {
            let sweep = SupersededSweep(events: core.events, time: core.now())
            count = try await core.ledger.writer.perform(reserved: true) { db in
                try sweep.sweep(db, limit: Self.rowsPerStep)
            }
            if count > 0 {
                core.outboxGrew()
                core.certificatesRevoked()
            }
        }
    }

    /// Removes everything that has had its time.
    func sweep() async throws {
        try await declareLostDenials()
        try await reportLimits()
        try await revokeSuperseded()
        var removed = Self.rowsPerStep
        while removed >= Self.rowsPerStep && !Task.isCancelled {
            let now = core.seconds()
            let retention = core.limits.outboxRetention
            removed = try await core.ledger.writer.perform { db in
                try ApprovalSweep.sweep(db, at: now, limit: Self.rowsPerStep)
                return try OutcomeTable.prune(db, before: now, limit: Self.rowsPerStep)
                    + DeliveredKeyTable.prune(db, before: now, limit: Self.rowsPerStep)
                    + OutboxTable.prune(db, recordedBefore: now - retention, limit: Self.rowsPerStep)
                    + FormerOutboxTable.prune(db, recordedBefore: now - retention, limit: Self.rowsPerStep)
            }
        }
    }
}
