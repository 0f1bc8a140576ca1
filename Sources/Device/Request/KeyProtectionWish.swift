internal import SwiftASN1
package import X509

/// How a key that the server makes is to be encrypted for the device (RFC 7030 §4.4.1).
///
/// This side has nothing that opens a CMS message: what comes is kept as it is.
package enum KeyProtectionWish: Sendable {
    /// A symmetric key that both sides know by this name (DecryptKeyIdentifier, RFC 4108 §2.2.5).
    case namedKey(String)
    /// For the key of a certificate (AsymmetricDecryptKeyIdentifier): named by its subject key identifier.
    case certificate(Certificate)

    /// The attributes that ask for it.
    func attributes() throws -> [CertificateSigningRequest.Attribute] {
        let (type, identifier): (ASN1ObjectIdentifier, [UInt8]) =
            switch self {
            case .namedKey(let name): ([1, 2, 840, 113549, 1, 9, 16, 2, 37], Array(name.utf8))
            case .certificate(let certificate):
                (
                    [1, 2, 840, 113549, 1, 9, 16, 2, 54],
                    Array(
                        ((try? certificate.extensions.subjectKeyIdentifier)
                            ?? SubjectKeyIdentifier(hash: certificate.publicKey)).keyIdentifier)
                )
            }
        return [
            .init(oid: type, values: [try ASN1Any(erasing: ASN1OctetString(contentBytes: identifier[...]))]),
            .init(
                oid: [1, 2, 840, 113549, 1, 9, 15], values: [ASN1Any(derEncoded: try DER.parse(Self.capabilities()))]),
        ]
    }

    /// SMIMECapabilities (RFC 8551 §2.5.2) of what `openssl cms` and the like open: AES-256 in CBC mode; AES-256 key
    /// wrap; RSAES-OAEP with SHA-256; ECDH with SHA-256 and that key wrap.
    private static func capabilities() throws -> [UInt8] {
        let sha256: Element = .algorithm([2, 16, 840, 1, 101, 3, 4, 2, 1], .null)
        let wrap: Element = .algorithm([2, 16, 840, 1, 101, 3, 4, 1, 45])
        let mask: Element = .algorithm([1, 2, 840, 113549, 1, 1, 8], sha256)
        var serializer = DER.Serializer()
        try Element.constructed(
            .sequence,
            [
                .algorithm([2, 16, 840, 1, 101, 3, 4, 1, 42]), wrap,
                .algorithm(
                    [1, 2, 840, 113549, 1, 1, 7],
                    .constructed(.sequence, [.tagged(0, sha256), .tagged(1, mask)])),
                .algorithm([1, 3, 132, 1, 11, 1], wrap),
            ]
        ).serialize(into: &serializer)
        return serializer.serializedBytes
    }

    private indirect enum Element {
        case identifier(ASN1ObjectIdentifier)
        case null
        case constructed(ASN1Identifier, [Element])

        static func algorithm(_ identifier: ASN1ObjectIdentifier, _ parameters: Element? = nil) -> Element {
            .constructed(.sequence, [.identifier(identifier)] + (parameters.map { [$0] } ?? []))
        }

        static func tagged(_ number: UInt, _ element: Element) -> Element {
            .constructed(ASN1Identifier(tagWithNumber: number, tagClass: .contextSpecific), [element])
        }

        func serialize(into coder: inout DER.Serializer) throws {
            switch self {
            case .identifier(let identifier): try coder.serialize(identifier)
            case .null: try coder.serialize(ASN1Null())
            case .constructed(let tag, let elements):
                try coder.appendConstructedNode(identifier: tag) { coder in
                    for element in elements { try element.serialize(into: &coder) }
                }
            }
        }
    }
}
