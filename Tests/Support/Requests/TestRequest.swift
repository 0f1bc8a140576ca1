package import Crypto
package import CryptoExtras
internal import Foundation
internal import SwiftASN1

/// A certification request put together byte by byte, so that tests can break every part of it, and signed all the same.
///
/// It shares no code with what is tested.
package struct TestRequest: Sendable {
    package var version: [UInt8]
    package var subject: [UInt8]
    /// The SubjectPublicKeyInfo; nil for the key's own.
    package var publicKeyInfo: [UInt8]?
    package var extensions: [[UInt8]]
    /// Further attributes, whole.
    package var attributes: [[UInt8]]
    package var omitsAttributes: Bool
    /// After the attributes.
    package var surplus: [UInt8]
    /// nil for the key's own.
    package var signatureAlgorithm: [UInt8]?
    /// nil for the signature of the key.
    package var signature: [UInt8]?
    /// What the signature's BIT STRING says of its last byte.
    package var unusedSignatureBits: UInt8 = 0
    /// The whole contents of the signature's BIT STRING, in the place of the two above.
    package var signatureBits: [UInt8]?
    package var trailing: [UInt8]
    package var key: Key

    package enum Key: Sendable {
        case p256(P256.Signing.PrivateKey)
        case p384(P384.Signing.PrivateKey)
        case ed25519(Curve25519.Signing.PrivateKey)
        case rsa(_RSA.Signing.PrivateKey)
    }

    /// - Parameter ed25519Key: in the place of the P-256 key, where a request has to be the same on every run.
    package init(
        version: [UInt8] = [0x02, 0x01, 0x00],
        subject: [UInt8] = TestRequest.name([("2.5.4.3", .utf8String, "device-1")]), publicKeyInfo: [UInt8]? = nil,
        extensions: [[UInt8]] = [], attributes: [[UInt8]] = [], omitsAttributes: Bool = false, surplus: [UInt8] = [],
        signatureAlgorithm: [UInt8]? = nil, signature: [UInt8]? = nil, trailing: [UInt8] = [],
        ed25519Key: Curve25519.Signing.PrivateKey? = nil
    ) {
        self.version = version
        self.subject = subject
        self.publicKeyInfo = publicKeyInfo
        self.extensions = extensions
        self.attributes = attributes
        self.omitsAttributes = omitsAttributes
        self.surplus = surplus
        self.signatureAlgorithm = signatureAlgorithm
        self.signature = signature
        self.trailing = trailing
        self.key = ed25519Key.map { .ed25519($0) } ?? .p256(TestRequest.key)
    }

    /// The key of every request that has none of its own.
    package static let key = P256.Signing.PrivateKey()

    package static let keyInfo = Array(key.publicKey.derRepresentation)

    /// The request, DER, signed by ``key`` unless it says otherwise.
    package func encoded() throws -> [UInt8] {
        var attributes = self.attributes
        if !extensions.isEmpty {
            attributes.append(
                TestRequest.attribute("1.2.840.113549.1.9.14", [TestRequest.sequence(extensions)]))
        }
        var parts = [version, subject, publicKeyInfo ?? key.info]
        if !omitsAttributes { parts.append(TestRequest.element(0xa0, attributes)) }
        let info = TestRequest.sequence(parts + [surplus])
        let bits = try signatureBits ?? ([unusedSignatureBits] + (signature ?? key.sign(info)))
        return TestRequest.sequence([
            info, signatureAlgorithm ?? key.signatureAlgorithm, TestRequest.element(0x03, bits),
        ]) + trailing
    }
}

extension TestRequest.Key {
    /// The SubjectPublicKeyInfo.
    fileprivate var info: [UInt8] {
        switch self {
        case .p256(let key): Array(key.publicKey.derRepresentation)
        case .p384(let key): Array(key.publicKey.derRepresentation)
        case .ed25519(let key):
            TestRequest.sequence([
                signatureAlgorithm, TestRequest.element(0x03, [0] + key.publicKey.rawRepresentation),
            ])
        case .rsa(let key): Array(key.publicKey.derRepresentation)
        }
    }

    fileprivate var signatureAlgorithm: [UInt8] {
        switch self {
        case .p256: TestRequest.sequence([TestRequest.identifier("1.2.840.10045.4.3.2")])
        case .p384: TestRequest.sequence([TestRequest.identifier("1.2.840.10045.4.3.3")])
        case .ed25519: TestRequest.sequence([TestRequest.identifier("1.3.101.112")])
        case .rsa: TestRequest.sequence([TestRequest.identifier("1.2.840.113549.1.1.11"), [0x05, 0x00]])
        }
    }

