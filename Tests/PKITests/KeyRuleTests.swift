internal import Crypto
internal import CryptoExtras
internal import Foundation
internal import TestRequests
internal import Testing

@testable internal import PKI

/// Keys that a profile refuses with a rule, not as malformed (conformance E4, X1).
struct KeyRuleTests {
    private static func ec(_ curve: String, _ point: [UInt8]) -> [UInt8] {
        TestRequest.sequence([
            TestRequest.sequence([TestRequest.identifier("1.2.840.10045.2.1"), TestRequest.identifier(curve)]),
            DERWriter.element(0x03, [0] + point),
        ])
    }

    private static func rsa(_ modulus: [UInt8], _ exponent: [UInt8]) -> [UInt8] {
        TestRequest.sequence([
            TestRequest.sequence([TestRequest.identifier("1.2.840.113549.1.1.1"), [0x05, 0x00]]),
            DERWriter.element(
                0x03,
                [0]
                    + TestRequest.sequence([DERWriter.element(0x02, modulus), DERWriter.element(0x02, exponent)])),
        ])
    }

    private static func other(_ algorithm: String) -> [UInt8] {
        TestRequest.sequence([
            TestRequest.sequence([TestRequest.identifier(algorithm)]),
            DERWriter.element(0x03, [0] + [UInt8](repeating: 7, count: 57)),
        ])
    }

    private static func modulus(bytes: Int, last: UInt8 = 0x01) -> [UInt8] {
        // 2^(8·bytes − 1) + … with no small divisor that matters for what is tested first.
        [0x00, 0xc3] + [UInt8](repeating: 0x5b, count: bytes - 2) + [last]
    }

    static let cases: [(name: String, info: [UInt8], rule: String, value: String)] = [
        ("P-224", ec("1.3.132.0.33", [4]), "key.algorithm", "P-224"),
        ("secp256k1", ec("1.3.132.0.10", [4]), "key.algorithm", "secp256k1"),
        ("brainpool", ec("1.3.36.3.3.2.8.1.1.7", [4]), "key.algorithm", "brainpoolP256r1"),
        ("unknown curve", ec("1.3.132.0.1", [4]), "key.algorithm", "EC curve 1.3.132.0.1"),
        (
            "compressed", ec("1.2.840.10045.3.1.7", Array(TestRequest.key.publicKey.compressedRepresentation)),
            "key.algorithm", "P-256 with a compressed point"
        ),
        (
            "explicit parameters",
            TestRequest.sequence([
                TestRequest.sequence([
                    TestRequest.identifier("1.2.840.10045.2.1"), TestRequest.sequence([[0x02, 0x01, 0x01]]),
                ]), DERWriter.element(0x03, [0, 4, 1, 1]),
            ]), "key.algorithm", "EC with explicit curve parameters"
        ),
        ("Ed448", other("1.3.101.113"), "key.algorithm", "Ed448"),
        ("X25519", other("1.3.101.110"), "key.algorithm", "X25519"),
        ("unknown", other("1.2.3.4"), "key.algorithm", "key algorithm 1.2.3.4"),
        ("RSA 1024", rsa(modulus(bytes: 128), [1, 0, 1]), "key.size", "RSA 1024"),
        ("RSA 8200", rsa(modulus(bytes: 1025), [1, 0, 1]), "key.size", "RSA 8200"),
        ("even modulus", rsa(modulus(bytes: 256, last: 0x02), [1, 0, 1]), "key.weak", "RSA 2048"),
        ("exponent 1", rsa(modulus(bytes: 256), [1]), "key.exponent", "RSA 2048, exponent 0x01"),
        ("even exponent", rsa(modulus(bytes: 256), [1, 0, 2]), "key.weak", "RSA 2048"),
        (
            "huge exponent", rsa(modulus(bytes: 256), [1] + [UInt8](repeating: 1, count: 40)), "key.weak",
            "RSA 2048"
        ),
        (
            "Ed25519 of small order",
            TestRequest.sequence([
                TestRequest.sequence([TestRequest.identifier("1.3.101.112")]),
                DERWriter.element(0x03, [0, 1] + [UInt8](repeating: 0, count: 30) + [0x80]),
            ]), "key.weak", "Ed25519"
        ),
    ]

