internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import GRDB
internal import Logging
internal import TransparencyLog

/// Brings a ledger that is an older copy up to what the auditor's log has of it, before anything is signed with it
/// (design §7, «Restore»).
///
/// A page of events is one transaction, with how far the import is: after a crash it goes on there. When all is there the
/// ledger begins a new life, and its first event says what came.
struct LedgerRestore: Sendable {
    /// A line in the process's log for so many events.
    private static let reportInterval: Int64 = 1000

    let ledger: Ledger
    let audit: any AuditBackend
    /// The public key of the log.
    let log: NoteVerifierKey
    let rules: EventImport
    /// The signer's name.
    let source: String
    let logger: Logger
    var now: @Sendable () -> Date = { Date() }
    var pageLines = StoredEventsRequest.maximumLines

    /// Whether the ledger is a backup's that was not brought up to date yet, or an import was begun.
    func isDue() throws -> Bool {
        try ledger.read { try RestoreTable.mark($0) != nil || RestoreTable.tally($0) != nil }
    }

    /// Compares ledger and auditor, and imports what the ledger lacks.
    ///
    /// - Returns: how far the auditor has the ledger's events now.
    /// - Throws: ``LedgerBehindAuditor`` where both have other events under a number; ``ImportFailed`` where the ledger
    ///   lacks events and they can't be taken over; what the first call to the auditor throws.
    func run() async throws -> Int64 {
        let stored: Int64
        var isBehind = false
        do {
            stored = try await LedgerComparison(ledger: ledger, audit: audit).position().acknowledgedSequence
        } catch let behind as LedgerBehindAuditor where behind.auditor > behind.ledger {
            (stored, isBehind) = (behind.auditor, true)
        }
        guard try isBehind || isDue() else { return stored }
        try await requireNoLaterLife()
        if isBehind { try await importAll(upTo: stored) }
        try begin()
        return 0
    }

    /// Begins a new life without what the ledger lacks: an operator accepts that.
    ///
    /// - Parameter reason: what was wrong.
    func acceptLoss(_ reason: String) throws {
        try begin(.renumbered, loss: reason)
    }

    // MARK: Import

    /// A backup from before the last restore lacks a whole life of the ledger, which is not taken over.
    private func requireNoLaterLife() async throws {
        let reply = try await audit.position(EventPositionRequest(run: ledger.incarnation))
        guard let newest = reply.newestRun, newest != ledger.incarnation else { return }
        let known = try ledger.read { db in
            try FormerOutboxTable.runs(db).map(\.run)
                + [MetaTable.string(db, Ledger.formerIncarnation)].compactMap(\.self)
        }
        guard !known.contains(newest) else { return }
        throw ImportFailed(
            reason:
                "the auditor has a later life of this signer's ledger, \(newest), which began after the backup was made."
        )
    }

    private func importAll(upTo stored: Int64) async throws {
        logger.warning(
            "the ledger is an older copy: what it lacks comes from the auditor",
            metadata: ["events.stored": "\(stored)"])
        do {
            var (last, line) = try newest()
            var known = try ledger.read { try WitnessTable.log($0) }
            while last < stored {
                let page: [(event: AuditEvent, line: String)]
                (page, known) = try await self.page(after: last, line, of: known)
                let before = last
                (last, line) = try await enter(page)
                if before / Self.reportInterval != last / Self.reportInterval {
                    logger.info("events were taken over", metadata: ["event.sequence": "\(last)"])
                }
                if last < stored {
                    CrashPoint.arm()
                    CrashPoint.duringImport.reached()
                }
            }
        } catch let error as LedgerBehindAuditor {
            throw error
        } catch let error as LedgerError {
            throw error
        } catch {
            throw ImportFailed(reason: (error as? ServiceError)?.message ?? "\(error)")
        }
    }

    private func newest() throws -> (Int64, String?) {
        try ledger.read { db in
            let last = try OutboxTable.lastSequence(db)
            return (last, try OutboxTable.lines(db, from: last, limit: 1).first)
        }
    }

