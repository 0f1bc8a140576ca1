internal import SwiftASN1

/// Who issues a CRL: the name byte for byte as in the issuing certificate, so that every reader finds the two equal.
package struct RevocationListIssuer: Sendable, Equatable {
    /// DER.
    package let name: [UInt8]
    package let keyIdentifier: [UInt8]

    /// - Parameters:
    ///   - certificate: the issuing certificate, DER.
    ///   - keyIdentifier: as its certificates have it in their authorityKeyIdentifier.
    /// - Throws: `ASN1Error` where it is no certificate.
    package init(certificate: [UInt8], keyIdentifier: [UInt8]) throws {
        name = Array(try CertificateOutline(derEncoded: certificate).subject.encodedBytes)
        self.keyIdentifier = keyIdentifier
    }
}