    @Test(arguments: cases.map(\.name))
    func isRefusedWithItsRule(name: String) throws {
        let one = try #require(Self.cases.first { $0.name == name })
        let request = try TestRequest(publicKeyInfo: one.info).request()
        #expect(request.publicKey == nil)
        #expect {
            try Profile.test.admit(request, now: 0)
        } throws: { error in
            guard let violation = error as? ProfileViolation else { return false }
            return violation.rule.rawValue == one.rule && violation.value == one.value
                && violation.message.hasPrefix("\(one.rule): «\(one.value)» ")
        }
    }

    @Test func anExponentOf3IsRefusedWhereTheProfileSaysSo() throws {
        let key = try OpenSSL.request(["-newkey", "rsa:2048", "-pkeyopt", "rsa_keygen_pubexp:3", "-subj", "/CN=a"])
        let request = try CertificationRequest(derEncoded: key)
        #expect(request.publicKey != nil)
        #expect {
            try Profile.test.admit(request, now: 0)
        } throws: {
            ($0 as? ProfileViolation)?.rule == .keyExponent
        }
        var profile = Profile.test
        profile.keys = [.rsa(minimumBits: 2048, maximumBits: 2048, minimumExponent: 3)]
        #expect(throws: Never.self) { try profile.admit(request, now: 0) }
    }

    /// A modulus of the shape of CVE-2017-15361, k·M + (65537^a mod M) with M the product of small primes, whose
    /// remainders by all of them are powers of 65537. It need not be a product of two primes to be recognised.
    @Test func theROCAFingerprintIsKnown() throws {
        let primes: [UInt32] = [
            3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107,
            109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
        ]
        // 65537 + M·2^k is congruent to 65537 by every prime.
        var product: [UInt8] = [1]
        for prime in primes { product = Self.multiply(product, prime) }
        let shift = 256 - product.count
        var modulus = product + [UInt8](repeating: 0, count: shift)
        modulus[modulus.count - 1] = 0x01
        modulus[modulus.count - 3] = 0x01
        #expect(WeakKeys.weakness(modulus: modulus, exponent: [1, 0, 1])?.contains("ROCA") == true)
        modulus[modulus.count - 2] = 0x02
        #expect(WeakKeys.weakness(modulus: modulus, exponent: [1, 0, 1])?.contains("ROCA") != true)
        let sound = try _RSA.Signing.PrivateKey(keySize: .bits2048).publicKey.getKeyPrimitives()
        #expect(WeakKeys.weakness(modulus: Array(sound.modulus), exponent: [1, 0, 1]) == nil)
    }

    private static func multiply(_ magnitude: [UInt8], _ factor: UInt32) -> [UInt8] {
        var carry: UInt32 = 0
        var result: [UInt8] = []
        for byte in magnitude.reversed() {
            carry += UInt32(byte) * factor
            result.append(UInt8(carry & 0xff))
            carry >>= 8
        }
        while carry > 0 {
            result.append(UInt8(carry & 0xff))
            carry >>= 8
        }
        return result.reversed()
    }

    @Test func signatureAlgorithmsAreARule() throws {
        let sha1 = TestRequest.sequence([TestRequest.identifier("1.2.840.10045.4.1")])
        #expect(try Profile.test.refusal(TestRequest(signatureAlgorithm: sha1)) == "signature-algorithm")
        var profile = Profile.test
        profile.signatureAlgorithms = [.ecdsaWithSHA384]
        #expect(try profile.refusal(TestRequest()) == "signature-algorithm")
        profile.signatureAlgorithms = []
        #expect(try profile.refusal(TestRequest()) == "signature-algorithm")
        profile.keys = []
        #expect(try profile.refusal(TestRequest()) == "key.algorithm")
    }
}
