internal import Crypto
internal import Foundation
internal import SwiftASN1
internal import TestManufacturers
internal import Testing
internal import X509

@testable internal import PKI

/// Paths from devices' certificates to manufacturers (conformance T5, T6).
struct ManufacturerPathTests {
    private static let now = Int64(Date.now.timeIntervalSince1970)
    private let key = Certificate.PrivateKey(P256.Signing.PrivateKey())

    private func judge(
        _ chain: [Certificate], anchors: [Certificate], intermediates: [Certificate] = [],
        excluding: [ClientCertificate.Authority] = [], now: Int64 = Self.now
    ) async throws -> String {
        let client = try ClientCertificate(chain: chain.map { try $0.derBytes })
        let trust = ManufacturerTrust(name: "maker", anchors: anchors, intermediates: intermediates)
        switch await client.judge(manufacturers: [trust], excluding: excluding, now: now) {
        case .accepted(let path): return "\(path.manufacturer) \(path.certificates.count)"
        case .outsideValidity: return "outside"
        case .untrusted: return "untrusted"
        }
    }

    @Test func intermediatesAreThoseOfTheClientAndOfConfiguration() async throws {
        let maker = try TestManufacturer("Maker")
        let leaf = try maker.issue(.init(serialNumber: "1"), key: key.publicKey)
        #expect(try await judge([leaf], anchors: [maker.root]) == "untrusted")
        #expect(try await judge([leaf, maker.issuing], anchors: [maker.root]) == "maker 3")
        #expect(try await judge([leaf], anchors: [maker.root], intermediates: [maker.issuing]) == "maker 3")
        // The issuing CA itself may be the anchor.
        #expect(try await judge([leaf], anchors: [maker.issuing]) == "maker 2")
        #expect(try await judge([leaf, maker.root, maker.issuing, maker.issuing], anchors: [maker.root]) == "maker 3")
        let other = try TestManufacturer("Maker")
        #expect(try await judge([leaf, maker.issuing], anchors: [other.root]) == "untrusted")
        #expect(try await judge([maker.issuing], anchors: [maker.root]) == "untrusted")
        #expect(try await judge([maker.root], anchors: [maker.root]) == "untrusted")
    }

    @Test func validityIsThatOfTheWholePath() async throws {
        let maker = try TestManufacturer("Maker")
        var leaf = TestManufacturer.Leaf(serialNumber: "1")
        let endless = try maker.issue(leaf, key: key.publicKey)
        #expect(try await judge([endless], anchors: [maker.issuing], now: 253_402_300_799) == "maker 2")
        leaf.notAfter = .now.addingTimeInterval(60)
        let short = try maker.issue(leaf, key: key.publicKey)
        #expect(try await judge([short], anchors: [maker.issuing]) == "maker 2")
        #expect(try await judge([short], anchors: [maker.issuing], now: Self.now + 120) == "outside")
        #expect(try await judge([short], anchors: [maker.issuing], now: Self.now - 7_200) == "outside")
        #expect(try await judge([short], anchors: [], now: Self.now + 120) == "untrusted")
        let old = try TestManufacturer("Old", notAfter: .now.addingTimeInterval(-60))
        let orphan = try old.issue(.init(serialNumber: "1"), key: key.publicKey)
        #expect(try await judge([orphan, old.issuing], anchors: [old.root]) == "outside")
    }

    @Test func intermediatesMustBeAuthorities() async throws {
        let authority = Certificate.Extension.self
        let ca = try authority.init(BasicConstraints.isCertificateAuthority(maxPathLength: nil), critical: true)
        func judged(_ extensions: [Certificate.Extension]) async throws -> String {
            let maker = try TestManufacturer("Maker", issuingExtensions: .init(extensions))
            let leaf = try maker.issue(.init(serialNumber: "1"), key: key.publicKey)
            return try await judge([leaf, maker.issuing], anchors: [maker.root])
        }
        #expect(try await judged([ca]) == "maker 3")
        #expect(try await judged([]) == "untrusted")
        #expect(try await judged([.init(BasicConstraints.notCertificateAuthority, critical: true)]) == "untrusted")
        #expect(try await judged([ca, .init(KeyUsage(digitalSignature: true), critical: true)]) == "untrusted")
        #expect(try await judged([ca, .init(KeyUsage(keyCertSign: true), critical: true)]) == "maker 3")
        #expect(try await judged([ca, .init(ExtendedKeyUsage([.serverAuth]), critical: false)]) == "untrusted")
        #expect(try await judged([ca, .init(ExtendedKeyUsage([.clientAuth]), critical: true)]) == "maker 3")
        #expect(try await judged([ca, .init(oid: [1, 2, 3], critical: true, value: [5, 0])]) == "untrusted")
    }

