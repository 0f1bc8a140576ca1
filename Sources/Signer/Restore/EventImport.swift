internal import ClusterProtocol
internal import Foundation
internal import GRDB
internal import PKI

/// Does to a restored ledger what an event of its former life tells, as that life did it.
///
/// Events come in their order, so that each finds what the one before it has made. docs/backup.md has the table of what
/// each kind means.
struct EventImport: Sendable {
    var authorities: [String: IssuingAuthority]
    var policy: Policy
    /// How long a request waits for approval, in seconds.
    var pendingLifetime: Int64
    /// Whether the log's word gives rights: nodes, invitations, approvals, names that are free again.
    ///
    /// Only in a restore that an operator has begun. Where the ledger lacks events for no reason that anybody has told, the
    /// log may be a thief's: then only what takes rights away is done, and what is signed by the CA itself.
    var givesRights = false

    /// Enters one event's change, in the caller's transaction.
    ///
    /// - Throws: ``EventImportError`` where the event tells what can't be, or the ledger is none that it could follow.
    func apply(_ event: AuditEvent, _ tally: inout ImportTally, _ counts: inout LedgerCounts, _ db: Database) throws {
        let change = EventChange(event: event, rules: self, db: db)
        if !givesRights, let right = change.right {
            return tally.lose(
                "\(right), by the log's word alone: where it is right, do it again (event \(event.sequence)).")
        }
        switch event.type {
        case .issued: counts += try change.issued(&tally)
        case .nodeCertificateIssued: counts += try change.certificateOfOurOwn(profile: "node", &tally)
        case .responderCertificateIssued: counts += try change.certificateOfOurOwn(profile: "ocsp-responder", &tally)
        case .replayed: try change.replayed()
        case .pending: try change.pending()
        case .approved: try change.decided(.approve, &tally)
        case .rejected: try change.decided(.deny, &tally)
        case .approvalRemoved: try change.decided(.remove, &tally)
        case .revoked: try change.revoked(&tally)
        case .released: try change.released()
        case .secretCreated, .secretReissued: try change.secretCreated(&tally)
        case .secretRevoked: try change.secretRevoked()
        case .keyEncryptionKeyAdded: tally.lose("The key «\(event.principal ?? "")» has to be added again.")
        case .keyEncryptionKeyRemoved: try change.keyEncryptionKeyRemoved()
        case .nodeAdded: try change.nodeAdded(&tally)
        case .nodeJoined: try change.nodeJoined(&tally)
        case .nodeRemoved: try change.nodeRemoved()
        case .invitationCreated: try change.invitationCreated(&tally)
        case .invitationRevoked: try change.invitationRevoked()
        case .revocationListIssued: try change.revocationListIssued()
        case .configurationApplied: tally.policySHA256 = event.reasonText
        // What happened without changing the ledger; the last ones are never the signer's.
        case .denied, .configurationRefused, .started, .stopped, .dropped, .coalesced, .alarm, .logAccepted, .restored,
            .signedIn, .signInFailed, .signedOut, .exported, .pruned:
            return
        }
        tally.count(event.type)
    }
}

/// Why an event can't be taken over.
struct EventImportError: Error, Equatable, CustomStringConvertible {
    var sequence: Int64
    var text: String

    var description: String { "event \(sequence) of the log can't be taken over: \(text)" }
}

/// One event on its way into the ledger.
struct EventChange {
    let event: AuditEvent
    let rules: EventImport
    let db: Database

    /// What right the event gives to somebody, as the subject of a sentence's end; nil where it gives none.
    var right: String? {
        switch event.type {
        case .nodeAdded, .nodeJoined: "The node «\(event.node ?? "")» was added"
        case .invitationCreated: "An invitation was made (\(event.principal ?? ""))"
        case .approved: "A request of \(event.subject ?? "a device") was approved"
        case .approvalRemoved: "The decision on a request of \(event.subject ?? "a device") was removed"
        case .released: "Names were released (\(event.names?.prefix(3).joined(separator: " ") ?? event.device ?? ""))"
        default: nil
        }
    }

    func failure(_ text: String) -> EventImportError {
        EventImportError(sequence: event.sequence, text: text)
    }

    func required<Value>(_ value: Value?, _ field: String) throws -> Value {
        guard let value else { throw failure("its field «\(field)» is missing or no value.") }
        return value
    }

    /// In milliseconds since 1970.
    func milliseconds() throws -> Int64 {
        try required(EventSeconds.milliseconds(of: event.time), "time")
    }

    /// In seconds since 1970.
    func seconds() throws -> Int64 { try milliseconds() / 1000 }

    func data(_ hexadecimal: String?, _ field: String) throws -> Data {
        try required(hexadecimal.flatMap(Hexadecimal.bytes), field)
    }

    /// The identifier after a prefix at the end of the principal, such as `secret:`.
    func identifier(_ prefix: String, of principal: String?) -> String? {
        guard let principal, let range = principal.range(of: prefix, options: .backwards),
            range.lowerBound == principal.startIndex || principal[..<range.lowerBound].hasSuffix("+")
        else { return nil }
        return String(principal[range.upperBound...])
    }
}
