internal import SwiftASN1

/// The kind and size of a public key, read from its SubjectPublicKeyInfo without a cryptographic library.
///
/// The library throws one bare error for every key that it can't hold; a refusal has to say what was found.
package struct KeyOutline: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case p256
        case p384
        case p521
        case ed25519
        case rsa(bits: Int, exponent: [UInt8])
        case other
    }

    package let kind: Kind
    /// The kind and size as a refusal names them, such as `RSA 1024` or `P-224`.
    package let description: String
    /// Why nobody should trust this key, whatever its kind and size; nil for a sound one.
    package let weakness: String?

    /// Reads a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7).
    /// - Throws: ``CertificationRequestError``, malformed, for what is no public key at all.
    init(subjectPublicKeyInfo node: ASN1Node) throws {
        var parts = try KeyOutline.children(of: node)
        guard let algorithm = parts.next(), let bits = parts.next(), parts.next() == nil else {
            throw KeyOutline.malformed
        }
        var algorithmParts = try KeyOutline.children(of: algorithm)
        guard let identifier = try? ASN1ObjectIdentifier(derEncoded: &algorithmParts),
            let string = try? ASN1BitString(derEncoded: bits), string.paddingBits == 0
        else { throw KeyOutline.malformed }
        let parameters = algorithmParts.next()
        guard algorithmParts.next() == nil else { throw KeyOutline.malformed }

        switch identifier {
        case ObjectIdentifiers.Key.ellipticCurve:
            self = try KeyOutline(point: string.bytes, parameters: parameters)
        case ObjectIdentifiers.Key.rsa:
            guard parameters?.identifier == .null else { throw KeyOutline.malformed }
            self = try KeyOutline(rsa: string.bytes)
        case ObjectIdentifiers.Key.ed25519:
            guard parameters == nil, string.bytes.count == 32 else { throw KeyOutline.malformed }
            self.init(
                kind: .ed25519, description: "Ed25519",
                weakness: WeakKeys.isSmallOrder(string.bytes) ? "the point has a small order" : nil)
        default:
            let name = ObjectIdentifiers.Key.names[identifier]
            self.init(
                kind: .other, description: name ?? "key algorithm \(KeyOutline.dotted(identifier))", weakness: nil)
        }
    }

    /// A key that nobody looks at.
    static let ignored = KeyOutline(kind: .other, description: "an ignored key", weakness: nil)

    private init(kind: Kind, description: String, weakness: String?) {
        self.kind = kind
        self.description = description
        self.weakness = weakness
    }

    private init(point: ArraySlice<UInt8>, parameters: ASN1Node?) throws {
        guard let parameters else { throw KeyOutline.malformed }
        guard let curve = try? ASN1ObjectIdentifier(derEncoded: parameters) else {
            let explicit = parameters.identifier == .sequence
            guard explicit || parameters.identifier == .null else { throw KeyOutline.malformed }
            self.init(
                kind: .other, description: explicit ? "EC with explicit curve parameters" : "EC without a curve",
                weakness: nil)
            return
        }
        let kind: Kind
        let name: String
        let size: Int
        switch curve {
        case ObjectIdentifiers.Key.p256: (kind, name, size) = (.p256, "P-256", 32)
        case ObjectIdentifiers.Key.p384: (kind, name, size) = (.p384, "P-384", 48)
        case ObjectIdentifiers.Key.p521: (kind, name, size) = (.p521, "P-521", 66)
        default:
            let name = ObjectIdentifiers.Key.names[curve] ?? "EC curve \(KeyOutline.dotted(curve))"
            self.init(kind: .other, description: name, weakness: nil)
            return
        }
        switch (point.first, point.count) {
        case (0x04, 2 * size + 1): self.init(kind: kind, description: name, weakness: nil)
        case (0x02, size + 1), (0x03, size + 1):
            self.init(kind: .other, description: "\(name) with a compressed point", weakness: nil)
        case (0x00, 1):
            throw CertificationRequestError(.malformed, "The public key is the point at infinity.")
        default:
            throw CertificationRequestError(.malformed, "The public key is not a point of \(name).")
        }
    }

    private init(rsa key: ArraySlice<UInt8>) throws {
        guard let node = try? DER.parse(key), var parts = try? KeyOutline.children(of: node),
            let modulus = try KeyOutline.positive(parts.next(), "modulus"),
            let exponent = try KeyOutline.positive(parts.next(), "exponent"), parts.next() == nil
        else { throw KeyOutline.malformed }
        let bits = KeyOutline.bits(modulus)
        self.init(
            kind: .rsa(bits: bits, exponent: exponent), description: "RSA \(bits)",
            weakness: WeakKeys.weakness(modulus: modulus, exponent: exponent))
    }

    /// The bytes of a positive INTEGER without leading zeros; nil for what is no INTEGER.
    private static func positive(_ node: ASN1Node?, _ name: String) throws -> [UInt8]? {
        guard let node, node.identifier == .integer, case .primitive(let content) = node.content,
            let first = content.first
        else { return nil }
        // DER takes the fewest bytes: a leading zero only before a set bit, and nothing like it for negative numbers.
        if first == 0, let second = content.dropFirst().first, second < 0x80 { return nil }
        let magnitude = content.drop { $0 == 0 }
        guard first < 0x80, !magnitude.isEmpty else {
            throw CertificationRequestError(.malformed, "The RSA \(name) of the public key is not positive.")
        }
        return Array(magnitude)
    }

    static func bits(_ magnitude: [UInt8]) -> Int {
        guard let first = magnitude.first else { return 0 }
        return 8 * magnitude.count - first.leadingZeroBitCount
    }

    private static func children(of node: ASN1Node) throws -> ASN1NodeCollection.Iterator {
        guard node.identifier == .sequence, case .constructed(let nodes) = node.content else { throw malformed }
        return nodes.makeIterator()
    }

    private static func dotted(_ identifier: ASN1ObjectIdentifier) -> String {
        DisplayText.escape(identifier.description)
    }

    private static let malformed = CertificationRequestError(.malformed, "The public key cannot be read.")
}