    @Test func theLeafMustBeForClients() async throws {
        let maker = try TestManufacturer("Maker")
        func judged(_ change: (inout TestManufacturer.Leaf) throws -> Void) async throws -> String {
            var leaf = TestManufacturer.Leaf(serialNumber: "1")
            try change(&leaf)
            return try await judge([try maker.issue(leaf, key: key.publicKey)], anchors: [maker.issuing])
        }
        #expect(try await judged { $0.usages = [] } == "maker 2")
        #expect(try await judged { $0.usages = [.any] } == "maker 2")
        #expect(try await judged { $0.usages = [.codeSigning] } == "untrusted")
        #expect(try await judged { $0.issuer = .itself(key) } == "untrusted")
        #expect(
            try await judged { leaf in
                leaf.others = try .init([
                    try .init(BasicConstraints.isCertificateAuthority(maxPathLength: nil), critical: true)
                ])
            } == "untrusted")
        #expect(
            try await judged { $0.others = try .init([.init(oid: [1, 2, 3], critical: true, value: [5, 0])]) }
                == "untrusted")
    }

    @Test func whatAnAuthorityOfOursSignedIsNoManufacturers() async throws {
        let maker = try TestManufacturer("Maker")
        let leaf = try maker.issue(.init(serialNumber: "1"), key: key.publicKey)
        let ours = ClientCertificate.Authority(name: "ours", issuing: maker.issuing)
        #expect(try await judge([leaf, maker.issuing], anchors: [maker.root], excluding: [ours]) == "untrusted")
    }

    /// Nine CAs of one name that all have signed each other under one key: 9! orders, were the search not bounded.
    @Test func aWebOfCertificatesEndsTheSearchSoon() async throws {
        let maker = try TestManufacturer("Maker")
        let webKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let name = try DistinguishedName { CommonName("Web") }
        let web = try (0..<9).map { index in
            try Certificate(
                version: .v3, serialNumber: .init(), publicKey: webKey.publicKey,
                notValidBefore: .now.addingTimeInterval(-60), notValidAfter: .now.addingTimeInterval(60), issuer: name,
                subject: name,
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                    SubjectAlternativeNames([.dnsName("\(index).example.com")])
                }, issuerPrivateKey: webKey)
        }
        let leaf = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: key.publicKey,
            notValidBefore: .now.addingTimeInterval(-60), notValidAfter: .now.addingTimeInterval(60), issuer: name,
            subject: try DistinguishedName { CommonName("leaf") }, extensions: .init(), issuerPrivateKey: webKey)
        // It ends at all: hundreds of thousands of signatures would take minutes.
        #expect(try await judge([leaf] + web, anchors: [maker.root]) == "untrusted")
    }

    /// A leaf and nine intermediates, all with the anchor's name for subject and issuer: ten signatures at every step,
    /// were they not counted; and so for every manufacturer of that name.
    @Test func aChainInTheAnchorsNameCostsADozenSignaturesWhateverTheNumberOfManufacturers() async throws {
        let maker = try TestManufacturer("Maker")
        let webKey = Certificate.PrivateKey(P384.Signing.PrivateKey())
        func certificate(_ number: Int) throws -> Certificate {
            try Certificate(
                version: .v3, serialNumber: .init(), publicKey: webKey.publicKey,
                notValidBefore: .now.addingTimeInterval(-60), notValidAfter: .now.addingTimeInterval(60),
                issuer: maker.root.subject, subject: maker.root.subject,
                extensions: try Certificate.Extensions {
                    if number > 0 { Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil)) }
                    SubjectAlternativeNames([.dnsName("\(number).example.com")])
                }, issuerPrivateKey: webKey)
        }
        let client = try ClientCertificate(chain: (0..<10).map { try certificate($0).derBytes })
        let trust = try (0..<5).map {
            ManufacturerTrust(
                name: "maker-\($0)", anchors: [maker.root, try TestManufacturer("Maker").root], intermediates: [])
        }
        #expect(client.mayBe(of: trust))
        let spent = SearchBudget(ClientCertificate.maximumPathVerifications)
        let judgement = await client.judge(manufacturers: trust, excluding: [], now: Self.now, verifications: spent)
        guard case .untrusted = judgement else {
            Issue.record("\(judgement)")
            return
        }
        #expect(spent.spent == 12)
    }

    /// As many as an honest path has certificates, also where a label trusts many manufacturers.
    @Test func anHonestPathCostsASignatureACertificate() async throws {
        let makers = try (0..<20).map { try TestManufacturer("Maker \($0)") }
        let trust = makers.enumerated().map {
            ManufacturerTrust(name: "maker-\($0)", anchors: [$1.root], intermediates: [$1.issuing])
        }
        let leaf = try makers[19].issue(.init(serialNumber: "1"), key: key.publicKey)
        for chain in [[leaf], [leaf, makers[19].issuing], [leaf, makers[19].issuing, makers[19].root]] {
            let client = try ClientCertificate(chain: chain.map { try $0.derBytes })
            let spent = SearchBudget(ClientCertificate.maximumPathVerifications)
            let judgement = await client.judge(manufacturers: trust, excluding: [], now: Self.now, verifications: spent)
            guard case .accepted(let path) = judgement else {
                Issue.record("\(judgement)")
                continue
            }
            #expect(path.manufacturer == "maker-19")
            #expect(spent.spent == 2)
        }
        // With no name in common nothing is verified at all.
        let stranger = try TestManufacturer("Stranger")
        let client = try ClientCertificate(
            chain: [
                try stranger.issue(.init(serialNumber: "1"), key: key.publicKey).derBytes, stranger.issuing.derBytes,
            ])
        #expect(!client.mayBe(of: trust))
    }

    /// Twenty roots of one name, as after many roll-overs: the leaf says which key has signed it.
    @Test func amongManyAnchorsOfOneNameTheKeyIdentifierTells() async throws {
        let name = try DistinguishedName { CommonName("Maker Root") }
        func root(_ key: P256.Signing.PrivateKey) throws -> Certificate {
            try Certificate(
                version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey),
                notValidBefore: .now.addingTimeInterval(-60), notValidAfter: .now.addingTimeInterval(60), issuer: name,
                subject: name,
                extensions: try Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                    SubjectKeyIdentifier(hash: Certificate.PublicKey(key.publicKey))
                }, issuerPrivateKey: .init(key))
        }
        let keys = (0..<20).map { _ in P256.Signing.PrivateKey() }
        let signer = Certificate.PublicKey(keys[19].publicKey)
        let leaf = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: key.publicKey,
            notValidBefore: .now.addingTimeInterval(-60), notValidAfter: .now.addingTimeInterval(60), issuer: name,
            subject: try DistinguishedName { CommonName("leaf") },
            extensions: try Certificate.Extensions {
                AuthorityKeyIdentifier(keyIdentifier: SubjectKeyIdentifier(hash: signer).keyIdentifier)
            }, issuerPrivateKey: .init(keys[19]))
        #expect(try await judge([leaf], anchors: keys.map(root)) == "maker 2")
    }

    /// A path is of one manufacturer: what one's configuration adds does not lead to another's anchor.
    @Test func manufacturersDoNotShareTheirIntermediates() async throws {
        let maker = try TestManufacturer("Maker")
        let leaf = try maker.issue(.init(serialNumber: "1"), key: key.publicKey)
        let client = try ClientCertificate(chain: [try leaf.derBytes])
        func judged(_ trust: [ManufacturerTrust]) async -> String? {
            guard
                case .accepted(let path) = await client.judge(manufacturers: trust, excluding: [], now: Self.now)
            else { return nil }
            return path.manufacturer
        }
        let rooted = ManufacturerTrust(name: "rooted", anchors: [maker.root], intermediates: [])
        let other = ManufacturerTrust(name: "other", anchors: [], intermediates: [maker.issuing])
        let whole = ManufacturerTrust(name: "whole", anchors: [maker.root], intermediates: [maker.issuing])
        #expect(await judged([rooted, other]) == nil)
        #expect(await judged([rooted, other, whole]) == "whole")
    }

    @Test func issuersAreFoundByNameWhateverItsStringType() async throws {
        let rootKey = P256.Signing.PrivateKey()
        func name(_ value: RelativeDistinguishedName.Attribute.Value) -> DistinguishedName {
            DistinguishedName([RelativeDistinguishedName([.init(type: [2, 5, 4, 3], value: value)])])
        }
        let subject = name(.init(utf8String: "Maker  Root"))
        let issuer = name(try .init(printableString: "maker root"))
        let root = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(rootKey.publicKey),
            notValidBefore: .now.addingTimeInterval(-60), notValidAfter: .now.addingTimeInterval(60), issuer: subject,
            subject: subject,
            extensions: .init([try .init(BasicConstraints.isCertificateAuthority(maxPathLength: 0), critical: true)]),
            issuerPrivateKey: .init(rootKey))
        let leaf = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: key.publicKey,
            notValidBefore: .now.addingTimeInterval(-60), notValidAfter: .now.addingTimeInterval(60), issuer: issuer,
            subject: try DistinguishedName { CommonName("leaf") }, extensions: .init(), issuerPrivateKey: .init(rootKey)
        )
        #expect(try await judge([leaf], anchors: [root]) == "maker 2")
    }
}
