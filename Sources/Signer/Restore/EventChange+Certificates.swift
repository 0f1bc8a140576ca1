internal import ClusterProtocol
internal import Crypto
internal import Foundation
internal import GRDB
internal import PKI
internal import SwiftASN1
internal import X509

extension EventChange {
    /// A device's certificate, with all that its issuance has changed.
    func issued(_ tally: inout ImportTally) throws -> LedgerCounts {
        let digest = try data(event.requestDigest, "request_digest")
        guard try hasAuthority(&tally) else {
            try pay(with: identifier("secret:", of: event.principal), digest: digest)
            return LedgerCounts()
        }
        let (authority, certificate, der) = try certificateOfOurs()
        let keySHA256 = Data(SHA256.hash(data: try certificate.publicKey.derEncoded()))
        let device = try required(event.device.flatMap { DeviceIdentifier.number($0) }, "device")
        let isNew = try DeviceTable.find(db, id: device) == nil
        var record = try record(certificate, der, profile: try required(event.profile, "profile"))
        record.device = device
        let secret = identifier("secret:", of: event.principal)
        let isSecretAlone = event.principal?.hasPrefix("secret:") == true
        let secretEnd = try isSecretAlone ? secret.flatMap { try SecretTable.find(db, id: $0) }?.expiresAt : nil
        try pay(with: secret, digest: digest)
        try IssuanceRecord(
            certificate: record, device: device, isNewDevice: isNew,
            subject: event.subject ?? certificate.subject.description,
            names: try names(of: certificate), keySHA256: keySHA256,
            // A profile that is not there any more may have forbidden it.
            allowsKeyReuse: rules.policy.profile(record.profile)?.allowsKeyReuse ?? false,
            manufacturer: try manufacturer(), digest: digest,
            outcome: RecordedDecision.outcome(
                of: record.serial, authority: authority.name, notBefore: record.notBefore, notAfter: record.notAfter,
                secretEnd: secretEnd, at: try seconds()),
            idempotencyScope: try event.idempotencyScope.map { try data($0, "idempotency_scope") }
        ).enter(db)
        if let superseded = event.supersedes {
            try SupersededTable.insert(
                db,
                SupersededRecord(
                    authority: authority.name, serial: try data(superseded, "supersedes"), successor: record.serial,
                    dueAt: try seconds() + SupersededSweep.grace))
        }
        return LedgerCounts(certificates: 1, devices: isNew ? 1 : 0)
    }

    /// A certificate of the cluster itself: a frontend's, or an OCSP responder's.
    func certificateOfOurOwn(profile: String, _ tally: inout ImportTally) throws -> LedgerCounts {
        guard try hasAuthority(&tally) else { return LedgerCounts() }
        let (_, certificate, der) = try certificateOfOurs()
        try CertificateTable.insert(db, try record(certificate, der, profile: profile))
        return LedgerCounts(certificates: 1)
    }

    /// Whether the configuration has the event's authority. One that was added after the backup has lost its key.
    private func hasAuthority(_ tally: inout ImportTally) throws -> Bool {
        let name = try required(event.authority, "authority")
        guard rules.authorities[name] == nil else { return true }
        tally.lose(
            "A certificate of the authority «\(name)», which is not in the configuration: serial \(event.serial ?? "")")
        return false
    }

    /// The event's certificate, which the authority has to have signed: no word of the log's is believed here.
    private func certificateOfOurs() throws -> (IssuingAuthority, Certificate, Data) {
        let name = try required(event.authority, "authority")
        guard let authority = rules.authorities[name] else {
            throw failure("its authority «\(name)» is not in the configuration.")
        }
        let der = try required(event.certificate, "certificate")
        let certificate: Certificate
        do {
            certificate = try Certificate(derEncoded: Array(der))
        } catch {
            throw failure("its certificate can't be read.")
        }
        guard authority.certificate.publicKey.isValidSignature(certificate.signature, for: certificate) else {
            throw failure("the authority «\(name)» has not signed its certificate.")
        }
        guard try Data(certificate.serialNumber.bytes) == data(event.serial, "serial") else {
            throw failure("its certificate has another serial number.")
        }
        return (authority, certificate, der)
    }

