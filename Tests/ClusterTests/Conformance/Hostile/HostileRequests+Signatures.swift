internal import Crypto
internal import TestRequests

extension HostileRequest {
    private static func row(_ input: String, _ outcome: Outcome, _ request: TestRequest) -> HostileRequest {
        HostileRequest(group: .signature, input: input, outcome: outcome, form: .request(request))
    }

    private static func openSSL(_ input: String, _ der: [UInt8]) -> HostileRequest {
        HostileRequest(group: .signature, input: input, outcome: .profile("signature-algorithm"), form: .der(der))
    }

    private static func signed(_ bytes: [UInt8], unusedBits: UInt8 = 0) -> TestRequest {
        var request = TestRequest(signature: bytes)
        request.unusedSignatureBits = unusedBits
        return request
    }

    private static func algorithm(_ identifier: String, _ parameters: [UInt8] = []) -> TestRequest {
        TestRequest(signatureAlgorithm: TestRequest.sequence([TestRequest.identifier(identifier), parameters]))
    }

    /// An ECDSA signature of these two numbers.
    private static func numbers(_ r: [UInt8], _ s: [UInt8]) -> [UInt8] {
        TestRequest.sequence([Part.integer(r), Part.integer(s)])
    }

    private static var unusedBit: TestRequest {
        var request = TestRequest()
        request.unusedSignatureBits = 1
        return request
    }

    /// The order of P-256's group: a number that no half of a signature may reach.
    private static let order: [UInt8] = [
        0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad,
        0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ]

    /// RFC 2986 §4.2: the request is signed by the key in it. RFC 5758 and RFC 4055 for the algorithms.
    static let signatures: [HostileRequest] = [
        row("another key's signature", .badSignature, TestRequest(publicKeyInfo: otherKey)),
        row("a signature of no bytes", .badSignature, signed([])),
        row("a BIT STRING without its first byte", .malformed, signatureWithoutPaddingByte),
        row("a signature of 20,000 bytes", .badSignature, signed([UInt8](repeating: 0x30, count: 20_000))),
        row("an ECDSA signature of zeros", .badSignature, signed(numbers([0], [0]))),
        row("an ECDSA signature of the group's order", .badSignature, signed(numbers(order, order))),
        row("an ECDSA signature of negative numbers", .badSignature, signed(numbers([0x80], [0x80]))),
        row("one unused bit in the signature's BIT STRING", .malformed, unusedBit),
        row("255 unused bits in the signature's BIT STRING", .malformed, signed([1, 2, 3], unusedBits: 255)),
        row(
            "the algorithm of an RSA key with the signature of an EC key", .badSignature,
            algorithm("1.2.840.113549.1.1.11", [0x05, 0x00])),
        row("the algorithm of Ed25519 with the signature of an EC key", .badSignature, algorithm("1.3.101.112")),
        row("ECDSA with SHA-384 named where SHA-256 was used", .badSignature, algorithm("1.2.840.10045.4.3.3")),
        row("an algorithm with a parameter that it does not have", .malformed, parameter),
        row("an unknown signature algorithm", .profile("signature-algorithm"), algorithm("1.3.6.1.4.1.55555.4")),
        openSSL("RSA with MD5", HostileFixtures.rsaWithMD5),
        openSSL("RSA with SHA-1", HostileFixtures.rsaWithSHA1),
        openSSL("RSA with SHA-224", HostileFixtures.rsaWithSHA224),
        openSSL("ECDSA with SHA-1", HostileFixtures.ecdsaWithSHA1),
        openSSL("an RSA-PSS signature with an RSA key", HostileFixtures.rsaPSSSignature),
    ]

    private static let parameter = algorithm("1.2.840.10045.4.3.2", [0x02, 0x01, 0x01])

    private static let otherKey = Array(P256.Signing.PrivateKey().publicKey.derRepresentation)

    private static let signatureWithoutPaddingByte: TestRequest = {
        var request = TestRequest()
        request.signatureBits = []
        return request
    }()
}