    /// The next events, each proven to be in a log that continues the witnessed one.
    ///
    /// - Parameters:
    ///   - line: the ledger's own newest event, which the log must have too.
    ///   - known: what the log was when the page before came, so that all are of one log.
    /// - Returns: the events, and what the log is now.
    private func page(
        after last: Int64, _ line: String?, of known: WitnessedLog?
    ) async throws -> ([(event: AuditEvent, line: String)], WitnessedLog) {
        let first = line == nil ? last + 1 : last
        let request = StoredEventsRequest(
            run: ledger.incarnation, firstSequence: first, limit: max(2, pageLines),
            witnessedSize: known?.checkpoint.size ?? 0)
        let reply = try await audit.events(request)
        guard reply.lines.count > (line == nil ? 0 : 1) else {
            throw ServiceError(.unexpected, "The auditor has events after number \(last), and does not give them.")
        }
        let present = try WitnessedLog(
            key: log, note: try reply.evidence.verify(reply.lines, from: known, log: log).note)
        if let line, reply.lines[0] != line { throw LedgerBehindAuditor(ledger: last, auditor: last) }
        let events = try reply.lines.enumerated().dropFirst(line == nil ? 0 : 1).map { offset, line in
            let event = try AuditEvent(line: line)
            guard event.source == source, event.run == ledger.incarnation, event.sequence == first + Int64(offset)
            else {
                throw ServiceError(.unexpected, "The auditor gives another event as number \(first + Int64(offset)).")
            }
            return (event: event, line: line)
        }
        return (events, present)
    }

    /// Takes a page over; the newest event then.
    private func enter(_ page: [(event: AuditEvent, line: String)]) async throws -> (Int64, String?) {
        let seconds = Int64(now().timeIntervalSince1970)
        try await ledger.writer.perform(reserved: true) { [rules] db in
            var rules = rules
            rules.givesRights = try RestoreTable.mark(db) != nil
            var tally = try RestoreTable.tally(db) ?? ImportTally(first: try OutboxTable.lastSequence(db))
            var counts = LedgerCounts()
            for (event, line) in page {
                try rules.apply(event, &tally, &counts, db)
                try OutboxTable.insert(db, sequence: event.sequence, line: line, at: seconds)
            }
            tally.events += page.count
            try counts.add(to: db)
            try OutboxTable.setDelivered(db, page.last?.event.sequence ?? 0)
            try RestoreTable.setTally(db, tally)
        }
        return try newest()
    }

    // MARK: A new life

    private func begin(_ formerEvents: Ledger.FormerEvents = .kept, loss: String? = nil) throws {
        let (mark, tally, last) = try ledger.read { db in
            (try RestoreTable.mark(db), try RestoreTable.tally(db), try OutboxTable.lastSequence(db))
        }
        let former = ledger.incarnation
        let time = now()
        try ledger.startNewIncarnation(formerEvents: formerEvents) { db, run in
            var event = EventComposer(source: source, run: run).event(.restored, at: time)
            event.decision = .allowed
            event.count = tally?.events ?? 0
            let backup = mark.map { "The backup was made at \(Self.text($0.backupMadeAt)). " } ?? ""
            event.reasonText =
                backup + "The ledger's run before was \(former), up to number \(last)"
                + (tally.map { ", of which those after \($0.first) came from the log" } ?? "") + "."
                + (loss.map { " A loss was accepted: \($0)" } ?? "")
            var remarks = tally?.remarks ?? []
            if let applied = tally?.policySHA256, applied != "sha256:\(rules.policy.sha256)" {
                remarks.append("The policy that was in force since was another than the one that is now: \(applied)")
            }
            event.remarks = remarks.isEmpty ? nil : remarks
            try OutboxTable.append(db, UnnumberedEventLine(event), at: Int64(time.timeIntervalSince1970))
            // Frontends may know a later catalogue than the backup: the next one has a later version than that.
            try db.execute(sql: "DELETE FROM meta WHERE key = 'catalogue_sha256'")
        }
        logger.warning(
            "the ledger was restored, and a new life of it begins",
            metadata: [
                "ledger.former": "\(former)", "events.imported": "\(tally?.events ?? 0)",
                "restore.remarks": "\(tally?.remarks.joined(separator: "; ") ?? "")",
            ])
    }

    private static func text(_ seconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    }
}

/// The ledger lacks events that the auditor has, and they can't be taken over.
struct ImportFailed: Error, CustomStringConvertible {
    var reason: String

    var description: String {
        "the ledger is an older copy, and what it lacks can't be taken over from the auditor: \(reason) Restore a newer "
            + "backup, or start with --accept-loss to go on without what was issued since."
    }
}

/// The ledger is a backup's, and the auditor can't be asked what happened since.
struct RestoreNeedsAuditor: Error, CustomStringConvertible {
    var reason: String

    var description: String {
        "the ledger was restored from a backup, and the auditor can't be asked what happened since: \(reason) Start the "
            + "auditor first. Where it is lost for good, --accept-loss goes on without what was issued since."
    }
}
