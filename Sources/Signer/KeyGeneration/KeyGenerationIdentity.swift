internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import PKI
internal import SwiftASN1
internal import Synchronization
internal import X509

/// Who signs the key packages of an authority's devices: the party that has made the keys (RFC 7030 §4.4.2).
///
/// Not the CA's own key: that signs certificates and CRLs only, and its key usage says so. And not the new key itself,
/// whose signature would say nothing about where it came from. It is a key that the signer makes for this and never
/// writes down, with a certificate for a week with the extended key usage of a key generation authority (id-kp-cmKGA,
/// RFC 9480 §2.2).
final class KeyGenerationIdentity: Sendable {
    let key: GeneratedKey
    let serial: Data
    /// DER.
    let certificate: Data
    /// Those between it and the root, DER.
    let intermediates: [Data]
    /// From then on another takes its place; in seconds since 1970.
    let renewAt: Int64

    init(key: GeneratedKey, serial: Data, certificate: Data, intermediates: [Data], renewAt: Int64) {
        self.key = key
        self.serial = serial
        self.certificate = certificate
        self.intermediates = intermediates
        self.renewAt = renewAt
    }
}

/// The identities of each authority, made when they are first needed. Their certificates are recorded like every other.
final class KeyGenerationIdentities: Sendable {
    /// In seconds.
    private static let lifetime: Int64 = 7 * 86400
    private static let keyGenerationAuthority: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 3, 32]

    private let core: SignerCore
    /// One for each authority.
    private let identities = Mutex<[String: KeyGenerationIdentity]>([:])
    private let making = InFlightRequests<KeyGenerationIdentity>()

    init(core: SignerCore) {
        self.core = core
    }

    func identity(of authority: IssuingAuthority) async throws -> KeyGenerationIdentity {
        if let known = identities.withLock({ $0[authority.name] }), known.renewAt > core.seconds(),
            // An operator can revoke it like every certificate.
            try core.ledger.read({
                try CertificateTable.find($0, authority: authority.name, serial: known.serial)?.revokedAt
            }) == nil
        {
            return known
        }
        return try await making.run(Data(authority.name.utf8)) { [self] in
            let made = try await make(for: authority)
            identities.withLock { $0[authority.name] = made }
            return made
        }.result
    }

    private func make(for authority: IssuingAuthority) async throws -> KeyGenerationIdentity {
        let key = try GeneratedKey(.p256)
        let time = core.now()
        let now = Int64(time.timeIntervalSince1970)
        let serial = core.serials.next(at: time)
        let subject = try DistinguishedName { CommonName("\(core.name) key generation") }
        let contents = CertificateContents(
            serial: serial, publicKey: try Certificate.PublicKey(derEncoded: try key.publicKeyInfo()),
            subject: subject, notBefore: now - 300, notAfter: min(now + Self.lifetime, authority.notAfter),
            extensions: [
                try Certificate.Extension(KeyUsage(digitalSignature: true), critical: true),
                try Certificate.Extension(
                    ExtendedKeyUsage([.init(oid: Self.keyGenerationAuthority)]), critical: false),
            ])
        let der = try authority.issue(contents)
        var event = core.events.event(.nodeCertificateIssued, at: time)
        event.decision = .allowed
        event.node = core.name
        event.reasonText = "signs the keys that are made for devices"
        core.events.fill(
            &event,
            CertificateFacts(
                authority: authority.name, serial: serial, device: nil, der: der, subject: subject.description,
                names: [], notBefore: contents.notBefore, notAfter: contents.notAfter, remarks: []))
        let line = try UnnumberedEventLine(event)
        let record = CertificateRecord(
            authority: authority.name, serial: serial, device: nil, der: der, label: "", profile: "key-generation",
            node: core.name, issuedAt: now * 1000, notBefore: contents.notBefore, notAfter: contents.notAfter)
        try await core.ledger.writer.perform(counts: LedgerCounts(certificates: 1)) { db in
            try CertificateTable.insert(db, record)
            try OutboxTable.append(db, line, at: now)
        }
        core.outboxGrew()
        // Signatures are to be verified some days later, too.
        return KeyGenerationIdentity(
            key: key, serial: serial, certificate: der,
            intermediates: Array(authority.chain.dropLast(authority.chain.count > 1 ? 1 : 0)),
            renewAt: now + (contents.notAfter - now) / 2)
    }
}
