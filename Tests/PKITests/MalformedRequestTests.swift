internal import Crypto
internal import Foundation
internal import TestRequests
internal import Testing

@testable internal import PKI

/// What is no certification request (conformance E2, X1).
struct MalformedRequestTests {
    private static let point = Array(TestRequest.key.publicKey.x963Representation)
    private static let ec = TestRequest.identifier("1.2.840.10045.2.1")
    private static let p256 = TestRequest.identifier("1.2.840.10045.3.1.7")

    private static func keyInfo(_ algorithm: [[UInt8]], _ key: [UInt8]) -> [UInt8] {
        TestRequest.sequence([TestRequest.sequence(algorithm), DERWriter.element(0x03, [0] + key)])
    }

    private static func rsa(_ modulus: [UInt8], _ exponent: [UInt8]) -> [UInt8] {
        keyInfo(
            [TestRequest.identifier("1.2.840.113549.1.1.1"), [0x05, 0x00]],
            TestRequest.sequence([DERWriter.element(0x02, modulus), DERWriter.element(0x02, exponent)]))
    }

    private static var offCurve: [UInt8] {
        var point = point
        point[64] ^= 1
        return point
    }

    static let cases: [(String, TestRequest)] = [
        ("v2", TestRequest(version: [0x02, 0x01, 0x01])),
        ("negative version", TestRequest(version: [0x02, 0x01, 0xff])),
        ("no version", TestRequest(version: [])),
        ("trailing bytes", TestRequest(trailing: [0])),
        ("surplus field", TestRequest(surplus: [0x05, 0x00])),
        ("subject is a set", TestRequest(subject: DERWriter.element(0x31, [UInt8]()))),
        (
            "empty relative name",
            TestRequest(subject: TestRequest.sequence([DERWriter.element(0x31, [UInt8]())]))
        ),
        (
            "broken UTF-8",
            TestRequest(
                subject: TestRequest.sequence([
                    DERWriter.element(
                        0x31, TestRequest.sequence([TestRequest.identifier("2.5.4.3"), [0x0c, 0x02, 0xc3, 0x28]]))
                ]))
        ),
        ("two challengePasswords", TestRequest(attributes: [password, password])),
        (
            "two values of challengePassword",
            TestRequest(attributes: [
                TestRequest.attribute(
                    "1.2.840.113549.1.9.7",
                    [TestRequest.string(.utf8String, "a"), TestRequest.string(.utf8String, "b")])
            ])
        ),
        (
            "no value of challengePassword",
            TestRequest(attributes: [TestRequest.attribute("1.2.840.113549.1.9.7", [])])
        ),
        ("an unknown attribute without a value", TestRequest(attributes: [TestRequest.attribute("1.2.3", [])])),
        (
            "an extension request without an extension",
            TestRequest(attributes: [TestRequest.attribute("1.2.840.113549.1.9.14", [TestRequest.sequence([])])])
        ),
        (
            "two extension requests",
            TestRequest(
                extensions: [TestRequest.keyUsage(0x80)],
                attributes: [TestRequest.attribute("1.2.840.113549.1.9.14", [TestRequest.sequence([])])])
        ),
        (
            "duplicated extension",
            TestRequest(extensions: [TestRequest.keyUsage(0x80), TestRequest.keyUsage(0x80)])
        ),
        ("empty subjectAltName", TestRequest(extensions: [TestRequest.alternativeNames([])])),
        ("unknown kind of name", TestRequest(extensions: [TestRequest.alternativeNames([[0x89, 0x01, 0x41]])])),
        ("name without a tag", TestRequest(extensions: [TestRequest.alternativeNames([[0x16, 0x01, 0x41]])])),
        ("empty extendedKeyUsage", TestRequest(extensions: [TestRequest.usages([])])),
        ("broken keyUsage", TestRequest(extensions: [TestRequest.extensionRequest("2.5.29.15", [0x03, 0x01, 0x09])])),
        (
            "broken basicConstraints",
            TestRequest(extensions: [TestRequest.extensionRequest("2.5.29.19", [0x30, 0x03, 0x02, 0x01])])
        ),
        (
            "odd time",
            TestRequest(extensions: [
                TestRequest.extensionRequest(
                    "2.5.29.16", TestRequest.sequence([DERWriter.element(0x81, Array("20300230000000Z".utf8))]))
            ])
        ),
        (
            "time with a fraction",
            TestRequest(extensions: [
                TestRequest.extensionRequest(
                    "2.5.29.16", TestRequest.sequence([DERWriter.element(0x81, Array("20300101000000.5Z".utf8))]))
            ])
        ),
        ("EC point at infinity", TestRequest(publicKeyInfo: keyInfo([ec, p256], [0x00]))),
        ("EC point off the curve", TestRequest(publicKeyInfo: keyInfo([ec, p256], offCurve))),
        ("EC point cut off", TestRequest(publicKeyInfo: keyInfo([ec, p256], Array(point.dropLast())))),
        ("EC without parameters", TestRequest(publicKeyInfo: keyInfo([ec], point))),
        ("negative modulus", TestRequest(publicKeyInfo: rsa([0x80] + [UInt8](repeating: 1, count: 255), [1, 0, 1]))),
        ("zero modulus", TestRequest(publicKeyInfo: rsa([0], [1, 0, 1]))),
        ("negative exponent", TestRequest(publicKeyInfo: rsa([0x41, 0x01], [0xff]))),
        ("modulus with leading zeros", TestRequest(publicKeyInfo: rsa([0, 0x41, 0x01], [1, 0, 1]))),
        (
            "Ed25519 of 31 bytes",
            TestRequest(
                publicKeyInfo: keyInfo([TestRequest.identifier("1.3.101.112")], [UInt8](repeating: 9, count: 31)))
        ),
        (
            "signature algorithm with surplus",
            TestRequest(
                signatureAlgorithm: TestRequest.sequence([
                    TestRequest.identifier("1.2.840.10045.4.3.2"), [0x02, 0x01, 0x01],
                ]))
        ),
    ]

