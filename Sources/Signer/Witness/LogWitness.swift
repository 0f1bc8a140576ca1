internal import ClusterProtocol
internal import ClusterTransport
internal import FaultInjection
internal import Foundation
internal import Logging
internal import TransparencyLog

/// The signer as the witness of the auditor's log (design §9).
///
/// It believes no acknowledgement by itself: each comes with a checkpoint that has to continue the last one that was
/// cosigned, and with the proof that the log has the very lines that were sent. Only then the rows of the outbox are
/// marked as delivered, in one transaction with the new checkpoint. A log that went back, forked or lost an event gets no
/// further; issuance goes on until the backlog is full.
struct LogWitness: Sendable {
    let core: SignerCore
    let audit: any AuditBackend
    /// The public key of the log, from the configuration.
    let log: NoteVerifierKey
    /// Cosigns.
    let key: NoteSigner

    /// The size of the tree that was cosigned last.
    func size() throws -> Int64 {
        try core.ledger.read { try WitnessTable.log($0)?.checkpoint.size } ?? 0
    }

    func status() throws -> WitnessStatus {
        let (log, alarm) = try core.ledger.read { (try WitnessTable.log($0), try WitnessTable.alarm($0)) }
        return WitnessStatus(
            key: key.verifierKey.description, size: log?.checkpoint.size ?? 0,
            cosignedAt: try log.flatMap { try Cosignature.time(of: $0.note, by: key.verifierKey) }, alarm: alarm)
    }

    /// Verifies what the log shows, cosigns it, and records it with how far it has acknowledged the outbox.
    ///
    /// - Parameters:
    ///   - lines: what was sent, and has to be in the log.
    ///   - delivered: up to which event the outbox was acknowledged; nil where that stays as it is.
    /// - Throws: ``LogAlarm``, after which nothing is recorded.
    func record(_ evidence: LogEvidence?, of lines: [String] = [], delivered: Int64? = nil) async throws {
        let known = try core.ledger.read { try WitnessTable.log($0) }
        let log = try advance(known, evidence, lines: lines)
        try await core.faults.around(.acknowledgementRecord) {
            try await core.ledger.writer.perform(reserved: true) { db in
                guard try WitnessTable.log(db) == known else {
                    throw ServiceError(.unexpected, "An operator has accepted another log meanwhile.")
                }
                if log != known { try WitnessTable.set(db, log) }
                try WitnessTable.setAlarm(db, nil)
                if let delivered { try OutboxTable.setDelivered(db, delivered) }
            }
        }
    }

    /// How long after an alarm's event the next one has none, where the log is wrong and right by turns.
    private static let alarmPause: Int64 = 60

    /// Records that the log is not to be believed, with its event; once, however often it is found.
    func raise(_ alarm: LogAlarm) async throws {
        var event = core.events.event(.alarm, at: core.now())
        event.reasonText = alarm.description
        let line = try UnnumberedEventLine(event)
        let now = core.seconds()
        let isNew = try await core.ledger.writer.perform(reserved: true) { db in
            guard try WitnessTable.alarm(db) == nil else { return false }
            try WitnessTable.setAlarm(db, alarm.description)
            if let last = try WitnessTable.alarmRecordedAt(db), (0..<Self.alarmPause).contains(now - last) {
                return true
            }
            try WitnessTable.setAlarmRecorded(db, at: now)
            try OutboxTable.append(db, line, at: now)
            return true
        }
        guard isNew else { return }
        core.logger.critical(
            "the audit log is not what was witnessed: nothing more is marked as delivered",
            metadata: ["error": "\(alarm)"])
        core.outboxGrew()
    }

    /// Tells the log what its witness says of it.
    ///
    /// - Returns: what was told.
    func report(after told: WitnessReport?) async throws -> WitnessReport {
        let (log, alarm) = try core.ledger.read { (try WitnessTable.log($0), try WitnessTable.alarm($0)) }
        let report = WitnessReport(
            witness: key.verifierKey.description, checkpoint: alarm == nil ? log?.text : nil, alarm: alarm)
        guard report != told else { return report }
        _ = try await core.faults.around(.witnessCall) { try await audit.witness(report) }
        return report
    }

    /// Goes on from the log as it is now, whatever was witnessed before: an operator says that this is right.
    ///
    /// - Throws: ``ServiceError`` where the auditor can't be asked, or the checkpoint is not signed by the configured key.
    func accept(by person: String) async throws -> AcceptLogReply {
        let reply = try await audit.position(EventPositionRequest(run: core.ledger.incarnation, witnessedSize: 0))
        let log: WitnessedLog
        do {
            log = try advance(nil, reply.evidence, lines: [])
        } catch let alarm as LogAlarm {
            throw ServiceError(
                .invalidArgument,
                "\(alarm) Where the auditor has a new key, put what «estuary audit key» prints into the signer's"
                    + " configuration as auditor.log-key, and restart the signer.")
        }
        let event = core.events.administration(.logAccepted, by: person, at: core.now())
        let now = core.seconds()
        let accepted = try await core.ledger.writer.perform(reserved: true) { db in
            let (former, alarm) = (try WitnessTable.log(db), try WitnessTable.alarm(db))
            let reply = AcceptLogReply(
                former: former.map { Self.tree($0.checkpoint) }, accepted: Self.tree(log.checkpoint), alarm: alarm)
            try WitnessTable.set(db, log)
            try WitnessTable.setAlarm(db, nil)
            var event = event
            event.reasonText =
                Self.text(reply.accepted) + (reply.former.map { " instead of " + Self.text($0) } ?? "")
                + (alarm.map { ". The alarm was: \($0)" } ?? "")
            try OutboxTable.append(db, UnnumberedEventLine(event), at: now)
            return reply
        }
        core.outboxGrew()
        return accepted
    }

    private static func tree(_ checkpoint: Checkpoint) -> AcceptLogReply.Tree {
        .init(origin: checkpoint.origin, size: checkpoint.size, root: checkpoint.root.base64)
    }

    private static func text(_ tree: AcceptLogReply.Tree) -> String {
        "\(tree.origin) of \(tree.size) events, root \(tree.root)"
    }

    /// What the log has become, with a cosignature.
    ///
    /// - Throws: ``LogAlarm`` where it does not continue what was known, or lacks a line.
    private func advance(_ known: WitnessedLog?, _ evidence: LogEvidence?, lines: [String]) throws -> WitnessedLog {
        do {
            guard let evidence else { throw TransparencyLogError("The log shows no checkpoint.") }
            let checkpoint: Checkpoint
            var note: SignedNote
            (note, checkpoint) = try evidence.verify(lines, from: known, log: log)
            if let known, known.checkpoint == checkpoint { return known }
            try Cosignature.add(to: &note, by: key, at: core.seconds())
            return try WitnessedLog(key: log, note: note)
        } catch let error as TransparencyLogError {
            throw LogAlarm(description: error.description)
        }
    }
}

/// The log is not what was witnessed, or lacks what it acknowledges.
struct LogAlarm: Error, Equatable, CustomStringConvertible {
    let description: String
}
