internal import ClusterProtocol
internal import ClusterTransport
internal import Crypto
internal import Foundation
internal import GRDB
internal import SwiftASN1
internal import X509

/// Revokes a certificate and, unless it is only that one, its whole device (design §6, «Revocation»).
struct Revocation: Sendable {
    var reason: RevocationReason
    /// Only the named certificate: neither the device's others nor its names.
    var only: Bool
    /// In seconds since 1970.
    var now: Int64

    /// - Returns: what this revoked, and the names that it blocked.
    /// - Throws: `invalidArgument` where there is nothing left to revoke.
    func apply(to named: CertificateRecord, _ db: Database) throws -> (revoked: [CertificateRecord], names: [String]) {
        var targets = named.revokedAt == nil ? [named] : []
        if !only, let device = named.device {
            targets += try CertificateTable.live(db, device: device, at: now).filter { $0.serial != named.serial }
        }
        for target in targets {
            try CertificateTable.revoke(
                db, authority: target.authority, serial: target.serial, at: now, reason: reason)
        }
        var names: [String] = []
        if !only, let device = named.device {
            try NameTable.block(db, device: device)
            try DeviceTable.setBlocked(db, id: device, at: now)
            names = try NameTable.names(db, device: device).map(\.name)
        }
        if let device = named.device {
            try blockKeys(of: targets, device: device, db)
        }
        guard !targets.isEmpty || !only else {
            throw ServiceError(.invalidArgument, "The certificate was revoked before.")
        }
        return (targets, names)
    }

    /// A compromised key is refused for ever; the keys of a revoked device until it is released.
    private func blockKeys(of certificates: [CertificateRecord], device: Int64, _ db: Database) throws {
        guard reason == .keyCompromise || !only else { return }
        for certificate in certificates {
            let key = try Certificate(derEncoded: Array(certificate.der)).publicKey.derEncoded()
            try KeyTable.setBlock(
                db, keySHA256: Data(SHA256.hash(data: key)), device: device,
                reason == .keyCompromise ? .forEver : .untilReleased)
        }
    }
}
