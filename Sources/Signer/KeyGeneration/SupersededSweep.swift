internal import ClusterProtocol
internal import Crypto
internal import Foundation
internal import GRDB
internal import PKI

/// Revokes certificates whose key the device never got: it asked again, and has another pair since (design §7).
///
/// Not at once: the answer may have arrived after all, and the device have asked again by mistake.
struct SupersededSweep: Sendable {
    /// In seconds.
    static let grace: Int64 = 3600

    var events: EventComposer
    var time: Date

    /// Revokes at most `limit`; how many.
    func sweep(_ db: Database, limit: Int) throws -> Int {
        let now = Int64(time.timeIntervalSince1970)
        let due = try SupersededTable.due(db, at: now, limit: limit)
        for record in due {
            try SupersededTable.delete(db, authority: record.authority, serial: record.serial)
            guard let certificate = try CertificateTable.find(db, authority: record.authority, serial: record.serial),
                certificate.revokedAt == nil, certificate.notAfter >= now
            else { continue }
            _ = try Revocation(reason: .superseded, only: true, now: now).apply(to: certificate, db)
            var event = events.event(.revoked, at: time)
            event.decision = .allowed
            event.scope = .certificate
            event.authority = certificate.authority
            event.serial = certificate.serial.hexadecimal
            event.device = certificate.device.map(DeviceIdentifier.text)
            event.label = certificate.label
            event.revocationReason = RevocationReason.superseded.rawValue
            event.reasonText = "its key was asked for again: \(record.successor.hexadecimal) took its place"
            event.fingerprint = SHA256.hash(data: certificate.der).hexadecimal
            event.remarks = ["only this certificate"]
            try OutboxTable.append(db, UnnumberedEventLine(event), at: now)
        }
        return due.count
    }
}
