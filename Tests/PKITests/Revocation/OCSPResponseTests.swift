internal import Crypto
internal import Foundation
internal import SwiftASN1
internal import TestOpenSSL
internal import Testing
internal import X509

@testable internal import PKI

struct OCSPResponseTests {
    private static let key = P256.Signing.PrivateKey()

    private static func respond(
        _ authority: TestAuthority, serial: [UInt8], _ status: OCSPCertificateStatus,
        hash: OCSPIdentifierHash = .sha1, at now: Int64
    ) throws -> [UInt8] {
        let responder = try authority.issue(
            to: try DistinguishedName { CommonName("OCSP") }, key: .init(key.publicKey), serial: [9],
            notBefore: now - 60, notAfter: now + 600,
            extensions: try Certificate.Extensions {
                try ExtendedKeyUsage([.ocspSigning])
            }
        ).derBytes
        let response = OCSPResponse(
            issuer: try OCSPIssuer(certificate: try authority.certificate.derBytes), identifierHash: hash,
            serial: serial, status: status, thisUpdate: now, nextUpdate: now + 300)
        let toBeSigned = response.toBeSigned(responder: try OCSPIssuer(certificate: responder))
        return OCSPResponse.encode(
            toBeSigned: toBeSigned, signatureAlgorithm: .ecdsaWithSHA256,
            signature: Array(try key.signature(for: toBeSigned).derRepresentation), certificates: [responder])
    }

    private static func check(
        _ response: [UInt8], _ authority: TestAuthority, _ leaf: Certificate, _ options: [String] = []
    ) async throws -> String {
        try await OpenSSLRun.text(
            ["ocsp", "-respin", "response", "-issuer", "ca", "-CAfile", "ca"] + options + ["-cert", "leaf"],
            files: [
                "response": response, "ca": OpenSSLRun.pem(try authority.certificate.derBytes),
                "leaf": OpenSSLRun.pem(try leaf.derBytes),
            ])
    }

    @Test(arguments: [([], OCSPIdentifierHash.sha1), (["-sha256"], .sha256)])
    func good(options: [String], hash: OCSPIdentifierHash) async throws {
        let authority = try TestAuthority("Issuing CA")
        let leaf = try authority.issue(serial: [0x00, 0xfe, 0x02, 0x03])
        let response = try Self.respond(
            authority, serial: [0xfe, 0x02, 0x03], .good, hash: hash, at: Int64(Date().timeIntervalSince1970))
        let text = try await Self.check(response, authority, leaf, options)
        #expect(text.contains("Response verify OK"))
        #expect(text.contains("leaf: good"))
        #expect(text.contains("Next Update:"))
    }

    @Test(arguments: RevocationReasonCode.allCases) func revoked(reason: RevocationReasonCode) async throws {
        let authority = try TestAuthority("Issuing CA")
        let leaf = try authority.issue(serial: [1])
        let response = try Self.respond(
            authority, serial: [1], .revoked(at: 1_700_000_000, reason: reason), at: Int64(Date().timeIntervalSince1970)
        )
        let text = try await Self.check(response, authority, leaf)
        #expect(text.contains("Response verify OK"))
        #expect(text.contains("leaf: revoked"))
        #expect(text.contains("Revocation Time: Nov 14 22:13:20 2023 GMT"))
        #expect(text.contains("Reason: ") == (reason != .unspecified))
        // `openssl ocsp` has no name for this one: its number is checked below.
        #expect(text.contains("Reason: \(reason)") || [.unspecified, .privilegeWithdrawn].contains(reason))
        let structure = try await OpenSSLRun.text(
            ["asn1parse", "-inform", "DER", "-in", "response", "-strparse", "\(try Self.basicOffset(response))"],
            files: ["response": response])
        let code = String(reason.rawValue, radix: 16, uppercase: true)
        #expect(structure.contains("ENUMERATED        :0\(code)\n") == (reason != .unspecified))
    }

    /// Where the octet string begins that holds the BasicOCSPResponse.
    private static func basicOffset(_ response: [UInt8]) throws -> Int {
        let type = try #require(response.firstRange(of: [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01]))
        return type.upperBound
    }

    @Test func theResponderIsNamedByItsKey() async throws {
        let authority = try TestAuthority("Issuing CA")
        let response = try Self.respond(authority, serial: [1], .good, at: 1_700_000_000)
        let text = try await OpenSSLRun.text(
            ["ocsp", "-respin", "response", "-noverify", "-resp_text"], files: ["response": response])
        let bits = Self.key.publicKey.x963Representation
        #expect(text.contains("Responder Id: \(Insecure.SHA1.hash(data: bits).hexadecimal.uppercased())"))
        #expect(text.contains("Produced At: Nov 14 22:13:20 2023 GMT"))
        #expect(text.contains("Response Type: Basic OCSP Response"))
    }

    @Test func aBrokenSignatureDoesNotVerify() async throws {
        let authority = try TestAuthority("Issuing CA")
        let leaf = try authority.issue(serial: [1])
        var response = try Self.respond(authority, serial: [1], .good, at: Int64(Date().timeIntervalSince1970))
        // Within the response's times.
        let place = try #require(response.firstIndex(of: 0x18))
        response[place + 5] ^= 1
        await #expect(throws: OpenSSLRun.Failure.self) { try await Self.check(response, authority, leaf) }
    }

    @Test(arguments: [
        (OCSPErrorResponse.malformedRequest, "malformedrequest (1)"), (.internalError, "internalerror (2)"),
        (.tryLater, "trylater (3)"), (.unauthorized, "unauthorized (6)"),
    ])
    func errors(status: OCSPErrorResponse, text: String) async throws {
        let bytes = OCSPErrorResponse.encode(status)
        #expect(bytes == [0x30, 0x03, 0x0a, 0x01, status.rawValue])
        let run = try await OpenSSLRun.run(["ocsp", "-respin", "response"], files: ["response": bytes])
        #expect(run.text.contains("Responder Error: \(text)"))
    }

    @Test func distributionPointsAreReadByOpenSSL() async throws {
        let authority = try TestAuthority("Issuing CA")
        let leaf = try authority.issue(
            extensions: .init([
                .init(
                    oid: [2, 5, 29, 31], critical: false,
                    value: DistributionPoints.encode(["http://a.example/x.crl", "https://b.example/x.crl"])[...])
            ]))
        let text = try await OpenSSLRun.text(
            ["x509", "-in", "leaf", "-noout", "-ext", "crlDistributionPoints"],
            files: ["leaf": OpenSSLRun.pem(try leaf.derBytes)])
        #expect(text.contains("URI:http://a.example/x.crl"))
        #expect(text.contains("URI:https://b.example/x.crl"))
        #expect(text.components(separatedBy: "Full Name:").count == 2)
    }
}
