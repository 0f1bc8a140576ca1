internal import Crypto
internal import CryptoExtras
internal import Foundation
internal import SwiftASN1
internal import TestRequests
internal import Testing
internal import X509

@testable internal import PKI

struct CertificationRequestTests {
    @Test func everySupportedKindOfKeyIsVerified() throws {
        let subject = try DistinguishedName { CommonName("device-1") }
        let keys: [(Certificate.PrivateKey, String)] = [
            (Certificate.PrivateKey(P256.Signing.PrivateKey()), "P-256"),
            (Certificate.PrivateKey(P384.Signing.PrivateKey()), "P-384"),
            (Certificate.PrivateKey(P521.Signing.PrivateKey()), "P-521"),
            (Certificate.PrivateKey(Curve25519.Signing.PrivateKey()), "Ed25519"),
            (Certificate.PrivateKey(try _RSA.Signing.PrivateKey(keySize: .bits2048)), "RSA 2048"),
        ]
        for (key, description) in keys {
            let made = try CertificateSigningRequest(
                version: .v1, subject: subject, privateKey: key, attributes: .init())
            var serializer = DER.Serializer()
            try serializer.serialize(made)
            var bytes = serializer.serializedBytes
            let request = try CertificationRequest(derEncoded: bytes)
            #expect(request.publicKey == key.publicKey)
            #expect(request.key.description == description)
            #expect(request.subject == subject)
            #expect(request.names.map(\.description) == ["cn:device-1"])
            var publicKey = DER.Serializer()
            try publicKey.serialize(key.publicKey)
            #expect(request.publicKeyDER == publicKey.serializedBytes)
            if let identifier = request.subjectKeyIdentifier() {
                #expect(identifier == SubjectKeyIdentifier(hash: key.publicKey))
            } else {
                #expect(description.hasPrefix("RSA"))
            }
            // Another subject under the same signature.
            let place = try #require(bytes.firstRange(of: Array("device-1".utf8)))
            bytes[place.lowerBound] = UInt8(ascii: "D")
            #expect(outcome(of: bytes) == "badSignature")
        }
    }

    @Test func attributesAreRead() throws {
        let request = try TestRequest(
            extensions: [
                TestRequest.alternativeNames([TestRequest.dns("A.example.com"), TestRequest.ip([10, 0, 0, 1])])
            ],
            attributes: [
                TestRequest.attribute("1.2.840.113549.1.9.7", [TestRequest.string(.printableString, "c2VjcmV0")]),
                TestRequest.attribute("1.3.6.1.4.1.311.2.1.14", [TestRequest.sequence([])]),
            ]
        ).request()
        #expect(request.challengePassword == "c2VjcmV0")
        #expect(request.unknownAttributes == ["1.3.6.1.4.1.311.2.1.14"])
        #expect(request.names.map(\.description) == ["cn:device-1", "dns:a.example.com", "ip:10.0.0.1"])
    }

    @Test(arguments: [
        TestRequest.StringType.utf8String, .printableString, .teletexString, .ia5String, .bmpString, .universalString,
    ])
    func aChallengePasswordComesInAnyStringType(type: TestRequest.StringType) throws {
        let request = try TestRequest(
            attributes: [TestRequest.attribute("1.2.840.113549.1.9.7", [TestRequest.string(type, "c2VjcmV0+/==")])]
        ).request()
        #expect(request.challengePassword == "c2VjcmV0+/==")
    }

    @Test func changeSubjectNameIsRead() throws {
        let name = TestRequest.name([("2.5.4.3", .utf8String, "device-2")])
        let names = TestRequest.sequence([TestRequest.dns("b.example.com")])
        func read(_ parts: [[UInt8]]) throws -> ChangeSubjectName? {
            try TestRequest(attributes: [TestRequest.attribute("1.3.6.1.5.5.7.7.36", [TestRequest.sequence(parts)])])
                .request().changeSubjectName
        }
        let both = try read([name, names])
        #expect(both?.subject?.description == "CN=device-2")
        #expect(both?.alternativeNames?.count == 1)
        let namesOnly = try read([names])
        #expect(namesOnly?.subject == nil && namesOnly?.alternativeNames?.count == 1)
        #expect(throws: CertificationRequestError.self) { try read([]) }
        #expect(throws: CertificationRequestError.self) { try read([names, name]) }
        #expect(throws: CertificationRequestError.self) { try read([name, name]) }
    }

    @Test func attributesMayBeMissing() throws {
        #expect(try TestRequest(omitsAttributes: true).request().publicKey != nil)
        #expect(try TestRequest().request().publicKey != nil)
    }

    @Test func canonicalExtensionsDoNotDependOnOrder() throws {
        let first = TestRequest.alternativeNames([TestRequest.dns("a.example.com"), TestRequest.dns("b.example.com")])
        let second = TestRequest.alternativeNames([TestRequest.dns("b.example.com"), TestRequest.dns("a.example.com")])
        let usage = TestRequest.usages(["1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.4"])
        let usageTurned = TestRequest.usages(["1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.2"])
        func canonical(_ extensions: [[UInt8]]) throws -> [UInt8] {
            try TestRequest(extensions: extensions).request().canonicalExtensions
        }
        let expected = try canonical([first, usage])
        #expect(try canonical([usageTurned, second]) == expected)
        #expect(try canonical([usage]) != expected)
        #expect(try canonical([first, TestRequest.usages(["1.3.6.1.5.5.7.3.2"])]) != expected)
        #expect(
            try canonical([
                TestRequest.alternativeNames(
                    [TestRequest.dns("a.example.com"), TestRequest.dns("b.example.com")], critical: true), usage,
            ]) != expected)
        #expect(try canonical([]) == TestRequest().request().canonicalExtensions)
    }
}
