internal import SwiftASN1

/// The parts of a certificate that others refer to byte by byte, as they stand in it (RFC 5280 §4.1).
struct CertificateOutline: Sendable {
    let subject: ASN1Node
    let publicKeyInfo: ASN1Node
    /// The contents of the subjectPublicKey's bit string.
    let publicKeyBits: ArraySlice<UInt8>

    /// - Throws: `ASN1Error`
    init(derEncoded bytes: [UInt8]) throws {
        (subject, publicKeyInfo) = try DER.sequence(try DER.parse(bytes), identifier: .sequence) { certificate in
            guard let contents = certificate.next(), certificate.next() != nil, certificate.next() != nil else {
                throw Self.invalid("a certificate has three parts")
            }
            return try DER.sequence(contents, identifier: .sequence) { fields in
                // Version (absent in v1), serial number, signature, issuer, validity, subject, key, and more.
                var nodes: [ASN1Node] = []
                while let node = fields.next() { nodes.append(node) }
                if nodes.first?.identifier == ASN1Identifier(tagWithNumber: 0, tagClass: .contextSpecific) {
                    nodes.removeFirst()
                }
                guard nodes.count >= 6 else { throw Self.invalid("a certificate's fields are missing") }
                return (nodes[4], nodes[5])
            }
        }
        publicKeyBits = try DER.sequence(publicKeyInfo, identifier: .sequence) { parts in
            guard parts.next() != nil else { throw Self.invalid("a public key has an algorithm") }
            return try ASN1BitString(derEncoded: &parts).bytes
        }
    }

    private static func invalid(_ reason: String) -> ASN1Error {
        .invalidASN1Object(reason: reason)
    }
}
