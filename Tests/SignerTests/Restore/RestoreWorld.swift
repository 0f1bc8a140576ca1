internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import GRDB
internal import Logging
internal import Observability
internal import Synchronization
internal import Testing
internal import TransparencyLog

@testable internal import Signer

/// A signer that is lost, an older copy of its ledger, and the auditor that has all its events.
final class RestoreWorld {
    static let policy =
        SamplePolicy.text + """
              - name: manual
                authority: devices
                profile: device
                approval: manual

            """

    let signer: SignerFixture
    let auditor: MemoryAuditor
    let path: String

    init() throws {
        signer = try SignerFixture(policy: Self.policy)
        auditor = try MemoryAuditor()
        path = "\(signer.directory)/copy.sqlite"
    }

    /// Copies the ledger as it is now.
    func backUp() throws {
        try DatabaseQueue(path: "\(signer.directory)/ledger.sqlite").backup(to: DatabaseQueue(path: path))
    }

    /// Gives the auditor every event that the signer has recorded.
    func log() throws {
        let lines = try signer.core.ledger.read { try OutboxTable.lines($0, from: 1, limit: 100_000) }
        auditor.state.withLock { $0.lines = lines }
    }

    /// Opens the copy.
    ///
    /// - Parameter isMarked: whether an operator has restored it, with `estuary restore`.
    func restored(isMarked: Bool = false) async throws -> Ledger {
        let ledger = try Ledger(
            path: path, authorities: ["devices": signer.authority.keySHA256], failStop: { fatalError("\($0)") })
        if isMarked {
            try await ledger.writer.perform { db in
                try MetaTable.set(db, RestoreMark.metaKey, RestoreMark(backupMadeAt: 1, restoredAt: 2).text)
            }
        }
        return ledger
    }

    func restore(_ ledger: Ledger, pageLines: Int = 7) -> LedgerRestore {
        LedgerRestore(
            ledger: ledger, audit: auditor, log: auditor.logKey,
            rules: EventImport(
                authorities: ["devices": signer.authority], policy: signer.core.policy,
                pendingLifetime: signer.core.limits.pendingLifetime),
            source: "signer", logger: Logger(label: "test"), pageLines: pageLines)
    }

    /// A signer that goes on with the restored ledger.
    func pipeline(_ ledger: Ledger) throws -> EnrollmentPipeline {
        EnrollmentPipeline(
            core: try SignerCore(
                name: "signer", ledger: ledger, authorities: [signer.authority], policy: signer.core.policy,
                keyWrapping: KeyWrapping(path: "\(signer.directory)/kek-wrapping.key"),
                metrics: SignerMetrics(registry: MetricsRegistry()), logger: Logger(label: "test")))
    }

    /// Compares what both ledgers say, column by column; times may differ by the moment between signing and recording.
    func expectEqualLedgers(_ restored: Ledger, except columns: Set<String> = []) throws {
        for table in [
            "device", "certificate", "name", "blocked_key", "certified_key", "secret", "outcome", "idempotency_key",
            "approval", "node", "node_key", "invitation", "superseded", "key_encryption_key",
            "manufacturer_certificate",
        ] {
            let sql = "SELECT * FROM \(table) ORDER BY 1, 2"
            let wanted = try signer.core.ledger.read { try Row.fetchAll($0, sql: sql) }
            let found = try restored.read { try Row.fetchAll($0, sql: sql) }
            #expect(wanted.count == found.count, "\(table)")
            for (one, other) in zip(wanted, found) {
                for (column, value) in one where !columns.contains("\(table).\(column)") {
                    let restored: DatabaseValue = other[column]
                    if let wanted = Int64.fromDatabaseValue(value), let found = Int64.fromDatabaseValue(restored) {
                        let tolerance: Int64 = wanted > 1_000_000_000_000 ? 5000 : wanted > 1_000_000_000 ? 5 : 0
                        let isNumber = column == "id" || column == "device"
                        #expect(
                            abs(wanted - found) <= (isNumber ? 0 : tolerance),
                            "\(table).\(column): \(found) instead of \(wanted)")
                    } else {
                        #expect(restored == value, "\(table).\(column): \(restored) instead of \(value)")
                    }
                }
            }
        }
    }

    func events(_ ledger: Ledger) throws -> [AuditEvent] {
        try ledger.read { try OutboxTable.lines($0, from: 1, limit: 1000) }.map(AuditEvent.init(line:))
    }
}
