internal import Foundation
internal import SwiftASN1
internal import TestRequests
internal import Testing
internal import X509

@testable internal import PKI

/// What a `serverkeygen` request may look like, and what it says of the key's encryption (RFC 7030 §4.4.1).
@Suite struct KeyProtectionTests {
    private static let everything = [
        TestRequest.aes256CBC, TestRequest.aes256GCM, TestRequest.aes256Wrap, TestRequest.oaepSHA256,
        TestRequest.rsaEncryption, TestRequest.ecdhSHA256,
    ]

    private func parse(_ request: TestRequest) throws -> CertificationRequest {
        try CertificationRequest(forServerKey: request.encoded())
    }

    private func capabilities(_ list: [[UInt8]]) throws -> SMIMECapabilities {
        let request = TestRequest(attributes: [
            TestRequest.decryptKeyIdentifier([1]), TestRequest.capabilities(list),
        ])
        return try #require(try parse(request).keyProtection).capabilities
    }

    // MARK: The request's own key

    static let ignoredKeys: [(String, TestRequest)] = [
        ("a signature of another key", TestRequest(signature: [0x30, 0x00])),
        ("an unknown key", TestRequest(publicKeyInfo: TestRequest.sequence([]))),
        (
            "an unknown signature algorithm",
            TestRequest(signatureAlgorithm: TestRequest.sequence([TestRequest.identifier("1.2.3")]))
        ),
        (
            "a point at infinity",
            TestRequest(
                publicKeyInfo: TestRequest.sequence([
                    TestRequest.sequence([
                        TestRequest.identifier("1.2.840.10045.2.1"), TestRequest.identifier("1.2.840.10045.3.1.7"),
                    ]), [0x03, 0x02, 0x00, 0x00],
                ]))
        ),
    ]

    @Test(arguments: ignoredKeys.indices) func keyAndSignatureOfTheRequestAreNotJudged(_ index: Int) throws {
        let (what, test) = Self.ignoredKeys[index]
        let request = try parse(test)
        #expect(request.publicKey == nil, "\(what)")
        #expect(request.subject.description == "CN=device-1")
        var profile = Profile.test
        profile.serverKey = .p256
        #expect(try profile.admitForServerKey(request, now: 0).names.map(\.description) == ["cn:device-1"])
        // Such a request is good for nothing else.
        #expect(throws: ProfileViolation.self) { try profile.admit(request, now: 0) }
    }

