internal import ClusterProtocol
internal import Crypto
internal import Foundation
internal import GRDB

/// Revokes what was asked for through a stolen frontend, a bounded number of certificates a step.
///
/// A thief may have renewed a certificate at other frontends meanwhile. So unless ``only``, what a device got later than
/// a listed certificate is revoked too; what it had before is the device's own, and stays good.
struct NodeRevocation: Sendable {
    /// The certificates of one step at most: their events are small beside what the writer commits at once, and the
    /// reply fits into a message.
    static let limit = 250

    var reason: RevocationReason
    var only: Bool
    /// In seconds since 1970.
    var now: Int64

    /// What a step has done.
    struct Step: Sendable {
        var revoked: [CertificateRecord] = []
        /// The last certificate that needs no further look; nil where not even the first is done with.
        var done: CertificateSearch.Position?
        var isComplete = true
    }

    /// Revokes certificates that a search has found, oldest first.
    func apply(to listed: [CertificateRecord], _ db: Database) throws -> Step {
        var step = Step()
        var followed: Set<Int64> = []
        for record in listed {
            let room = Self.limit - step.revoked.count
            guard let targets = try targets(of: record, room: room, followed: &followed, db) else {
                step.isComplete = false
                return step
            }
            for target in targets.all {
                try CertificateTable.revoke(
                    db, authority: target.authority, serial: target.serial, at: now, reason: reason)
                if reason == .keyCompromise, let device = target.device {
                    try KeyTable.setBlock(
                        db, keySHA256: Data(SHA256.hash(data: try target.publicKeyDER())), device: device, .forEver)
                }
            }
            step.revoked += targets.all
            guard targets.isEverything else {
                // There may be more of this device: the next step begins with it again.
                step.isComplete = false
                return step
            }
            step.done = CertificateSearch.Position(authority: record.authority, serial: record.serial)
        }
        return step
    }

    /// What is to be revoked because of a listed certificate; nil where there is no room for that.
    private func targets(
        of record: CertificateRecord, room: Int, followed: inout Set<Int64>, _ db: Database
    ) throws -> (all: [CertificateRecord], isEverything: Bool)? {
        guard
            let current = try CertificateTable.find(db, authority: record.authority, serial: record.serial),
            // What came of one that was revoked was judged then; what the device has got since is not the thief's.
            current.revokedAt == nil
        else { return ([], true) }
        guard room > 0 else { return nil }
        var targets: [CertificateRecord] = []
        if !only, let device = record.device, !followed.contains(device) {
            targets = try CertificateTable.live(
                db, device: device, issuedSince: record.issuedAt, but: record.serial, at: now, limit: room)
            // The listed one last: as long as it is not revoked, the next step looks for others again.
            guard targets.count < room else { return (targets, false) }
            followed.insert(device)
        }
        return (targets + (current.notAfter >= now ? [current] : []), true)
    }
}
