internal import ClusterProtocol
internal import Crypto
internal import Foundation
internal import PKI

/// Makes and signs one CRL of an authority from the ledger (RFC 5280 §5).
struct RevocationListIssuance: Sendable {
    /// A CRL begins so much before it is made: many readers refuse one of the future, and their clocks are not all right.
    private static let backdating: Int64 = 300

    var authority: IssuingAuthority
    var ledger: Ledger
    var events: EventComposer

    /// A signed CRL that nobody may see yet.
    struct Draft: Sendable {
        var list: IssuedRevocationList
        /// The time to enter in the ledger where it was due by the age of the one before.
        var regular: Int64?
        var event: UnnumberedEventLine
    }

    /// Not on a thread of the cooperative pool: with a million entries this takes seconds.
    func make(at time: Date) throws -> Draft {
        let now = Int64(time.timeIntervalSince1970)
        let lifetime = authority.services.listLifetime
        // First the count, then the entries: the CRL then knows at least what was counted.
        let position = try ledger.read { try RevocationListTable.position($0, authority: authority.name) }
        let previous = position.regular.map { min($0, now) } ?? now
        let isRegular = position.regular.map { now - $0 >= lifetime / 2 || $0 > now } ?? true
        // An entry stays until one regular CRL after its certificate's end has had it (RFC 5280 §3.3): so whatever had
        // not ended when the last regular one was made is in this one.
        let entries = try ledger.read {
            try RevocationListTable.entries($0, authority: authority.name, notEndedBefore: previous)
        }
        let list = RevocationList(
            issuer: authority.listIssuer, signatureAlgorithm: authority.signatureAlgorithm,
            // Time is part of it: a ledger restored from a backup gives no number again.
            number: max(position.number + 1, Int64(time.timeIntervalSince1970 * 1000)),
            thisUpdate: now - Self.backdating, nextUpdate: now + lifetime)
        let toBeSigned = list.toBeSigned(entries)
        let bytes = list.encode(toBeSigned: toBeSigned, signature: try authority.signature(over: toBeSigned))
        let issued = IssuedRevocationList(
            number: list.number, issuedAt: now, thisUpdate: list.thisUpdate, nextUpdate: list.nextUpdate,
            entries: entries.count, revocations: position.revocations, bytes: bytes)
        return Draft(
            list: issued, regular: isRegular ? now : nil,
            event: try UnnumberedEventLine(event(of: issued, at: time)))
    }

    private func event(of list: IssuedRevocationList, at time: Date) -> AuditEvent {
        var event = events.event(.revocationListIssued, at: time)
        event.decision = .allowed
        event.authority = authority.name
        event.reasonText = "number \(list.number)"
        event.count = list.entries
        event.fingerprint = SHA256.hash(data: list.bytes).hexadecimal
        event.notBefore = AuditEvent.timestamp(Date(timeIntervalSince1970: Double(list.thisUpdate)))
        event.notAfter = AuditEvent.timestamp(Date(timeIntervalSince1970: Double(list.nextUpdate)))
        return event
    }
}
