internal import ClusterProtocol
internal import Crypto
internal import Foundation
internal import PKI
internal import X509

/// Who asks for a certificate, once authenticated: by a certificate of ours or of a manufacturer, by an enrollment secret,
/// or by both.
struct Requester: Sendable {
    /// A certificate that the signer itself has issued, found in the ledger.
    final class HeldCertificate: Sendable {
        let record: CertificateRecord
        let certificate: Certificate
        /// SHA-256 of its SubjectPublicKeyInfo.
        let keySHA256: Data
        /// Whether it is a registration authority's (id-kp-cmcRA, RFC 6402 §2.10).
        let isRegistrationAuthority: Bool

        init(
            record: CertificateRecord, certificate: Certificate, keySHA256: Data, isRegistrationAuthority: Bool
        ) {
            self.record = record
            self.certificate = certificate
            self.keySHA256 = keySHA256
            self.isRegistrationAuthority = isRegistrationAuthority
        }
    }

    /// A certificate that the device was made with.
    struct ManufacturerCertificate: Sendable {
        /// The manufacturer's name in the policy.
        var manufacturer: String
        var certificate: Certificate
        /// SHA-256 over the certificate, as it was presented: for events.
        var fingerprint: Data
        /// SHA-256 over its signed part: what the device is known by. A fingerprint would change with the signature's
        /// encoding, which whoever holds the certificate can change.
        var identity: Data
        var publicKeyDER: [UInt8]
        /// What was tolerated, for the event.
        var remark: String?

        var keySHA256: Data { Data(SHA256.hash(data: publicKeyDER)) }

        var link: ManufacturerLink {
            ManufacturerLink(
                manufacturer: manufacturer, fingerprint: fingerprint, identity: identity, keySHA256: keySHA256)
        }
    }

    /// The identity where it is there: then no use of a secret is burned, unless the label requires both.
    var certificate: HeldCertificate?
    /// The identity likewise; only ever without ``certificate``.
    var manufacturer: ManufacturerCertificate?
    /// The secret whose use the issuance burns. May be spent or expired: that is judged once it is known whether the
    /// request is an earlier one's repetition.
    var secret: SecretRecord?
    /// Whether the certificate is a registration authority's, and the label lets it ask for others (RFC 7030 §3.7): then
    /// it stands for no device.
    var asksForOthers = false

    var authentication: AuditEvent.Authentication {
        switch (certificate, manufacturer, secret) {
        case (.some, _, .some): .certificateAndSecret
        case (.some, _, nil): .certificate
        case (nil, .some, .some): .manufacturerAndSecret
        case (nil, .some, nil): .manufacturer
        case (nil, nil, .some): .secret
        case (nil, nil, nil): .none
        }
    }

    /// Whether the secret is all that was shown: then it is the identity, and pays.
    var isSecretAlone: Bool { certificate == nil && manufacturer == nil }

    /// Whether several devices may have this identity, so that nothing tells which of them asks.
    var isShared: Bool { asksForOthers || (isSecretAlone && secret?.isMultiUse == true) }

    /// The identity as events name it: the certificate, the secret, or both.
    var principal: String {
        [
            certificate.map { "certificate:\($0.record.serial.hexadecimal)" },
            manufacturer.map { "manufacturer:\($0.manufacturer):\($0.fingerprint.hexadecimal)" },
            secret.map { "secret:\($0.id)" },
        ].compactMap { $0 }.joined(separator: "+")
    }

    /// The device whose certificate of ours was presented, and for which it stands.
    var device: Int64? { asksForOthers ? nil : certificate?.record.device }

    /// What the request's digest takes in of the identity: the certificate's, the secret's id, or both.
    var digestIdentity: Data {
        (certificate.map { Data("certificate".utf8) + Data(SHA256.hash(data: $0.record.der)) } ?? Data())
            + (manufacturer.map { Data("manufacturer".utf8) + $0.identity } ?? Data())
            + (secret.map { Data("secret".utf8) + Data($0.id.utf8) } ?? Data())
    }

    /// The scope of this requester's idempotency keys: a multi-use secret is shared, and a registration authority asks
    /// for many, so that the scope takes in what tells those apart, the key.
    func idempotencyScope(sharedBy distinction: [UInt8]) -> Data {
        isShared
            ? digestIdentity + Data(SHA256.hash(data: distinction)) : digestIdentity
    }
}
