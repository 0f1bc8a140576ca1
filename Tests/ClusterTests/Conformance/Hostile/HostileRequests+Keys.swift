internal import Crypto
internal import TestRequests

extension HostileRequest {
    private static func key(_ input: String, _ outcome: Outcome, _ request: TestRequest) -> HostileRequest {
        HostileRequest(group: .key, input: input, outcome: outcome, form: .request(request))
    }

    /// A whole request that `openssl` made.
    private static func openSSL(_ input: String, _ rule: String, _ der: [UInt8]) -> HostileRequest {
        HostileRequest(group: .key, input: input, outcome: .profile(rule), form: .der(der))
    }

    /// RFC 3279 §2.3.1 and RFC 8017 §3.1 for RSA, RFC 5480 §2 for elliptic curves, RFC 8410 §3 for Ed25519.
    static let keys: [HostileRequest] = rsaKeys + curveKeys + otherKeys

    private static let rsaKeys: [HostileRequest] = [
        openSSL("RSA with 1024 bits", "key.size", HostileFixtures.rsa1024),
        key("RSA with 2047 bits", .profile("key.size"), Part.rsa([0x43] + Part.modulus(bytes: 255).dropFirst())),
        key("RSA with 8192 bits", .profile("key.size"), Part.rsa(Part.modulus(bytes: 1_024))),
        key("RSA with 16384 bits", .profile("key.size"), Part.rsa(Part.modulus(bytes: 2_048))),
        key("RSA with 320,000 bits", .profile("key.size"), Part.rsa(Part.modulus(bytes: 40_000))),
        key("an even modulus", .profile("key.weak"), Part.rsa(Part.modulus(bytes: 256, last: 0x02))),
        key("a negative modulus", .malformed, Part.rsa(Array(Part.modulus(bytes: 256).dropFirst()))),
        key("the modulus 0", .malformed, Part.rsa([0])),
        key("a modulus with leading zeros", .malformed, Part.rsa([0] + Part.modulus(bytes: 256))),
        key("a modulus without a byte", .malformed, Part.rsa([])),
        key("the exponent 1", .profile("key.exponent"), Part.rsa(Part.modulus(bytes: 256), [1])),
        openSSL("the exponent 3", "key.exponent", HostileFixtures.rsaExponent3),
        key("an even exponent", .profile("key.weak"), Part.rsa(Part.modulus(bytes: 256), [1, 0, 2])),
        key(
            "an exponent of 2,000 bits", .profile("key.weak"),
            Part.rsa(Part.modulus(bytes: 256), Part.modulus(bytes: 250))),
        key("the exponent 0", .malformed, Part.rsa(Part.modulus(bytes: 256), [0])),
        key("a negative exponent", .malformed, Part.rsa(Part.modulus(bytes: 256), [0xff])),
        key(
            "an RSA key without its parameters' NULL", .malformed,
            Part.key(
                Part.keyInfo(
                    [TestRequest.identifier("1.2.840.113549.1.1.1")],
                    TestRequest.sequence([Part.integer(Part.modulus(bytes: 256)), Part.integer([1, 0, 1])])))),
        key(
            "an RSA key that is no SEQUENCE", .malformed,
            Part.key(Part.keyInfo([TestRequest.identifier("1.2.840.113549.1.1.1"), [0x05, 0x00]], [0x05, 0x00]))),
    ]

    private static let point = Array(P256.Signing.PrivateKey().publicKey.x963Representation)

    private static var offTheCurve: [UInt8] {
        var point = point
        point[64] ^= 1
        return point
    }

    private static let curve = TestRequest.identifier("1.2.840.10045.3.1.7")

    private static let curveKeys: [HostileRequest] = [
        key("a point off the curve", .malformed, Part.p256(offTheCurve)),
        key("the point at infinity", .malformed, Part.p256([0])),
        key("the point (0, 0)", .malformed, Part.p256([4] + [UInt8](repeating: 0, count: 64))),
        key(
            "coordinates larger than the field", .malformed, Part.p256([4] + [UInt8](repeating: 0xff, count: 64))),
        key("a point of 64 bytes", .malformed, Part.p256(Array(point.dropLast()))),
        key("a point of 66 bytes", .malformed, Part.p256(point + [0])),
        key("a point without a byte", .malformed, Part.p256([])),
        key("a hybrid point (06)", .malformed, Part.p256([6] + point.dropFirst())),
        key(
            "a compressed point", .profile("key.algorithm"), Part.p256([2 + point[64] % 2] + point[1...32])),
        key(
            "a P-256 point called P-384", .malformed, Part.ec(TestRequest.identifier("1.3.132.0.34"), point)),
        openSSL("explicit curve parameters", "key.algorithm", HostileFixtures.explicitParameters),
        key("implicit curve parameters (NULL)", .profile("key.algorithm"), Part.ec([0x05, 0x00], point)),
        key(
            "no curve parameters", .malformed,
            Part.key(Part.keyInfo([TestRequest.identifier("1.2.840.10045.2.1")], point))),
        key(
            "two curve parameters", .malformed,
            Part.key(Part.keyInfo([TestRequest.identifier("1.2.840.10045.2.1"), curve, curve], point))),
        openSSL("P-224", "key.algorithm", HostileFixtures.p224),
        openSSL("secp256k1", "key.algorithm", HostileFixtures.secp256k1),
        openSSL("brainpoolP256r1", "key.algorithm", HostileFixtures.brainpoolP256),
    ]

    private static let otherKeys: [HostileRequest] = [
        openSSL("Ed448", "key.algorithm", HostileFixtures.ed448),
        openSSL("DSA", "key.algorithm", HostileFixtures.dsa),
        openSSL("an RSA-PSS key", "key.algorithm", HostileFixtures.rsaPSSKey),
        key(
            "X25519, which cannot sign", .profile("key.algorithm"),
            Part.key(Part.keyInfo([TestRequest.identifier("1.3.101.110")], [UInt8](repeating: 9, count: 32)))),
        key(
            "an unknown key algorithm", .profile("key.algorithm"),
            Part.key(Part.keyInfo([TestRequest.identifier("1.3.6.1.4.1.55555.3")], [1, 2, 3]))),
        key(
            "Ed25519 of 31 bytes", .malformed,
            Part.key(Part.keyInfo([TestRequest.identifier("1.3.101.112")], [UInt8](repeating: 9, count: 31)))),
        key(
            "Ed25519 with parameters", .malformed,
            Part.key(
                Part.keyInfo([TestRequest.identifier("1.3.101.112"), [0x05, 0x00]], [UInt8](repeating: 9, count: 32)))),
        key(
            "an Ed25519 point of small order", .profile("key.weak"),
            Part.key(Part.keyInfo([TestRequest.identifier("1.3.101.112")], [1] + [UInt8](repeating: 0, count: 31)))),
        key(
            "unused bits in the key's BIT STRING", .malformed,
            Part.key(
                TestRequest.sequence([
                    TestRequest.sequence([TestRequest.identifier("1.2.840.10045.2.1"), curve]),
                    TestRequest.element(0x03, [1] + point),
                ]))),
        key(
            "a surplus field in the SubjectPublicKeyInfo", .malformed,
            Part.key(
                TestRequest.sequence([
                    TestRequest.sequence([TestRequest.identifier("1.2.840.10045.2.1"), curve]),
                    TestRequest.element(0x03, [0] + point), [0x05, 0x00],
                ]))),
        key("no public key but an INTEGER", .malformed, Part.key([0x02, 0x01, 0x05])),
    ]
}
