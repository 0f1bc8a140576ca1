internal import Foundation
internal import SwiftASN1
internal import TestRequests
internal import Testing

@testable internal import PKI

/// The examples of the RFCs, byte by byte, and as a decoder that is not ours sees our bytes.
@Suite struct CSRAttributesExampleTests {
    private static func decoded(_ base64: String) -> [UInt8] {
        Array(Data(base64Encoded: base64, options: .ignoreUnknownCharacters)!)
    }

    private static func identifier(_ dotted: String) -> CSRAttributes.Element {
        .identifier(try! ASN1ObjectIdentifier(dotRepresentation: dotted))
    }

    private static func curve(_ dotted: String) -> CSRAttributes.Element {
        .attribute(
            try! CSRAttribute([1, 2, 840, 10045, 2, 1], value: ASN1ObjectIdentifier(dotRepresentation: dotted)))
    }

    private static let challengePassword = identifier("1.2.840.113549.1.9.7")

    @Test func rfc7030Section4_5_2() throws {
        // RFC 9908 §4 calls this example wrong (a MAC address is no extension): it is here for the encoding alone.
        let attributes = CSRAttributes([
            Self.challengePassword, Self.curve("1.3.132.0.34"),
            .attribute(
                try CSRAttribute(
                    [1, 2, 840, 113549, 1, 9, 14], value: [1, 3, 6, 1, 1, 1, 1, 22] as ASN1ObjectIdentifier)),
            Self.identifier("1.2.840.10045.4.3.3"),
        ])
        #expect(
            try attributes.encoded()
                == Self.decoded(
                    """
                    MEEGCSqGSIb3DQEJBzASBgcqhkjOPQIBMQcGBSuBBAAiMBYGCSqGSIb3DQEJDjEJ
                    BgcrBgEBAQEWBggqhkjOPQQDAw==
                    """))
    }

    @Test func rfc9908Section5_1() throws {
        // otherName of RFC 8994: id-on-AcpNodeName, IA5String.
        let name = "rfc8994+fd739fc23c3440112233445500000000+@acp.example.com"
        let otherName = DERWriter.element(
            0xa0,
            [
                TestRequest.identifier("1.3.6.1.5.5.7.8.10"),
                DERWriter.element(0xa0, DERWriter.element(0x16, Array(name.utf8))),
            ])
        let extensions = [
            ExtensionTemplate(
                identifier: [2, 5, 29, 17], isCritical: true, value: .fixed(TestRequest.sequence([otherName])))
        ]
        let attribute = try #require(try ExtensionTemplate.attribute(extensions))
        #expect(
            try CSRAttributes([.attribute(attribute)]).encoded()
                == Self.decoded(
                    """
                    MGgwZgYJKoZIhvcNAQkOMVkwVzBVBgNVHREBAf8ESzBJoEcG
                    CCsGAQUFBwgKoDsWOXJmYzg5OTQrZmQ3MzlmYzIzYzM0NDAx
                    MTIyMzM0NDU1MDAwMDAwMDArQGFjcC5leGFtcGxlLmNvbQ==
                    """))
    }

    @Test(arguments: [
        (
            "5.2",
            [
                challengePassword, curve("1.3.132.0.34"), identifier("1.3.6.1.1.1.1.22"),
                identifier("1.2.840.10045.4.3.3"),
            ],
            "MDIGCSqGSIb3DQEJBzASBgcqhkjOPQIBMQcGBSuBBAAiBgcrBgEBAQEWBggqhkjOPQQDAw=="
        ),
        (
            "5.4",
            [
                challengePassword, .attribute(try! CSRAttribute([1, 2, 840, 113549, 1, 1, 1], value: 4096)),
                identifier("1.2.840.113549.1.1.11"),
            ],
            "MCkGCSqGSIb3DQEJBzARBgkqhkiG9w0BAQExBAICEAAGCSqGSIb3DQEBCw=="
        ),
        (
            "5.5",
            [challengePassword, curve("1.3.132.0.34"), identifier("2.5.4.5"), identifier("1.2.840.10045.4.3.3")],
            "MC4GCSqGSIb3DQEJBzASBgcqhkjOPQIBMQcGBSuBBAAiBgNVBAUGCCqGSM49BAMD"
        ),
        // The RFC prints the same bytes for §5.3.
        (
            "5.6",
            [
                challengePassword, curve("1.3.132.0.35"), identifier("1.2.840.113549.1.9.20"),
                identifier("0.9.2342.19200300.100.1.5"), identifier("2.5.4.5"), identifier("1.2.840.10045.4.3.4"),
            ],
            "MEUGCSqGSIb3DQEJBzASBgcqhkjOPQIBMQcGBSuBBAAjBgkqhkiG9w0BCRQGCgmSJomT8ixkAQUGA1UEBQYIKoZIzj0EAwQ="
        ),
    ])
    func rfc9908Section5(_ section: String, _ elements: [CSRAttributes.Element], _ base64: String) throws {
        #expect(try CSRAttributes(elements).encoded() == Self.decoded(base64), "§\(section)")
    }

    /// RFC 9908 §3.4 prints its template as a dump, and no bytes: these are written down from it by hand.
    @Test func rfc9908Section3_4() throws {
        func text(_ text: String) -> [UInt8] { DERWriter.element(0x0c, Array(text.utf8)) }
        let names = TestRequest.sequence([TestRequest.dns("www.myServer.com"), TestRequest.ip([])])
        let template = CertificationRequestTemplate(
            subject: NameTemplate(relativeNames: [
                .init(type: [2, 5, 4, 3]), .init(type: [2, 5, 4, 11], value: text("myDept")),
                .init(type: [2, 5, 4, 11], value: text("myGroup")),
            ]),
            key: try KeyTemplate(.p256),
            attributes: [
                try #require(
                    try ExtensionTemplate.attribute([
                        ExtensionTemplate(identifier: [2, 5, 29, 17], value: .partial(names)),
                        ExtensionTemplate(
                            identifier: [2, 5, 29, 15], isCritical: true, value: .fixed([0x03, 0x02, 0x03, 0x88])),
                        ExtensionTemplate(identifier: [2, 5, 29, 37], value: .open),
                    ]))
            ])
        let bytes = """
            30 81 93
              02 01 00
              30 2c
                31 07 30 05 06 03 55 04 03
                31 0f 30 0d 06 03 55 04 0b 0c 06 6d 79 44 65 70 74
                31 10 30 0e 06 03 55 04 0b 0c 07 6d 79 47 72 6f 75 70
              a0 15 30 13 06 07 2a 86 48 ce 3d 02 01 06 08 2a 86 48 ce 3d 03 01 07
              a1 49
                30 47
                  06 0b 2a 86 48 86 f7 0d 01 09 10 02 3e
                  31 38 30 36
                    30 1d 06 03 55 1d 11 04 16 30 14 82 10 77 77 77 2e 6d 79 53 65 72 76 65 72 2e 63 6f 6d 87 00
                    30 0e 06 03 55 1d 0f 01 01 ff 04 04 03 02 03 88
                    30 05 06 03 55 1d 25
            """
        let encoded = try DERWriter.encode(template)
        #expect(encoded.hexadecimal == bytes.filter { !$0.isWhitespace })
    }
}
