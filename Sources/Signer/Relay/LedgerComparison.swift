internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import GRDB

/// Compares the ledger with what the auditor has of it (design §7, «Restore»).
struct LedgerComparison: Sendable {
    var ledger: Ledger
    var audit: any AuditBackend

    /// How far the auditor has this ledger's events.
    ///
    /// The newest event that both have is sent again: the auditor refuses it where it has another one under that
    /// number, so that a ledger that was restored and has gone on since is found out as well.
    ///
    /// - Parameter witnessedSize: for a witness, the tree that it knows: the reply then has the log's evidence.
    /// - Throws: ``LedgerBehindAuditor`` where the auditor has events that the ledger lacks; what the call throws where
    ///   the auditor can't be asked.
    func position(witnessedSize: Int64? = nil) async throws -> AppendEventsReply {
        let run = ledger.incarnation
        let reply = try await audit.position(EventPositionRequest(run: run, witnessedSize: witnessedSize))
        let stored = reply.acknowledgedSequence
        let (last, common) = try ledger.read { db in
            let last = try OutboxTable.lastSequence(db)
            return (last, try OutboxTable.lines(db, from: min(stored, last), limit: 1).first)
        }
        guard stored <= last else { throw LedgerBehindAuditor(ledger: last, auditor: stored) }
        if stored > 0, let common, try AuditEvent(line: common).sequence == stored {
            do {
                _ = try await audit.append(AppendEventsRequest(run: run, firstSequence: stored, lines: [common]))
            } catch let error as ServiceError where error.code == .eventConflict {
                throw LedgerBehindAuditor(ledger: last, auditor: stored)
            }
        }
        return reply
    }

    /// - Throws: ``OutboxGap`` where events from this number on are needed and were pruned.
    func requireKept(from sequence: Int64) throws {
        let first = try ledger.read { try OutboxTable.firstSequence($0) }
        if let first, first > sequence {
            throw OutboxGap(needed: sequence, first: first)
        }
    }
}

/// The auditor has events of this ledger that the ledger lacks: it was restored from an older backup.
///
/// Signing on would issue what exists already, or honour secrets that are spent.
struct LedgerBehindAuditor: Error, CustomStringConvertible {
    var ledger: Int64
    var auditor: Int64

    var description: String {
        "the auditor has other or more events of this ledger (up to \(auditor)) than the ledger itself (up to "
            + "\(ledger)): it is an older copy. Restore a newer backup, or start with --accept-loss to go on without "
            + "what was issued since."
    }
}

/// The auditor has lost events that the ledger no longer keeps.
struct OutboxGap: Error, CustomStringConvertible {
    var needed: Int64
    var first: Int64

    var description: String {
        "the auditor needs the events from \(needed) on, and the ledger keeps them from \(first) on only "
            + "(limits.outbox-retention). Restore the auditor from a newer backup, or restart the signer with "
            + "--accept-loss: it then goes on under a new incarnation."
    }
}
