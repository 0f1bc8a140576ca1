internal import Crypto
internal import SwiftASN1
package import X509

extension CertificationRequest {
    /// The subjectKeyIdentifier of a certificate for the request's key (RFC 5280 §4.2.1.2, method 1), from the key's
    /// bytes as they were sent; nil for a key that a certificate may have in other bytes.
    ///
    /// To have the library write the key anew costs several microseconds: a point of a curve is converted for it.
    package func subjectKeyIdentifier() -> SubjectKeyIdentifier? {
        guard case .constructed(let parts)? = try? DER.parse(publicKeyDER).content, let last = Array(parts).last,
            let bits = try? ASN1BitString(derEncoded: last)
        else { return nil }
        switch key.kind {
        case .p256, .p384, .p521:
            // Uncompressed, as certificates have it.
            guard bits.bytes.first == 4 else { return nil }
        case .ed25519: break
        case .rsa, .other: return nil
        }
        return SubjectKeyIdentifier(keyIdentifier: Array(Insecure.SHA1.hash(data: bits.bytes))[...])
    }
}