    private static let password = TestRequest.attribute(
        "1.2.840.113549.1.9.7", [TestRequest.string(.utf8String, "a")])

    @Test(arguments: cases.map(\.0))
    func isMalformed(name: String) throws {
        let request = try #require(MalformedRequestTests.cases.first { $0.0 == name }?.1)
        #expect(try outcome(of: request.encoded()) == "malformed")
    }

    @Test func badSignatures() throws {
        #expect(
            try outcome(of: TestRequest(signature: [0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01]).encoded())
                == "badSignature")
        #expect(try outcome(of: TestRequest(signature: []).encoded()) == "badSignature")
        #expect(
            try outcome(of: TestRequest(signature: [UInt8](repeating: 0xff, count: 512)).encoded()) == "badSignature")
        let rsaAlgorithm = TestRequest.sequence([TestRequest.identifier("1.2.840.113549.1.1.11"), [0x05, 0x00]])
        #expect(try outcome(of: TestRequest(signatureAlgorithm: rsaAlgorithm).encoded()) == "badSignature")
    }

    @Test func otherEncodings() throws {
        let bytes = try TestRequest().encoded()
        #expect(outcome(of: []) == "malformed")
        #expect(outcome(of: Array("hello".utf8)) == "malformed")
        for length in 0..<bytes.count { #expect(outcome(of: Array(bytes.prefix(length))) == "malformed") }
        // Indefinite length around the same contents.
        #expect(outcome(of: [0x30, 0x80] + bytes.dropFirst(bytes[1] == 0x82 ? 4 : 3) + [0, 0]) == "malformed")
        // A length in more bytes than it needs.
        #expect(outcome(of: [0x30, 0x83, 0] + bytes.dropFirst(2)) == "malformed")
        #expect(outcome(of: [UInt8](repeating: 0x30, count: 70_000)) == "malformed")
        var deep: [UInt8] = []
        for _ in 0..<4_000 { deep = DERWriter.element(0x30, deep) }
        #expect(outcome(of: deep) == "malformed")
    }

    @Test func messagesSayWhatIsWrong() throws {
        func message(_ bytes: [UInt8]) -> String {
            do {
                _ = try CertificationRequest(derEncoded: bytes)
                return ""
            } catch { return "\(error)" }
        }
        #expect(try message(TestRequest(trailing: [0]).encoded()) == "The certification request has trailing bytes.")
        #expect(try message(TestRequest(version: [0x02, 0x01, 0x01]).encoded()).contains("not v1"))
        #expect(try message(Array(TestRequest().encoded().dropLast())).contains("cut off"))
        #expect(message([0x30, 0x80, 0, 0]).contains("indefinite length"))
        #expect(
            try message(TestRequest(publicKeyInfo: Self.keyInfo([Self.ec, Self.p256], Self.offCurve)).encoded())
                == "The public key is not a valid P-256 key.")
    }
}
