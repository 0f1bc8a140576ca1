internal import Crypto
internal import CryptoExtras
internal import Foundation
internal import SwiftASN1
internal import TestRequests
internal import Testing
internal import X509

@testable internal import PKI

/// What a profile advertises, and that the same profile admits it (RFC 7030 §4.5, RFC 9908).
@Suite struct CSRAttributesProfileTests {
    /// One kind of name, one required attribute.
    private static func profile(_ change: (inout Profile) -> Void = { _ in }) -> Profile {
        var profile = Profile.test
        profile.keys = [.p256]
        profile.subject.attributes = [.init(type: "2.5.4.3", required: true, pattern: nil, maximumCount: 1)]
        profile.names.dnsWildcards = []
        profile.names.ipNetworks = []
        profile.names.uriPrefixes = []
        profile.names.emailDomains = []
        change(&profile)
        return profile
    }

    private static func encoded(
        _ profile: Profile, bound: Bool = false, _ forms: [CSRAttributes.Form]
    ) throws -> String {
        try CSRAttributes(profile: profile, requiresChannelBinding: bound, forms: forms).encoded().hexadecimal
    }

    private static func bytes(_ text: String) -> String {
        text.split(separator: "\n").map { $0.prefix { $0 != ";" } }.joined().filter { !$0.isWhitespace }
    }

    // MARK: What is said

    @Test func theLegacyFormByteByByte() throws {
        let expected = """
            30 6c
              06 09 2a864886f70d010907                            ; challengePassword
              30 15 06 07 2a8648ce3d0201 31 0a 06 08 2a8648ce3d030107
              06 03 550403                                        ; commonName, the client's
              06 03 551d11                                        ; subjectAltName, the client's
              30 34 06 09 2a864886f70d01090e 31 27 30 25          ; extensionRequest
                30 0e 06 03 551d0f 01 01 ff 04 04 03 02 07 80
                30 13 06 03 551d25 04 0c 30 0a 06 08 2b06010505070302
              06 08 2a8648ce3d040302                              ; ecdsa-with-SHA256
            """
        #expect(try Self.encoded(Self.profile(), bound: true, [.legacy]) == Self.bytes(expected))
    }

    @Test func theTemplateByteByByte() throws {
        let profile = Self.profile {
            $0.subject.attributes += [
                .init(type: "2.5.4.10", required: true, pattern: "Example, Inc\\.", maximumCount: 1),
                .init(type: "2.5.4.6", required: true, pattern: "DE", maximumCount: 1),
                .init(type: "2.5.4.11", required: false, pattern: "Unit", maximumCount: 1),
            ]
        }
        let expected = """
            30 81b0 30 81ad 06 0b 2a864886f70d010910023d 31 819d 30 819a
              02 01 00
              30 2e
                31 07 30 05 06 03 550403                          ; CN, the client's
                31 16 30 14 06 03 55040a 0c 0d 4578616d706c652c20496e632e
                31 0b 30 09 06 03 550406 13 02 4445               ; a country is a PrintableString
              a0 15 30 13 06 07 2a8648ce3d0201 06 08 2a8648ce3d030107
              a1 4e
                30 0d 06 09 2a864886f70d010907 31 00              ; challengePassword, the client's
                30 3d 06 0b 2a864886f70d010910023e 31 2e 30 2c
                  30 0e 06 03 551d0f 01 01 ff 04 04 03 02 07 80
                  30 13 06 03 551d25 04 0c 30 0a 06 08 2b06010505070302
                  30 05 06 03 551d11                              ; subjectAltName, the client's
            """
        #expect(try Self.encoded(profile, bound: true, [.template]) == Self.bytes(expected))
    }

    @Test func bothFormsStandInOneAnswerTheTemplateLast() throws {
        let profile = Self.profile()
        let both = try CSRAttributes(profile: profile, requiresChannelBinding: true, forms: [.template, .legacy])
        let legacy = try CSRAttributes(profile: profile, requiresChannelBinding: true, forms: [.legacy])
        let template = try CSRAttributes(profile: profile, requiresChannelBinding: true, forms: [.template])
        #expect(both.elements == legacy.elements + template.elements)
        #expect(template.elements.count == 1)
        #expect(try CSRAttributes(profile: profile, requiresChannelBinding: true, forms: []).isEmpty)
    }

