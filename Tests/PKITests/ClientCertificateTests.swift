internal import Crypto
internal import CryptoExtras
internal import Foundation
internal import SwiftASN1
internal import Testing
internal import X509

@testable internal import PKI

/// Client certificates as labels judge them (conformance T5, T6, R5).
struct ClientCertificateTests {
    private static let now: Int64 = 1_500_000_000

    private func judge(
        _ leaf: Certificate, by authorities: [TestAuthority], now: Int64 = now, gracePeriod: Int64 = 0
    ) throws -> ClientCertificate.Judgement {
        try ClientCertificate(chain: [leaf.derBytes])
            .judge(authorities: authorities.map(\.authority), now: now, gracePeriod: gracePeriod)
    }

    private func isUntrusted(_ judgement: ClientCertificate.Judgement) -> Bool {
        if case .untrusted = judgement { true } else { false }
    }

    @Test func everyKindOfKeyOnEitherSideIsJudged() throws {
        let keys: [Certificate.PrivateKey] = [
            .init(P256.Signing.PrivateKey()), .init(P384.Signing.PrivateKey()), .init(P521.Signing.PrivateKey()),
            .init(Curve25519.Signing.PrivateKey()), .init(try _RSA.Signing.PrivateKey(keySize: .bits2048)),
        ]
        for authorityKey in keys {
            let authority = try TestAuthority("ours", key: authorityKey)
            for key in keys {
                #expect(try judge(authority.issue(key: key.publicKey), by: [authority]) == .accepted(authority: "ours"))
            }
        }
    }

    @Test func theAuthorityIsNamed() throws {
        let first = try TestAuthority("first")
        let second = try TestAuthority("second")
        #expect(try judge(second.issue(), by: [first, second]) == .accepted(authority: "second"))
        #expect(try isUntrusted(judge(second.issue(), by: [first])))
        #expect(try isUntrusted(judge(second.issue(), by: [])))
    }

    @Test func aRolledOverAuthorityOfTheSameNameIsTold() throws {
        let old = try TestAuthority("ours")
        let new = try TestAuthority("ours")
        #expect(try judge(new.issue(), by: [old, new]) == .accepted(authority: "ours"))
        #expect(try judge(old.issue(), by: [old, new]) == .accepted(authority: "ours"))
        #expect(try isUntrusted(judge(old.issue(), by: [new])))
    }

