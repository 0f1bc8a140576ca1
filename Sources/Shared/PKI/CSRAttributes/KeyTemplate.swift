internal import SwiftASN1

/// The kind of key that a certification request should be for (RFC 9908 §3.4).
///
///     SubjectPublicKeyInfoTemplate ::= SEQUENCE {
///         algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING OPTIONAL }
struct KeyTemplate: Sendable, Equatable {
    var algorithm: ASN1ObjectIdentifier
    /// DER; nil where the algorithm has none.
    var parameters: [UInt8]?
    /// A public key that stands for its size: only for RSA, whose algorithm does not tell it.
    var placeholder: [UInt8]?

    init(algorithm: ASN1ObjectIdentifier, parameters: [UInt8]? = nil, placeholder: [UInt8]? = nil) {
        self.algorithm = algorithm
        self.parameters = parameters
        self.placeholder = placeholder
    }

    init(_ rule: KeyRule) throws {
        self.init(algorithm: rule.algorithm)
        if let curve = rule.curve {
            parameters = try DERWriter.encode(curve)
        } else if case .rsa(let bits, _, let exponent) = rule {
            parameters = try DERWriter.encode(ASN1Null())
            placeholder = try Self.placeholder(modulusBits: bits, exponent: exponent)
        }
    }

    /// An RSAPublicKey (RFC 8017 §A.1.1) that is nobody's: its modulus is 2ⁿ − 1.
    static func placeholder(modulusBits bits: Int, exponent: Int) throws -> [UInt8] {
        let bits = max(bits, 1)
        var magnitude = [UInt8](repeating: 0xff, count: (bits + 7) / 8)
        magnitude[0] = 0xff >> UInt8(8 * magnitude.count - bits)
        let sign: [UInt8] = magnitude[0] < 0x80 ? [] : [0]
        return DERWriter.element(
            DERWriter.sequence, [DERWriter.element(0x02, sign + magnitude), try DERWriter.encode(exponent)])
    }

    /// - Parameter identifier: a template tags it with [0], implicitly.
    func serialize(into coder: inout DER.Serializer, withIdentifier identifier: ASN1Identifier) throws {
        try coder.appendConstructedNode(identifier: identifier) { coder in
            try coder.appendConstructedNode(identifier: .sequence) { coder in
                try coder.serialize(algorithm)
                if let parameters {
                    coder.serializeRawBytes(parameters)
                }
            }
            if let placeholder {
                try coder.serialize(ASN1BitString(bytes: placeholder[...]))
            }
        }
    }
}

extension KeyRule {
    /// The key type's object identifier.
    var algorithm: ASN1ObjectIdentifier {
        switch self {
        case .p256, .p384, .p521: ObjectIdentifiers.Key.ellipticCurve
        case .ed25519: ObjectIdentifiers.Key.ed25519
        case .rsa: ObjectIdentifiers.Key.rsa
        }
    }

    /// The named curve; nil for other kinds of key.
    var curve: ASN1ObjectIdentifier? {
        switch self {
        case .p256: ObjectIdentifiers.Key.p256
        case .p384: ObjectIdentifiers.Key.p384
        case .p521: ObjectIdentifiers.Key.p521
        case .ed25519, .rsa: nil
        }
    }
}