    private func record(_ certificate: Certificate, _ der: Data, profile: String) throws -> CertificateRecord {
        CertificateRecord(
            authority: try required(event.authority, "authority"), serial: Data(certificate.serialNumber.bytes),
            device: nil, der: der, label: event.label ?? "", profile: profile, node: event.node ?? event.source,
            issuedAt: try milliseconds(), notBefore: Int64(certificate.notValidBefore.timeIntervalSince1970),
            notAfter: Int64(certificate.notValidAfter.timeIntervalSince1970))
    }

    private func names(of certificate: Certificate) throws -> [String] {
        // A list that was cut is in the certificate as a whole.
        if let names = event.names, event.namesCount == nil { return names }
        return try CanonicalName.list(of: certificate).map(\.description)
    }

    /// Counts the use: of the secret, or the one that an approval had reserved.
    private func pay(with secret: String?, digest: Data) throws {
        // The pair whose place this one takes was paid for.
        guard event.supersedes == nil else { return }
        if let approval = try ApprovalTable.find(db, digest: digest) {
            if approval.state == .approved {
                try ApprovalTable.delete(db, id: approval.id)
                if let reserved = approval.secretID, try !SecretTable.burnReserved(db, id: reserved) {
                    try SecretTable.countUse(db, id: reserved)
                }
                return
            }
            try ApprovalSweep.release(db, approval)
        }
        if let secret { try SecretTable.countUse(db, id: secret) }
    }

    private func manufacturer() throws -> ManufacturerLink? {
        guard let identity = event.manufacturerIdentity else { return nil }
        let parts = (event.principal ?? "").split(separator: "+").first?.split(separator: ":") ?? []
        guard parts.count >= 3, parts.first == "manufacturer" else {
            throw failure("its principal is no manufacturer's.")
        }
        return ManufacturerLink(
            manufacturer: parts.dropFirst().dropLast().joined(separator: ":"),
            fingerprint: try data(parts.last.map(String.init), "principal"),
            identity: try data(identity, "manufacturer_identity"),
            keySHA256: try data(event.manufacturerKeySHA256, "manufacturer_spki_sha256"))
    }

    func revoked(_ tally: inout ImportTally) throws {
        guard try hasAuthority(&tally) else { return }
        let authority = try required(event.authority, "authority")
        let serial = try data(event.serial, "serial")
        let reason = try required(event.revocationReason.flatMap(RevocationReason.init(rawValue:)), "revocation_reason")
        guard let record = try CertificateTable.find(db, authority: authority, serial: serial) else {
            throw failure("the ledger does not have the certificate that it revokes.")
        }
        if reason == .superseded { try SupersededTable.delete(db, authority: authority, serial: serial) }
        let isWhole = event.scope.map { $0 == .device } ?? (event.remarks == nil)
        // One of several events of a revocation that the first has carried out.
        guard isWhole || record.revokedAt == nil || reason == .keyCompromise else { return }
        _ = try Revocation(reason: reason, only: !isWhole, now: try seconds()).apply(to: record, db)
    }

    /// Far above what an authority comes to, far below where numbers end.
    private static let highestListNumber: Int64 = 1 << 48

    func revocationListIssued() throws {
        let authority = try required(event.authority, "authority")
        guard rules.authorities[authority] != nil,
            let number = event.reasonText?.split(separator: " ").last.flatMap({ Int64($0) })
        else { return }
        guard number < Self.highestListNumber else { throw failure("no CRL has the number \(number).") }
        let known = try RevocationListTable.position(db, authority: authority).number
        try RevocationListTable.enter(db, authority: authority, number: max(known, number), regular: nil)
    }
}
