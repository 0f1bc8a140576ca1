internal import Foundation
internal import PKI
internal import SwiftASN1
internal import TestOpenSSL
internal import Testing
internal import X509

@testable internal import Device

/// What devices make of the csrattrs answers of other servers.
@Suite struct CSRAttributesAnswerTests {
    private func answer(_ base64: String) throws -> CSRAttributesAnswer {
        try CSRAttributesAnswer(
            derEncoded: Array(try #require(Data(base64Encoded: base64, options: .ignoreUnknownCharacters))))
    }

    @Test("The example of RFC 7030 §4.5.2, in which an extension request has identifiers") func rfc7030() throws {
        let answer = try answer(
            "MEEGCSqGSIb3DQEJBzASBgcqhkjOPQIBMQcGBSuBBAAiMBYGCSqGSIb3DQEJDjEJBgcrBgEBAQEWBggqhkjOPQQDAw==")
        #expect(answer.needsChannelBinding && answer.keyKind == .p384)
        #expect(answer.extensions.isEmpty && answer.openExtensions == ["1.3.6.1.1.1.1.22"])
    }

    @Test("The answer of libest, in which a curve stands alone") func libest() throws {
        let answer = try answer("MCYGBysGAQEBARYGCSqGSIb3DQEJAQYFK4EEACIGCWCGSAFlAwQCAg==")
        #expect(!answer.needsChannelBinding && answer.keyKind == .p384)
        #expect(answer.openSubjectAttributes == ["1.2.840.113549.1.9.1"])
    }

    @Test(
        "The examples of RFC 9908 §5",
        arguments: [
            ("MCkGCSqGSIb3DQEJBzARBgkqhkiG9w0BAQExBAICEAAGCSqGSIb3DQEBCw==", DeviceKey.Kind.rsa4096, []),
            ("MC4GCSqGSIb3DQEJBzASBgcqhkjOPQIBMQcGBSuBBAAiBgNVBAUGCCqGSM49BAMD", .p384, ["2.5.4.5"]),
            (
                "MEUGCSqGSIb3DQEJBzASBgcqhkjOPQIBMQcGBSuBBAAjBgkqhkiG9w0BCRQGCgmSJomT8ixkAQUGA1UEBQYIKoZIzj0EAwQ=",
                .p521, ["2.5.4.5"]
            ),
        ])
    func rfc9908(_ base64: String, _ kind: DeviceKey.Kind, _ subject: [String]) throws {
        let answer = try answer(base64)
        #expect(answer.needsChannelBinding && answer.keyKind == kind && answer.openSubjectAttributes == subject)
    }

    @Test("A key that can't be made here is named, unless a known one follows") func unknownKey() throws {
        let brainpool: [UInt8] = [
            0x30, 0x16, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x31, 0x0b, 0x06, 0x09, 0x2b, 0x24, 0x03,
            0x03, 0x02, 0x08, 0x01, 0x01, 0x07,
        ]
        let only = try CSRAttributesAnswer(derEncoded: [0x30, UInt8(brainpool.count)] + brainpool)
        #expect(only.keyKind == nil && only.unknownKeyKind == "1.3.36.3.3.2.8.1.1.7")
        let ed25519: [UInt8] = [0x06, 0x03, 0x2b, 0x65, 0x70]
        let both = brainpool + ed25519
        let answer = try CSRAttributesAnswer(derEncoded: [0x30, UInt8(both.count)] + both)
        #expect(answer.keyKind == .ed25519 && answer.unknownKeyKind == nil)
    }

    @Test("What is no SEQUENCE is a bad answer; what is not known in one is ignored") func odd() throws {
        for bytes in [[], [0x05, 0x00], [0x30, 0x05, 0x06], [0x30, 0x80]] as [[UInt8]] {
            #expect(throws: DeviceError(.badAnswer, "")) { try CSRAttributesAnswer(derEncoded: bytes) }
        }
        #expect(try CSRAttributesAnswer(derEncoded: [0x30, 0x00]) == CSRAttributesAnswer())
        // An INTEGER, an attribute without values, a SEQUENCE in a SEQUENCE.
        let answer = try CSRAttributesAnswer(derEncoded: [
            0x30, 0x0e, 0x02, 0x01, 0x07, 0x30, 0x05, 0x06, 0x03, 0x55, 0x04, 0x05, 0x30, 0x02, 0x30, 0x00,
        ])
        #expect(answer == CSRAttributesAnswer())
    }

    @Test("A mutated answer never traps") func mutations() throws {
        let text =
            "MIHaMBUGByqGSM49AgExCgYIKoZIzj0DAQcGA1UEAwYDVR0RMDQGCSqGSIb3DQEJDjEnMCUwDgYDVR0PAQH/BAQDAgeAMBMGA1UdJQQMMAo"
            + "GCCsGAQUFBwMCBggqhkjOPQQDAjB3BgsqhkiG9w0BCRACPTFoMGYCAQAwCTEHMAUGA1UEA6AVMBMGByqGSM49AgEGCCqGSM49AwEHoT8"
            + "wPQYLKoZIhvcNAQkQAj4xLjAsMA4GA1UdDwEB/wQEAwIHgDATBgNVHSUEDDAKBggrBgEFBQcDAjAFBgNVHRE="
        let bytes = Array(try #require(Data(base64Encoded: text)))
        let read = try CSRAttributesAnswer(derEncoded: bytes)
        #expect(read.keyKind == .p256 && read.extensions.count == 2 && read.openExtensions == ["2.5.29.17"])
        for index in bytes.indices {
            for value in [0x00, 0x7f, 0x80, 0xff, bytes[index] &+ 1] as [UInt8] {
                var changed = bytes
                changed[index] = value
                _ = try? CSRAttributesAnswer(derEncoded: changed)
            }
        }
    }

    // MARK: The request

    private func text(_ request: [UInt8]) async throws -> String {
        try await OpenSSLRun.text(
            ["req", "-inform", "DER", "-in", "request", "-verify", "-noout", "-text", "-nameopt", "RFC2253"],
            files: ["request": request])
    }

    @Test(
        "A request has the device's names, the server's extensions and the binding", arguments: DeviceKey.Kind.allCases)
    func request(_ kind: DeviceKey.Kind) async throws {
        var wishes = CSRAttributesAnswer()
        wishes.extensions = [.init(oid: [2, 5, 29, 15], critical: true, value: [0x03, 0x02, 0x07, 0x80])]
        wishes.wantSubjectAttribute([2, 5, 4, 10], value: try DER.parse([0x0c, 0x01, 0x41]))
        wishes.wantSubjectAttribute([2, 5, 4, 3])
        let wanted = WantedCertificate(
            subject: try SubjectText("pump-7").name,
            alternativeNames: [.dnsName("a.example"), .ipAddress(.init(contentBytes: [10, 1, 2, 3]))])
        let text = try await text(
            wanted.certificationRequest(
                key: DeviceKey.generate(kind), wishes: wishes, challengePassword: "q+/w=="))
        #expect(text.contains("Subject: CN=pump-7,O=A\n"))
        #expect(text.contains("DNS:a.example, IP Address:10.1.2.3"))
        #expect(text.contains("X509v3 Key Usage: critical\n"))
        #expect(text.contains("challengePassword        :q+/w=="))
        #expect(wanted.missing(wishes).isEmpty)
    }

    @Test("A request without a subject has a critical subjectAltName; a missing name is told") func withoutSubject()
        async throws
    {
        var wishes = CSRAttributesAnswer()
        wishes.wantSubjectAttribute([2, 5, 4, 3])
        let wanted = WantedCertificate(subject: DistinguishedName(), alternativeNames: [.dnsName("a.example")])
        let text = try await text(
            wanted.certificationRequest(key: DeviceKey.generate(.p256), wishes: wishes, challengePassword: nil))
        #expect(text.contains("X509v3 Subject Alternative Name: critical"))
        #expect(wanted.missing(wishes) == ["2.5.4.3"])
    }

    @Test("A renewal has the certificate's names and nothing else") func renewal() throws {
        var wishes = CSRAttributesAnswer()
        wishes.wantSubjectAttribute([2, 5, 4, 10], value: try DER.parse([0x0c, 0x01, 0x41]))
        let key = try DeviceKey.generate(.p256)
        let certificate = try TestAuthority("Root").issue("pump", key: key)
        let wanted = try WantedCertificate(renewing: certificate)
        let request = try CertificateSigningRequest(
            derEncoded: wanted.certificationRequest(key: key, wishes: wishes, challengePassword: nil))
        #expect(request.subject == certificate.subject)
        #expect(wanted.missing(wishes).isEmpty)
    }

    // MARK: Subjects

    @Test(
        "Subjects are written in three ways",
        arguments: [
            ("pump-7", "CN=pump-7"), ("CN=pump-7,O=Example,C=SE", "CN=pump-7,O=Example,C=SE"),
            ("/C=SE/O=Example/CN=pump-7", "CN=pump-7,O=Example,C=SE"), ("cn=a\\,b", "CN=a\\,b"),
            ("/CN=a\\/b", "CN=a/b"), ("2.5.4.5=X+CN=y", "2.5.4.5=X+CN=y"), (" O = A b ,CN= c ", nil),
        ] as [(String, String?)])
    func subjects(_ text: String, _ expected: String?) throws {
        let name = try SubjectText(text).name
        if let expected { #expect(try SubjectText(expected).name == name) }
        #expect(try SubjectText(name.description).name.count == name.count)
    }

    @Test("The order is that of the certificate, or the opposite") func order() throws {
        let name = try SubjectText("CN=pump-7,C=SE").name
        #expect(name.map { $0.map(\.type) } == [[[2, 5, 4, 6]], [[2, 5, 4, 3]]])
        #expect(try SubjectText("/C=SE/CN=pump-7").name == name)
    }

    @Test(
        "What is no subject says so",
        arguments: [
            "", "/", "CN=", "/CN", "XX=a", "99999999999999999999.1=a", "3.1=a", "1=a", "C=Ü", "CN=a,,O=b", "=a",
        ])
    func invalidSubjects(_ text: String) {
        #expect(throws: SubjectText.Invalid.self) { try SubjectText(text) }
    }
}