    @Test func everythingElseOfTheRequestIsJudged() throws {
        var profile = Profile.test
        profile.serverKey = .rsa2048
        func rule(_ request: TestRequest) throws -> String? {
            do {
                _ = try profile.admitForServerKey(try parse(request), now: 0)
                return nil
            } catch let violation as ProfileViolation {
                return violation.rule.rawValue
            }
        }
        #expect(try rule(TestRequest()) == nil)
        #expect(
            try rule(TestRequest(extensions: [TestRequest.alternativeNames([TestRequest.dns("other.example.org")])]))
                == "subject-alternative-name.dns")
        #expect(try rule(TestRequest(extensions: [TestRequest.usages(["1.3.6.1.5.5.7.3.1"])])) == "extended-key-usage")
        #expect(throws: CertificationRequestError.self) { try parse(TestRequest(trailing: [0])) }
        #expect(throws: CertificationRequestError.self) { try parse(TestRequest(version: [0x02, 0x01, 0x01])) }
        profile.serverKey = nil
        #expect(try rule(TestRequest()) == "key.algorithm")
    }

    @Test func keyUsageIsThatOfTheKeyToBeMade() throws {
        var profile = Profile.test
        let request = try parse(TestRequest(extensions: [TestRequest.keyUsage(0b1010_0000)]))
        profile.serverKey = .rsa2048
        #expect(
            try profile.admitForServerKey(request, now: 0).keyUsages == [.digitalSignature, .keyEncipherment])
        profile.serverKey = .p256
        #expect(try profile.admitForServerKey(request, now: 0).keyUsages == [.digitalSignature])
    }

    @Test func kindOfKeyMustBeOneThatTheProfileAllows() throws {
        var profile = Profile.test
        for kind in ServerKey.allCases {
            profile.serverKey = kind
            #expect(throws: Never.self) { try profile.validate() }
        }
        profile.keys = [.p256, .rsa(minimumBits: 3072, maximumBits: 4096, minimumExponent: 65_537)]
        for (kind, isAllowed) in [(ServerKey.p256, true), (.p384, false), (.rsa2048, false), (.rsa3072, true)] {
            profile.serverKey = kind
            #expect(((try? profile.validate()) != nil) == isAllowed, "\(kind)")
        }
        profile.keys = [.rsa(minimumBits: 2048, maximumBits: 4096, minimumExponent: 65_539)]
        profile.serverKey = .rsa2048
        #expect(throws: InvalidProfile.self) { try profile.validate() }
    }

    // MARK: Attributes

    @Test func identifiersAreRead() throws {
        #expect(try parse(TestRequest()).keyProtection == nil)
        // Capabilities alone ask for nothing.
        #expect(try parse(TestRequest(attributes: [TestRequest.capabilities(Self.everything)])).keyProtection == nil)
        let symmetric = try parse(
            TestRequest(attributes: [
                TestRequest.decryptKeyIdentifier("pump".utf8), TestRequest.capabilities(Self.everything),
            ]))
        #expect(symmetric.keyProtection?.identifier == .symmetric(Array("pump".utf8)))
        #expect(symmetric.unknownAttributes.isEmpty)
        let asymmetric = try parse(
            TestRequest(attributes: [
                TestRequest.capabilities(Self.everything), TestRequest.asymmetricDecryptKeyIdentifier([7, 8]),
            ]))
        #expect(asymmetric.keyProtection?.identifier == .asymmetric([7, 8]))
        #expect(asymmetric.keyProtection?.encoded != symmetric.keyProtection?.encoded)
    }

    @Test func elsewhereTheyAreAttributesLikeAnyOther() throws {
        let request = TestRequest(attributes: [
            TestRequest.attribute("1.2.840.113549.1.9.16.2.37", [[0x05, 0x00]]),
            TestRequest.attribute("1.2.840.113549.1.9.15", [[0x05, 0x00]]),
        ])
        #expect(try CertificationRequest(derEncoded: request.encoded()).unknownAttributes.count == 2)
    }

    static let malformed: [(String, [[UInt8]])] = [
        ("no capabilities", [TestRequest.decryptKeyIdentifier([1])]),
        ("no capabilities", [TestRequest.asymmetricDecryptKeyIdentifier([1])]),
        ("empty capabilities", [TestRequest.decryptKeyIdentifier([1]), TestRequest.capabilities([])]),
        (
            "too many capabilities",
            [
                TestRequest.decryptKeyIdentifier([1]),
                TestRequest.capabilities(Array(repeating: TestRequest.aes256CBC, count: 65)),
            ]
        ),
        (
            "a capability that is none",
            [TestRequest.decryptKeyIdentifier([1]), TestRequest.capabilities([[0x02, 0x01, 0x00]])]
        ),
        (
            "a capability with two parameters",
            [
                TestRequest.decryptKeyIdentifier([1]),
                TestRequest.capabilities([
                    TestRequest.sequence([TestRequest.identifier("1.2.3"), [0x05, 0x00], [0x05, 0x00]])
                ]),
            ]
        ),
        (
            "both identifiers",
            [
                TestRequest.decryptKeyIdentifier([1]), TestRequest.asymmetricDecryptKeyIdentifier([1]),
                TestRequest.capabilities(everything),
            ]
        ),
        ("an empty identifier", [TestRequest.decryptKeyIdentifier([]), TestRequest.capabilities(everything)]),
        (
            "a long identifier",
            [
                TestRequest.asymmetricDecryptKeyIdentifier(Array(repeating: 1, count: 257)),
                TestRequest.capabilities(everything),
            ]
        ),
        (
            "an identifier that is no OCTET STRING",
            [
                TestRequest.attribute("1.2.840.113549.1.9.16.2.37", [[0x0c, 0x01, 0x41]]),
                TestRequest.capabilities(everything),
            ]
        ),
        (
            "two values",
            [
                TestRequest.attribute("1.2.840.113549.1.9.16.2.54", [[0x04, 0x01, 0x41], [0x04, 0x01, 0x42]]),
                TestRequest.capabilities(everything),
            ]
        ),
        (
            "an attribute that is there twice",
            [
                TestRequest.decryptKeyIdentifier([1]), TestRequest.decryptKeyIdentifier([1]),
                TestRequest.capabilities(everything),
            ]
        ),
    ]

    @Test(arguments: malformed.indices) func malformedAttributesAreRefused(_ index: Int) throws {
        let (what, attributes) = Self.malformed[index]
        #expect(throws: CertificationRequestError.self, "\(what)") {
            try parse(TestRequest(attributes: attributes))
        }
    }

    // MARK: Algorithms

    @Test func contentIsEncryptedWithAES256() throws {
        let aes128 = TestRequest.algorithm("2.16.840.1.101.3.4.1.2")
        // RFC 7030 asks for key encipherment algorithms only.
        for list in [[TestRequest.aes256GCM, TestRequest.aes256CBC], [TestRequest.aes256Wrap]] {
            #expect(throws: Never.self) { try capabilities(list).requireContentEncryption() }
        }
        for list in [[aes128, TestRequest.aes256Wrap], [TestRequest.aes256GCM]] {
            #expect(throws: UnsupportedCapabilities.self) { try capabilities(list).requireContentEncryption() }
        }
    }

    @Test func keyWrapMustBeListed() throws {
        #expect(throws: Never.self) { try capabilities([TestRequest.aes256Wrap]).requireKeyWrap() }
        #expect(throws: UnsupportedCapabilities.self) {
            try capabilities([TestRequest.aes256CBC, TestRequest.algorithm("2.16.840.1.101.3.4.1.5")]).requireKeyWrap()
        }
    }

    @Test func keyTransportPrefersOAEP() throws {
        let oaep = "1.2.840.113549.1.1.7"
        #expect(try capabilities([TestRequest.rsaEncryption]).keyTransport() == .pkcs1)
        #expect(try capabilities([TestRequest.rsaEncryption, TestRequest.oaepSHA256]).keyTransport() == .oaep(.sha256))
        #expect(try capabilities([TestRequest.algorithm(oaep)]).keyTransport() == .oaep(.sha1))
        #expect(try capabilities([TestRequest.algorithm(oaep, [0x30, 0x00])]).keyTransport() == .oaep(.sha1))
        // SHA-256, and the default, SHA-1, in the mask: not supported.
        let mixed = TestRequest.algorithm(
            oaep, TestRequest.sequence([TestRequest.element(0xa0, TestRequest.algorithm("2.16.840.1.101.3.4.2.1"))]))
        #expect(throws: UnsupportedCapabilities.self) { try capabilities([mixed]).keyTransport() }
        #expect(try capabilities([mixed, TestRequest.rsaEncryption]).keyTransport() == .pkcs1)
        let labelled = TestRequest.algorithm(
            oaep, TestRequest.sequence([TestRequest.element(0xa2, TestRequest.algorithm("1.2.840.113549.1.1.9"))]))
        #expect(throws: UnsupportedCapabilities.self) { try capabilities([labelled]).keyTransport() }
        #expect(throws: UnsupportedCapabilities.self) {
            try capabilities([TestRequest.aes256CBC, TestRequest.aes256Wrap]).keyTransport()
        }
    }

    @Test func keyAgreementTakesTheListedHash() throws {
        let sha384 = TestRequest.algorithm("1.3.132.1.11.2", TestRequest.aes256Wrap)
        let sha1 = TestRequest.algorithm("1.3.133.16.840.63.0.2", TestRequest.aes256Wrap)
        let aes128 = TestRequest.algorithm("1.3.132.1.11.1", TestRequest.algorithm("2.16.840.1.101.3.4.1.5"))
        #expect(try capabilities([TestRequest.ecdhSHA256]).keyAgreement() == .sha256)
        #expect(try capabilities([sha1, sha384, TestRequest.ecdhSHA256]).keyAgreement() == .sha384)
        #expect(try capabilities([aes128, sha384]).keyAgreement() == .sha384)
        #expect(try capabilities([TestRequest.aes256Wrap]).keyAgreement() == .sha256)
        #expect(
            try capabilities([TestRequest.algorithm("1.3.132.1.11.3"), TestRequest.aes256Wrap]).keyAgreement()
                == .sha512)
        for list in [[sha1], [sha1, TestRequest.aes256Wrap], [aes128], [TestRequest.algorithm("1.3.132.1.11.1")]] {
            #expect(throws: UnsupportedCapabilities.self) { try capabilities(list).keyAgreement() }
        }
    }

    @Test func mutatedAttributesNeverTrap() throws {
        let original = try TestRequest(attributes: [
            TestRequest.decryptKeyIdentifier("pump".utf8), TestRequest.capabilities(Self.everything),
        ]).encoded()
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(
                    in: .min ... .max, using: &generator)
            }
            guard let protection = try? CertificationRequest(forServerKey: bytes).keyProtection else { continue }
            _ = try? protection.capabilities.requireContentEncryption()
            _ = try? protection.capabilities.keyTransport()
            _ = try? protection.capabilities.keyAgreement()
        }
    }
}
