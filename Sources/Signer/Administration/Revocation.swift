internal import ClusterProtocol
internal import ClusterTransport
internal import Crypto
internal import Foundation
internal import GRDB

/// Revokes a certificate and, unless it is only that one, its whole device (design §6, «Revocation»).
struct Revocation: Sendable {
    var reason: RevocationReason
    /// Only the named certificate: neither the device's others nor its names.
    var only: Bool
    /// In seconds since 1970.
    var now: Int64

    /// - Returns: what this revoked, and the names that it blocked.
    /// - Throws: `invalidArgument` where there is nothing left to do.
    func apply(to named: CertificateRecord, _ db: Database) throws -> (revoked: [CertificateRecord], names: [String]) {
        var targets = named.revokedAt == nil ? [named] : []
        if !only, let device = named.device {
            targets += try CertificateTable.live(db, device: device, at: now).filter { $0.serial != named.serial }
        }
        guard !targets.isEmpty || !only || reason == .keyCompromise else {
            throw ServiceError(.invalidArgument, "The certificate was revoked before.")
        }
        for target in targets {
            try CertificateTable.revoke(
                db, authority: target.authority, serial: target.serial, at: now, reason: reason)
        }
        var names: [String] = []
        if let device = named.device {
            if !only {
                try NameTable.block(db, device: device)
                try DeviceTable.setBlocked(db, id: device, at: now)
                names = try NameTable.names(db, device: device).map(\.name)
            }
            // The named one's key also where it was revoked before: the reason may be a new one.
            try blockKeys(of: targets + (named.revokedAt == nil ? [] : [named]), device: device, db)
        }
        return (targets, names)
    }

    /// A compromised key is refused for ever; the keys of a revoked device until it is released.
    private func blockKeys(of certificates: [CertificateRecord], device: Int64, _ db: Database) throws {
        guard reason == .keyCompromise || !only else { return }
        for certificate in certificates {
            try KeyTable.setBlock(
                db, keySHA256: Data(SHA256.hash(data: try certificate.publicKeyDER())), device: device,
                reason == .keyCompromise ? .forEver : .untilReleased)
        }
    }
}