    fileprivate func sign(_ bytes: [UInt8]) throws -> [UInt8] {
        switch self {
        case .p256(let key): Array(try key.signature(for: bytes).derRepresentation)
        case .p384(let key): Array(try key.signature(for: bytes).derRepresentation)
        case .ed25519(let key): Array(try key.signature(for: bytes))
        case .rsa(let key): Array(try key.signature(for: bytes, padding: .insecurePKCS1v1_5).rawRepresentation)
        }
    }
}

extension TestRequest {
    /// One element: tag, length in the fewest bytes, contents.
    package static func element(_ tag: UInt8, _ contents: [UInt8]) -> [UInt8] {
        let length = contents.count
        switch length {
        case 0..<0x80: return [tag, UInt8(length)] + contents
        case 0..<0x100: return [tag, 0x81, UInt8(length)] + contents
        case 0..<0x1_0000: return [tag, 0x82, UInt8(length >> 8), UInt8(length & 0xff)] + contents
        default:
            return [tag, 0x83, UInt8(length >> 16 & 0xff), UInt8(length >> 8 & 0xff), UInt8(length & 0xff)] + contents
        }
    }

    package static func element(_ tag: UInt8, _ parts: [[UInt8]]) -> [UInt8] {
        element(tag, Array(parts.joined()))
    }

    package static func sequence(_ parts: [[UInt8]]) -> [UInt8] {
        TestRequest.element(0x30, parts)
    }

    package static func identifier(_ dotted: String) -> [UInt8] {
        var serializer = DER.Serializer()
        try! serializer.serialize(ASN1ObjectIdentifier(dotRepresentation: dotted))
        return serializer.serializedBytes
    }

    package static func attribute(_ type: String, _ values: [[UInt8]]) -> [UInt8] {
        sequence([identifier(type), TestRequest.element(0x31, values)])
    }

    package static func extensionRequest(_ type: String, critical: Bool = false, _ value: [UInt8]) -> [UInt8] {
        sequence(
            [identifier(type)] + (critical ? [[0x01, 0x01, 0xff]] : []) + [TestRequest.element(0x04, value)])
    }

    package enum StringType: UInt8 {
        case utf8String = 0x0c
        case printableString = 0x13
        case teletexString = 0x14
        case ia5String = 0x16
        case universalString = 0x1c
        case bmpString = 0x1e
    }

    package static func string(_ type: StringType, _ text: String) -> [UInt8] {
        let bytes: [UInt8]
        switch type {
        case .bmpString: bytes = text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
        case .universalString:
            bytes = text.unicodeScalars.flatMap { scalar in
                [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: scalar.value >> $0) }
            }
        default: bytes = Array(text.utf8)
        }
        return TestRequest.element(type.rawValue, bytes)
    }

    /// A distinguished name with one attribute an RDN.
    package static func name(_ attributes: [(String, StringType, String)]) -> [UInt8] {
        sequence(
            attributes.map { type, stringType, text in
                TestRequest.element(0x31, sequence([identifier(type), string(stringType, text)]))
            })
    }

    package static func alternativeNames(_ names: [[UInt8]], critical: Bool = false) -> [UInt8] {
        extensionRequest("2.5.29.17", critical: critical, sequence(names))
    }

    package static func dns(_ name: String) -> [UInt8] { TestRequest.element(0x82, Array(name.utf8)) }
    package static func email(_ name: String) -> [UInt8] { TestRequest.element(0x81, Array(name.utf8)) }
    package static func uri(_ name: String) -> [UInt8] { TestRequest.element(0x86, Array(name.utf8)) }
    package static func ip(_ bytes: [UInt8]) -> [UInt8] { TestRequest.element(0x87, bytes) }

    package static func usages(_ identifiers: [String]) -> [UInt8] {
        extensionRequest("2.5.29.37", sequence(identifiers.map(identifier)))
    }

    /// keyUsage with the bits of its first byte.
    package static func keyUsage(_ bits: UInt8) -> [UInt8] {
        extensionRequest("2.5.29.15", critical: true, [0x03, 0x02, UInt8(min(7, bits.trailingZeroBitCount)), bits])
    }
}
