internal import Crypto
internal import CryptoExtras
internal import Foundation
internal import SwiftASN1
internal import TestOpenSSL
internal import Testing
internal import X509

@testable internal import PKI

struct RevocationListTests {
    struct Revoked {
        var serial: [UInt8]
        var at: Int64
        var reason: RevocationReasonCode
    }

    enum Key: String, CaseIterable {
        case p256, p384, p521, rsa, ed25519

        var key: Certificate.PrivateKey {
            get throws {
                switch self {
                case .p256: .init(P256.Signing.PrivateKey())
                case .p384: .init(P384.Signing.PrivateKey())
                case .p521: .init(P521.Signing.PrivateKey())
                case .rsa: .init(try _RSA.Signing.PrivateKey(keySize: .bits2048))
                case .ed25519: .init(Curve25519.Signing.PrivateKey())
                }
            }
        }

        var algorithms: (SignatureAlgorithm, Certificate.SignatureAlgorithm) {
            switch self {
            case .p256: (.ecdsaWithSHA256, .ecdsaWithSHA256)
            case .p384: (.ecdsaWithSHA384, .ecdsaWithSHA384)
            case .p521: (.ecdsaWithSHA512, .ecdsaWithSHA512)
            case .rsa: (.rsaWithSHA256, .sha256WithRSAEncryption)
            case .ed25519: (.ed25519, .ed25519)
            }
        }
    }

    static func crl(
        _ authority: TestAuthority, _ revoked: [Revoked], kind: Key = .p256, number: Int64 = 77,
        thisUpdate: Int64 = 1_700_000_000, nextUpdate: Int64 = 4_000_000_000
    ) throws -> [UInt8] {
        var entries = RevocationListEntries()
        for one in revoked {
            entries.append(serial: one.serial, revokedAt: one.at, reason: one.reason)
        }
        let list = RevocationList(
            issuer: try RevocationListIssuer(
                certificate: try authority.certificate.derBytes,
                keyIdentifier: Array(SubjectKeyIdentifier(hash: authority.certificate.publicKey).keyIdentifier)),
            signatureAlgorithm: kind.algorithms.0, number: number, thisUpdate: thisUpdate, nextUpdate: nextUpdate)
        let toBeSigned = list.toBeSigned(entries)
        let signature = try authority.key.sign(bytes: toBeSigned, signatureAlgorithm: kind.algorithms.1)
        return list.encode(toBeSigned: toBeSigned, signature: signature.rawRepresentation)
    }

    @Test func openSSLReadsEveryField() async throws {
        let authority = try TestAuthority("Issuing CA")
        let crl = try Self.crl(
            authority,
            [
                .init(serial: [0x01, 0x02], at: 1_700_000_001, reason: .keyCompromise),
                .init(serial: [0x00, 0x80, 0x01], at: 1_700_000_002, reason: .unspecified),
                .init(serial: [UInt8](repeating: 0x7f, count: 20), at: 2_600_000_000, reason: .superseded),
                .init(serial: [0x7f, 0xff, 0xff], at: 1_700_000_003, reason: .affiliationChanged),
                .init(serial: [0x7f, 0xff, 0xfe], at: 1_700_000_003, reason: .cessationOfOperation),
                .init(serial: [0x7f, 0xff, 0xfd], at: 1_700_000_003, reason: .privilegeWithdrawn),
            ], number: 1_700_000_000_123)
        let text = try await OpenSSLRun.text(
            ["crl", "-inform", "DER", "-in", "crl", "-noout", "-text"], files: ["crl": crl])
        let identifier = SubjectKeyIdentifier(hash: authority.certificate.publicKey).keyIdentifier
            .map { String([$0].hexadecimal).uppercased() }.joined(separator: ":")
        for part in [
            "Version 2 (0x1)", "Signature Algorithm: ecdsa-with-SHA256", "Issuer: CN = Issuing CA",
            "Last Update: Nov 14 22:13:20 2023 GMT", "Next Update: Oct  2 07:06:40 2096 GMT",
            "X509v3 Authority Key Identifier:", identifier, "X509v3 CRL Number:", "1700000000123",
            "Serial Number: 0102\n        Revocation Date: Nov 14 22:13:21 2023 GMT",
            "Serial Number: 8001\n        Revocation Date: Nov 14 22:13:22 2023 GMT\n    Serial",
            "Revocation Date: May 22 14:13:20 2052 GMT", "Key Compromise", "Superseded", "Affiliation Changed",
            "Cessation Of Operation", "Privilege Withdrawn",
        ] {
            #expect(text.contains(part), "«\(part)» is not in: \(text)")
        }
        #expect(!text.contains("Unspecified"))
        #expect(text.components(separatedBy: "Serial Number:").count == 7)
    }