    @Test func impostorsAreUntrusted() throws {
        let authority = try TestAuthority("ours")
        let impostor = try TestAuthority("ours")
        let selfSignedKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
        #expect(try isUntrusted(judge(impostor.issue(), by: [authority])))
        #expect(
            try isUntrusted(
                judge(authority.issue(key: selfSignedKey.publicKey, signedBy: selfSignedKey), by: [authority])))
        // The right key, another issuer's name.
        #expect(
            try isUntrusted(judge(authority.issue(issuer: DistinguishedName { CommonName("other") }), by: [authority])))
        // The authority's own certificate is no client's.
        #expect(try isUntrusted(judge(authority.certificate, by: [authority])))
        // Chains that the client brings decide nothing.
        let chain = try [impostor.issue().derBytes, impostor.certificate.derBytes, authority.certificate.derBytes]
        let judged = try ClientCertificate(chain: chain)
            .judge(authorities: [authority.authority], now: Self.now, gracePeriod: 0)
        #expect(isUntrusted(judged))
    }

    @Test func aPresentedChainDoesNoHarm() throws {
        let authority = try TestAuthority("ours")
        let chain = try [authority.issue().derBytes, authority.certificate.derBytes, [1, 2, 3]]
        let certificate = try ClientCertificate(chain: chain)
        #expect(
            certificate.judge(authorities: [authority.authority], now: Self.now, gracePeriod: 0)
                == .accepted(authority: "ours"))
    }

    @Test func aBrokenSignatureIsUntrusted() throws {
        let authority = try TestAuthority("ours", key: .init(Curve25519.Signing.PrivateKey()))
        var bytes = try authority.issue().derBytes
        bytes[bytes.count - 1] ^= 1
        let certificate = try ClientCertificate(chain: [bytes])
        #expect(isUntrusted(certificate.judge(authorities: [authority.authority], now: Self.now, gracePeriod: 0)))
    }

    @Test func theUsageMustBeForClients() throws {
        let authority = try TestAuthority("ours")
        func judged(_ extensions: [Certificate.Extension]) throws -> Bool {
            try judge(authority.issue(extensions: .init(extensions)), by: [authority]) == .accepted(authority: "ours")
        }
        func usage(_ usages: ExtendedKeyUsage.Usage...) throws -> Certificate.Extension {
            try .init(ExtendedKeyUsage(usages), critical: false)
        }
        #expect(try judged([]))
        #expect(try judged([usage(.clientAuth)]))
        #expect(try judged([usage(.serverAuth, .clientAuth)]))
        #expect(try judged([usage(.any)]))
        #expect(try !judged([usage(.serverAuth)]))
        #expect(try !judged([usage(.emailProtection, .ocspSigning)]))
        #expect(try judged([.init(KeyUsage(digitalSignature: true), critical: true)]))
        #expect(try !judged([.init(KeyUsage(keyEncipherment: true), critical: true)]))
        #expect(try judged([.init(BasicConstraints.notCertificateAuthority, critical: true)]))
        #expect(try !judged([.init(BasicConstraints.isCertificateAuthority(maxPathLength: nil), critical: true)]))
        #expect(try !judged([.init(oid: [2, 5, 29, 37], critical: false, value: [0x30, 0x03])]))
        #expect(try !judged([.init(oid: [2, 5, 29, 15], critical: false, value: [0x05, 0x00])]))
    }

    @Test func validityAndGrace() throws {
        let authority = try TestAuthority("ours")
        let leaf = try authority.issue(notBefore: 1_000, notAfter: 2_000)
        func judged(_ now: Int64, _ gracePeriod: Int64 = 0) throws -> ClientCertificate.Judgement {
            try judge(leaf, by: [authority], now: now, gracePeriod: gracePeriod)
        }
        #expect(try judged(999) == .notYetValid(authority: "ours"))
        #expect(try judged(999, 5_000) == .notYetValid(authority: "ours"))
        #expect(try judged(1_000) == .accepted(authority: "ours"))
        #expect(try judged(2_000) == .accepted(authority: "ours"))
        #expect(try judged(2_001) == .expired(authority: "ours"))
        #expect(try judged(2_100, 100) == .accepted(authority: "ours"))
        #expect(try judged(2_101, 100) == .expired(authority: "ours"))
        #expect(try judged(2_101, -100) == .expired(authority: "ours"))
        #expect(try judged(3_000_000_000, .max) == .accepted(authority: "ours"))
    }

    @Test func anAuthoritysEndIsTheEndOfWhatItIssued() throws {
        let authority = try TestAuthority("ours", notBefore: 1_500, notAfter: 2_000)
        let leaf = try authority.issue(notBefore: 1_000, notAfter: 9_000)
        #expect(try judge(leaf, by: [authority], now: 1_400) == .notYetValid(authority: "ours"))
        #expect(try judge(leaf, by: [authority], now: 2_001) == .expired(authority: "ours"))
        #expect(try judge(leaf, by: [authority], now: 2_050, gracePeriod: 50) == .accepted(authority: "ours"))
    }

    @Test func theEndOfTimeIsRead() throws {
        let authority = try TestAuthority("ours", notAfter: 253_402_300_799)
        let leaf = try authority.issue(notAfter: 253_402_300_799)
        #expect(try judge(leaf, by: [authority], now: 100_000_000_000) == .accepted(authority: "ours"))
        #expect(try ClientCertificate(chain: [leaf.derBytes]).notAfter == 253_402_300_799)
    }

    @Test func ofARecordedCertificateTheSignatureIsNotVerified() throws {
        let (ours, namesake, other) = (try TestAuthority("ours"), try TestAuthority("ours"), try TestAuthority("other"))
        let foreign = try ClientCertificate(chain: [namesake.issue().derBytes])
        func judged(recordedBy authority: String?) -> ClientCertificate.Judgement {
            foreign.judge(
                authorities: [ours.authority, other.authority], now: Self.now, gracePeriod: 0, recordedBy: authority)
        }
        #expect(isUntrusted(judged(recordedBy: nil)))
        #expect(isUntrusted(judged(recordedBy: "other")))
        #expect(judged(recordedBy: "ours") == .accepted(authority: "ours"))
    }

    @Test func whatIsReadOfACertificate() throws {
        let authority = try TestAuthority("ours")
        let key = P256.Signing.PrivateKey()
        let leaf = try authority.issue(
            key: .init(key.publicKey), serial: [0x00, 0x91, 0x02],
            extensions: .init([
                .init(ExtendedKeyUsage([.clientAuth, .init(oid: [1, 3, 6, 1, 5, 5, 7, 3, 28])]), critical: false)
            ]))
        let certificate = try ClientCertificate(chain: [leaf.derBytes])
        #expect(certificate.serial.hexadecimal == "9102")
        #expect(try certificate.fingerprint == Array(SHA256.hash(data: leaf.derBytes)))
        #expect(try certificate.publicKeyDER() == Array(key.publicKey.derRepresentation))
        #expect(certificate.publicKeyInfo == Array(key.publicKey.derRepresentation))
        #expect(certificate.isRegistrationAuthority)
        #expect(try !ClientCertificate(chain: [authority.issue().derBytes]).isRegistrationAuthority)
    }

    @Test func whatIsNoCertificateIsUnreadable() throws {
        let leaf = try TestAuthority("ours").issue().derBytes
        let chains: [[[UInt8]]] = [
            [], [[]], [[1, 2, 3]], [leaf + [0]], [Array(leaf.dropLast())], [[UInt8](repeating: 0x30, count: 40_000)],
            Array(repeating: leaf, count: 11),
        ]
        for chain in chains {
            #expect(throws: ClientCertificate.Unreadable.self) { try ClientCertificate(chain: chain) }
        }
    }
}
