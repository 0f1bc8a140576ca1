internal import Crypto
internal import SwiftASN1

/// What CertIDs call an issuing certificate by: the hashes of its name and of its key (RFC 6960 §4.1.1).
package struct OCSPIssuer: Sendable, Equatable {
    package struct Hashes: Sendable, Equatable {
        /// Of the subject, DER.
        package let name: [UInt8]
        /// Of the public key's bits, without tag, length and number of unused bits.
        package let key: [UInt8]
    }

    package let sha1: Hashes
    package let sha256: Hashes

    /// - Parameter certificate: the issuing certificate, DER. It is not judged here.
    /// - Throws: `ASN1Error` where it is no certificate.
    package init(certificate: [UInt8]) throws {
        let outline = try CertificateOutline(derEncoded: certificate)
        let name = outline.subject.encodedBytes
        let key = outline.publicKeyBits
        sha1 = Hashes(name: Array(Insecure.SHA1.hash(data: name)), key: Array(Insecure.SHA1.hash(data: key)))
        sha256 = Hashes(name: Array(SHA256.hash(data: name)), key: Array(SHA256.hash(data: key)))
    }

    package func hashes(_ hash: OCSPIdentifierHash) -> Hashes {
        switch hash {
        case .sha1: sha1
        case .sha256: sha256
        }
    }

    /// Whether a CertID asks about a certificate of this issuer.
    package func issued(_ identifier: OCSPCertificateIdentifier) -> Bool {
        guard let hash = identifier.hash else { return false }
        let own = hashes(hash)
        return own.name == identifier.issuerNameHash && own.key == identifier.issuerKeyHash
    }
}