    @Test(arguments: Key.allCases) func openSSLVerifiesTheSignature(kind: Key) async throws {
        let authority = try TestAuthority("Issuing CA", key: try kind.key)
        let crl = try Self.crl(
            authority, [.init(serial: [1], at: 1_700_000_000, reason: .keyCompromise)], kind: kind)
        let files = ["crl": crl, "ca": OpenSSLRun.pem(try authority.certificate.derBytes)]
        let text = try await OpenSSLRun.text(
            ["crl", "-inform", "DER", "-in", "crl", "-noout", "-CAfile", "ca"], files: files)
        #expect(text.contains("verify OK"))
        var other = crl
        other[other.count / 2] ^= 1
        let broken = try await OpenSSLRun.run(
            ["crl", "-inform", "DER", "-in", "crl", "-noout", "-CAfile", "ca"],
            files: files.merging(["crl": other]) { $1 })
        #expect(!broken.text.contains("verify OK"))
    }

    @Test func withoutRevokedCertificatesThereIsNoList() async throws {
        let authority = try TestAuthority("Issuing CA")
        let crl = try Self.crl(authority, [])
        let files = ["crl": crl, "ca": OpenSSLRun.pem(try authority.certificate.derBytes)]
        let text = try await OpenSSLRun.text(
            ["crl", "-inform", "DER", "-in", "crl", "-noout", "-text", "-CAfile", "ca"], files: files)
        #expect(text.contains("No Revoked Certificates."))
        #expect(text.contains("verify OK"))
        let structure = try await OpenSSLRun.text(["asn1parse", "-inform", "DER", "-in", "crl"], files: files)
        // An empty list would be a sequence without contents.
        #expect(!structure.contains("l=   0 cons: SEQUENCE"))
    }

    @Test func timesFrom2050OnAreGeneralizedTimes() async throws {
        let authority = try TestAuthority("Issuing CA")
        let crl = try Self.crl(
            authority, [.init(serial: [1], at: 2_524_607_999, reason: .unspecified)], thisUpdate: 2_524_607_999,
            nextUpdate: 2_524_608_000)
        let structure = try await OpenSSLRun.text(["asn1parse", "-inform", "DER", "-in", "crl"], files: ["crl": crl])
        #expect(structure.components(separatedBy: "UTCTIME           :491231235959Z").count == 3)
        #expect(structure.contains("GENERALIZEDTIME   :20500101000000Z"))
    }

    @Test func manyEntriesAreReadBack() async throws {
        let authority = try TestAuthority("Issuing CA")
        let serials = (0..<30_000).map { number in
            withUnsafeBytes(of: UInt64(0x0100_0000_0000 + number * 257).bigEndian) { Array($0) }
        }
        let crl = try Self.crl(
            authority, serials.map { .init(serial: $0, at: 1_700_000_000, reason: .keyCompromise) })
        let files = ["crl": crl, "ca": OpenSSLRun.pem(try authority.certificate.derBytes)]
        let text = try await OpenSSLRun.text(
            ["crl", "-inform", "DER", "-in", "crl", "-noout", "-text", "-CAfile", "ca"], files: files)
        #expect(text.contains("verify OK"))
        #expect(text.components(separatedBy: "Serial Number:").count == 30_001)
    }
}
