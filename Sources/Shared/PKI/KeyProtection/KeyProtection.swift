internal import SwiftASN1

/// What a `serverkeygen` request says about the encryption of the key that the server makes (RFC 7030 §4.4.1).
package struct KeyProtection: Sendable, Equatable {
    /// The key that the client can decrypt with. Either is an OCTET STRING that means something to both sides only.
    package enum Identifier: Sendable, Equatable {
        /// DecryptKeyIdentifier (RFC 4108 §2.2.5): a symmetric key that both sides have.
        case symmetric([UInt8])
        /// AsymmetricDecryptKeyIdentifier (RFC 7030 §4.4.1.2): a key pair of the client's.
        case asymmetric([UInt8])
    }

    /// A longer identifier is none.
    package static let maximumIdentifierBytes = 256

    package let identifier: Identifier
    package let capabilities: SMIMECapabilities

    /// - Returns: nil where the request asks for no encryption. SMIMECapabilities alone ask for nothing.
    /// - Throws: ``CertificationRequestError``, malformed: also where the capabilities are missing, which RFC 7030
    ///   §4.4.1 requires beside either identifier.
    init?(attributes: [RequestOutline.Attribute]) throws {
        func values(_ type: ASN1ObjectIdentifier) -> [ASN1Node]? {
            attributes.first { $0.type == type }?.values
        }
        let symmetric = try values(ObjectIdentifiers.Attribute.decryptKeyIdentifier).map {
            Identifier.symmetric(try Self.octets($0, "DecryptKeyIdentifier"))
        }
        let asymmetric = try values(ObjectIdentifiers.Attribute.asymmetricDecryptKeyIdentifier).map {
            Identifier.asymmetric(try Self.octets($0, "AsymmetricDecryptKeyIdentifier"))
        }
        let capabilities = try values(ObjectIdentifiers.Attribute.capabilities).map(SMIMECapabilities.init)
        guard symmetric == nil || asymmetric == nil else {
            throw RequestOutline.malformed(
                "The request has both a DecryptKeyIdentifier and an AsymmetricDecryptKeyIdentifier; one key encrypts.")
        }
        guard let identifier = symmetric ?? asymmetric else { return nil }
        guard let capabilities else {
            throw RequestOutline.malformed(
                "The request asks for an encrypted key and has no SMIMECapabilities, which name the algorithms "
                    + "(RFC 7030 §4.4.1).")
        }
        self.identifier = identifier
        self.capabilities = capabilities
    }

    /// All of it in bytes, for the request's digest.
    package var encoded: [UInt8] {
        let (kind, bytes): ([UInt8], [UInt8]) =
            switch identifier {
            case .symmetric(let bytes): ([0], bytes)
            case .asymmetric(let bytes): ([1], bytes)
            }
        return DERWriter.element(
            DERWriter.sequence,
            [
                DERWriter.element(DERWriter.octetString, kind), DERWriter.element(DERWriter.octetString, bytes),
                capabilities.encoded,
            ])
    }

    private static func octets(_ values: [ASN1Node], _ name: String) throws -> [UInt8] {
        guard let value = values.first, values.count == 1,
            let bytes = (try? ASN1OctetString(derEncoded: value))?.bytes
        else { throw RequestOutline.malformed("The \(name) cannot be read.") }
        guard (1...maximumIdentifierBytes).contains(bytes.count) else {
            throw RequestOutline.malformed("The \(name) has not 1 to \(maximumIdentifierBytes) bytes.")
        }
        return Array(bytes)
    }
}
