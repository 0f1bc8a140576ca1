internal import ClusterProtocol
internal import Crypto
internal import Foundation
internal import PKI
internal import X509

/// Who asks for a certificate, once authenticated: by a certificate of ours, by an enrollment secret, or by both.
struct Requester: Sendable {
    /// A certificate that the signer itself has issued, found in the ledger.
    struct HeldCertificate: Sendable {
        var record: CertificateRecord
        var certificate: Certificate
    }

    /// The identity where it is there: then no use of a secret is burned, unless the label requires both.
    var certificate: HeldCertificate?
    /// The secret whose use the issuance burns. May be spent or expired: that is judged once it is known whether the
    /// request is an earlier one's repetition.
    var secret: SecretRecord?

    var authentication: AuditEvent.Authentication {
        switch (certificate, secret) {
        case (.some, .some): .certificateAndSecret
        case (.some, nil): .certificate
        case (nil, .some): .secret
        case (nil, nil): .none
        }
    }

    /// The identity as events name it: the certificate, the secret, or both.
    var principal: String {
        [certificate.map { "certificate:\($0.record.serial.hexadecimal)" }, secret.map { "secret:\($0.id)" }]
            .compactMap { $0 }.joined(separator: "+")
    }

    /// The device whose certificate was presented.
    var device: Int64? { certificate?.record.device }

    /// What the request's digest takes in of the identity: the fingerprint of the certificate, the secret's id, or both.
    var digestIdentity: Data {
        (certificate.map { Data("certificate".utf8) + Data(SHA256.hash(data: $0.record.der)) } ?? Data())
            + (secret.map { Data("secret".utf8) + Data($0.id.utf8) } ?? Data())
    }

    /// The scope of this requester's idempotency keys: a multi-use secret is shared, so that its scope takes in the key.
    func idempotencyScope(publicKeyDER: [UInt8]) -> Data {
        certificate == nil && secret?.isMultiUse == true
            ? digestIdentity + Data(SHA256.hash(data: publicKeyDER)) : digestIdentity
    }
}