    @Test(arguments: [
        ([KeyRule.p384, .p256], "id-ecPublicKey secp384r1 ecdsa-with-SHA384"),
        ([.p521], "id-ecPublicKey secp521r1 ecdsa-with-SHA512"),
        ([.ed25519], "ED25519 ED25519"),
        (
            [.rsa(minimumBits: 3072, maximumBits: 4096, minimumExponent: 65_537), .p256],
            "rsaEncryption 0C00 sha256WithRSAEncryption"
        ),
    ])
    func theFirstKindOfKeyIsAdvertised(_ keys: [KeyRule], _ expected: String) throws {
        let profile = Self.profile {
            $0.keys = keys
            $0.subject.attributes = []
            $0.extendedKeyUsage = ExtendedKeyUsageRule(standard: [], allowed: [])
            $0.keyUsage = KeyUsageRule(standard: [.digitalSignature], allowed: [.digitalSignature], narrows: true)
            $0.names.dnsSuffixes = []
        }
        let attributes = try CSRAttributes(profile: profile, requiresChannelBinding: false, forms: [.legacy])
        let printed = try OpenSSL.output(
            ["asn1parse", "-inform", "DER", "-in", "in"], input: try attributes.encoded())
        let values = printed.split(separator: "\n").filter {
            $0.contains("prim: OBJECT") || $0.contains("prim: INTEGER")
        }
        .compactMap { $0.split(separator: ":").last.map(String.init) }
        let words = values.filter { $0 != "X509v3 Key Usage" && $0 != "Extension Request" }
        #expect(words.joined(separator: " ") == expected)
    }

