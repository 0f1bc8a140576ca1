internal import Foundation
internal import GRDB

/// What the ledger takes in of an issuance beside its event: entered when a certificate is issued, and when a restored
/// ledger learns of one from the auditor.
struct IssuanceRecord: Sendable {
    /// Its `device` is there.
    var certificate: CertificateRecord
    var device: Int64
    var isNewDevice: Bool
    var subject: String
    var names: [String]
    var keySHA256: Data
    var allowsKeyReuse: Bool
    var manufacturer: ManufacturerLink?
    var digest: Data
    var outcome: RecordedOutcome
    var idempotencyScope: Data?

    private var seconds: Int64 { certificate.issuedAt / 1000 }

    func enter(_ db: Database) throws {
        try CertificateTable.insert(db, certificate)
        try enterDevice(db)
        try OutcomeTable.set(db, digest: digest, outcome)
        if let idempotencyScope {
            try OutcomeTable.setIdempotencyDigest(
                db, scopeSHA256: idempotencyScope, digest: digest,
                until: max(outcome.replayUntil, outcome.replayUntilIfSpent))
        }
    }

    private func enterDevice(_ db: Database) throws {
        let (label, end) = (certificate.label, certificate.notAfter)
        if isNewDevice {
            try DeviceTable.insert(db, id: device, subject: subject, label: label, at: seconds, expires: end)
        } else {
            try DeviceTable.renew(db, id: device, subject: subject, label: label, at: seconds, expires: end)
        }
        if let manufacturer {
            try ManufacturerTable.link(db, manufacturer, device: device, at: seconds)
        }
        for name in names {
            let holding = NameHolding(
                name: name, device: device, keySHA256: keySHA256, heldUntil: end, boundAt: certificate.issuedAt,
                isBlocked: false)
            if try isNewDevice || !NameTable.renew(db, holding) {
                try NameTable.bind(db, holding)
            }
        }
        if !allowsKeyReuse {
            try KeyTable.setHolder(db, keySHA256: keySHA256, device: device, until: end)
        }
    }
}