    @Test func anotherSignatureAlgorithmIsAdvertisedWhereTheUsualOneIsNotAllowed() throws {
        let profile = Self.profile { $0.signatureAlgorithms = [.rsaWithSHA256, .ecdsaWithSHA512] }
        #expect(
            try WantedRequest(profile: profile, requiresChannelBinding: false).signatureAlgorithm == .ecdsaWithSHA512)
    }

    @Test(arguments: [2048, 2050, 3072, 4096])
    func theTemplateForRSAHasAKeyOfTheSize(_ bits: Int) throws {
        let template = try KeyTemplate(.rsa(minimumBits: bits, maximumBits: 8192, minimumExponent: 65_537))
        let info = TestRequest.sequence([
            TestRequest.sequence([TestRequest.identifier("1.2.840.113549.1.1.1"), [0x05, 0x00]]),
            DERWriter.element(0x03, [0] + (try #require(template.placeholder))),
        ])
        #expect(template.parameters == [0x05, 0x00])
        let printed = try OpenSSL.output(
            ["pkey", "-pubin", "-inform", "DER", "-in", "in", "-noout", "-text"], input: info)
        #expect(printed.contains("Public-Key: (\(bits) bit)"), "\(printed)")
        #expect(printed.contains("Exponent: 65537"))
    }

    @Test(arguments: [
        ([String](), ["10.0.0.0/8"], "30 02 87 00"), (["example.com"], ["10.0.0.0/8"], ""), (["example.com"], [], ""),
    ])
    func anOpenNameIsSaidAsRFC9908CanSayIt(_ dns: [String], _ networks: [String], _ value: String) throws {
        let profile = Self.profile {
            $0.names.dnsSuffixes = dns
            $0.names.ipNetworks = networks
        }
        let wanted = try WantedRequest(profile: profile, requiresChannelBinding: false)
        let expected: ExtensionTemplate.Value =
            value.isEmpty ? .open : .partial(value.split(separator: " ").compactMap { UInt8($0, radix: 16) })
        #expect(wanted.extensions.last == ExtensionTemplate(identifier: [2, 5, 29, 17], value: expected))
        // Without a missing value it is an ordinary extensionRequest (RFC 9908 §3.4).
        let isOrdinary = try wanted.template().attributes.map(\.type) == [[1, 2, 840, 113549, 1, 9, 14]]
        #expect(isOrdinary == !value.isEmpty)
        #expect(try wanted.legacyElements().contains(.identifier([2, 5, 29, 17])))
    }

    @Test(arguments: [
        ("Example", "Example"), ("^Example$", "Example"), ("Ex\\.", "Ex."), ("[E]x", "Ex"), ("Ex|Ey", nil),
        ("E?", nil), ("[Ee]x", nil), ("E.", nil), ("[^E]", nil), ("a$b", nil), ("E{2}", "EE"), ("", ""),
    ])
    func aPatternMayMatchOneTextOnly(_ pattern: String, _ text: String?) throws {
        #expect(try NamePattern(pattern).onlyMatch == text)
    }

    // MARK: What is said is admitted

    private static let admitted: [(name: String, profile: Profile, key: TestRequest.Key)] = [
        ("test", .test, .p256(TestRequest.key)),
        ("plain", profile(), .p256(TestRequest.key)),
        ("Ed25519", profile { $0.keys = [.ed25519] }, .ed25519(Curve25519.Signing.PrivateKey())),
        (
            "RSA",
            profile {
                $0.keys = [.rsa(minimumBits: 2048, maximumBits: 3072, minimumExponent: 3)]
                $0.keyUsage = KeyUsageRule(
                    standard: [.digitalSignature, .keyEncipherment], allowed: [.digitalSignature, .keyEncipherment],
                    narrows: false)
            }, .rsa(try! _RSA.Signing.PrivateKey(keySize: .bits2048))
        ),
        (
            // Key encipherment is not for this key: what a certificate would not get is not advertised.
            "unsuitable usage",
            profile {
                $0.keyUsage = KeyUsageRule(
                    standard: [.digitalSignature, .keyEncipherment], allowed: [.digitalSignature, .keyEncipherment],
                    narrows: false)
            }, .p256(TestRequest.key)
        ),
        (
            "fixed subject",
            profile {
                $0.subject.attributes += [
                    .init(type: "2.5.4.10", required: true, pattern: "Example, Inc\\.", maximumCount: 1),
                    .init(type: "2.5.4.6", required: true, pattern: "DE", maximumCount: 1),
                    .init(type: "1.2.840.113549.1.9.1", required: true, pattern: "a@example\\.com", maximumCount: 1),
                ]
            }, .p256(TestRequest.key)
        ),
        ("two usages", profile { $0.extendedKeyUsage.standard = $0.extendedKeyUsage.allowed }, .p256(TestRequest.key)),
    ]

    @Test(arguments: admitted.indices)
    func whatIsAdvertisedIsAdmittedAsItIs(_ index: Int) throws {
        let (_, profile, key) = Self.admitted[index]
        let wanted = try WantedRequest(profile: profile, requiresChannelBinding: true)
        let commonName = NameTemplate.Attribute(type: [2, 5, 4, 3], value: nil)
        var request = TestRequest(
            subject: try DERWriter.encode(
                NameTemplate(
                    relativeNames: (wanted.subject.isEmpty ? [commonName] : wanted.subject).map {
                        .init(type: $0.type, value: $0.value ?? TestRequest.string(.utf8String, "device-1"))
                    })),
            extensions: try wanted.extensions.map {
                var one = $0
                if one.identifier == [2, 5, 29, 17] {
                    one.value = .fixed(TestRequest.sequence([TestRequest.dns("a.example.com")]))
                }
                return try DERWriter.encode(one)
            })
        request.key = key
        let full = try profile.admit(try request.request(), now: 1_800_000_000)
        // A request that asks for less gets the same usages.
        request.extensions = request.extensions.filter { $0.contains(0x11) }
        let bare = try profile.admit(try request.request(), now: 1_800_000_000)
        #expect(full.keyUsages == bare.keyUsages)
        #expect(full.extendedKeyUsages == bare.extendedKeyUsages)
        #expect(full.remarks.isEmpty, "\(full.remarks)")
    }
}
