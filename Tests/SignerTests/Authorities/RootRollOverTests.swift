internal import ClusterProtocol
internal import Foundation
internal import SwiftASN1
internal import Testing
internal import X509

@testable internal import Signer

/// The roll-over of a root (RFC 4210 §4.4), certificate by certificate.
@Suite struct RootRollOverTests {
    @Test func thereAreFourCertificatesWithTheNamesKeysAndValiditiesOfTheRFC() throws {
        let fixture = try AuthorityFixture()
        try fixture.rollRoot()
        let pair = try fixture.pair()
        let bag = try fixture.bag("devices")
        #expect(bag.count == 5)
        let named = Dictionary(uniqueKeysWithValues: bag.compactMap { one in pair.name(of: one).map { ($0, one) } })
        #expect(Set(named.keys) == ["OldWithOld", "OldWithNew", "NewWithOld", "NewWithNew"])
        let (oldWithNew, newWithOld) = (try #require(named["OldWithNew"]), try #require(named["NewWithOld"]))

        #expect(pair.old.subject == pair.new.subject && pair.old.publicKey != pair.new.publicKey)
        for one in named.values {
            #expect(one.subject == pair.old.subject && one.issuer == pair.old.subject)
            #expect(try one.isAuthority)
        }
        #expect(oldWithNew.publicKey == pair.old.publicKey && pair.new.hasSigned(oldWithNew))
        #expect(newWithOld.publicKey == pair.new.publicKey && pair.old.hasSigned(newWithOld))
        #expect(try oldWithNew.keyIdentifier == pair.old.keyIdentifier)
        #expect(
            try oldWithNew.extensions.authorityKeyIdentifier?.keyIdentifier == pair.new.keyIdentifier)
        #expect(try newWithOld.keyIdentifier == pair.new.keyIdentifier)
        #expect(
            try newWithOld.extensions.authorityKeyIdentifier?.keyIdentifier == pair.old.keyIdentifier)

        // From the old key's beginning to its end; and from the new key's beginning to the old one's end.
        #expect(oldWithNew.notValidBefore == pair.old.notValidBefore)
        #expect(oldWithNew.notValidAfter == pair.old.notValidAfter)
        #expect(newWithOld.notValidBefore == pair.new.notValidBefore)
        #expect(newWithOld.notValidAfter == pair.old.notValidAfter)
        #expect(pair.new.notValidAfter > pair.old.notValidAfter)
        #expect(try CertificateFile.load(path: fixture.trustAnchor) == [pair.old, pair.new])
    }

    @Test func oldAndNewLeavesVerifyWithEitherRootAlone() async throws {
        let fixture = try AuthorityFixture()
        let before = try fixture.leaf()
        let issuingBefore = try fixture.authority("devices").certificate
        try fixture.rollRoot()
        let pair = try fixture.pair()
        let during = try fixture.bag("devices")
        for root in [pair.old, pair.new] {
            #expect(try await verifies(before, trusting: root, with: during))
        }
        // What leads to the new root is OldWithNew, and nothing else.
        let withoutOldWithNew = during.filter { pair.name(of: $0) != "OldWithNew" }
        #expect(withoutOldWithNew.count == during.count - 1)
        #expect(try await !verifies(before, trusting: pair.new, with: withoutOldWithNew))

        _ = try fixture.ceremonies().renew("devices", rootDirectory: fixture.newRoot, rootPassphraseFile: nil)
        let after = try fixture.bag("devices")
        #expect(after.count == 5 && after[0] != issuingBefore && after[0].publicKey == issuingBefore.publicKey)
        #expect(pair.new.hasSigned(after[0]))
        let leaf = try fixture.leaf()
        for (certificate, root) in [(before, pair.old), (before, pair.new), (leaf, pair.old), (leaf, pair.new)] {
            #expect(try await verifies(certificate, trusting: root, with: after))
        }
        #expect(
            try await !verifies(leaf, trusting: pair.old, with: after.filter { pair.name(of: $0) != "NewWithOld" }))
        // A device that has kept its old chain, at a peer that has the new root alone.
        #expect(
            try await verifies(before, trusting: pair.new, with: [issuingBefore] + after.dropFirst()))
    }

    /// What frontends send in TLS leads to either root, before and after the authority moves.
    @Test func theServersChainLeadsToEitherRoot() async throws {
        let fixture = try AuthorityFixture()
        try fixture.rollRoot()
        let pair = try fixture.pair()
        for hasMoved in [false, true] {
            if hasMoved {
                _ = try fixture.ceremonies().renew("devices", rootDirectory: fixture.newRoot, rootPassphraseFile: nil)
            }
            let chain = try fixture.authority("devices").description.serverChain.map {
                try Certificate(derEncoded: Array($0))
            }
            #expect(chain.count == 2)
            #expect(chain.allSatisfy { !$0.isSelfSigned })
            let leaf = try fixture.leaf()
            #expect(try await verifies(leaf, trusting: pair.old, with: chain))
            #expect(try await verifies(leaf, trusting: pair.new, with: chain))
        }
    }

    @Test func anInterruptedCeremonyIsDoneByDoingItAgain() throws {
        let fixture = try AuthorityFixture()
        try fixture.rollRoot()
        let pair = try fixture.pair()
        let additional = "\(fixture.directory)/signer/authorities/devices/additional.pem"
        unlink(additional)
        #expect(try fixture.bag("devices").count == 2)
        try fixture.rollRoot()
        #expect(try fixture.pair().new == pair.new)
        #expect(try fixture.bag("devices").count == 5)
        // And once more after the authority has moved.
        _ = try fixture.ceremonies().renew("devices", rootDirectory: fixture.newRoot, rootPassphraseFile: nil)
        try fixture.rollRoot()
        #expect(try fixture.bag("devices").count == 5)
        #expect(try fixture.authority("devices").chain.last == Data(pair.new.derEncoded()))
        // Another roll-over waits for the end of this one.
        let error = try #require(throws: KeyStoreError.self) {
            _ = try fixture.ceremonies().rollRoot(
                rootDirectory: fixture.newRoot, rootPassphraseFile: nil,
                newRootDirectory: fixture.directory + "/root-3",
                newRootPassphraseFile: nil)
        }
        #expect(error.message.contains("retire-root"), "\(error)")
        #expect(!RootFolder(fixture.directory + "/root-3").isComplete)
    }

    /// Killed before the certificate was written.
    @Test func aRootThatWasNotFinishedIsMadeAnew() throws {
        let fixture = try AuthorityFixture()
        try fixture.rollRoot()
        let folder = RootFolder(fixture.newRoot)
        let unfinished = fixture.newRoot + "/unfinished"
        #expect(!FileManager.default.fileExists(atPath: unfinished))
        unlink(folder.certificatePath)
        unlink("\(fixture.directory)/signer/authorities/devices/additional.pem")
        let key = try String(contentsOfFile: folder.keyPath, encoding: .utf8)
        // Without a note it may be a root whose certificate was lost.
        let refused = try #require(throws: KeyStoreError.self) { try fixture.rollRoot() }
        #expect(refused.message.contains("is there already"), "\(refused)")
        #expect(try String(contentsOfFile: folder.keyPath, encoding: .utf8) == key)
        #expect(FileManager.default.fileExists(atPath: folder.passphrasePath))

        try NewFile.write("/elsewhere/passphrase", path: unfinished, mode: 0o600)
        let other = try #require(throws: KeyStoreError.self) { try fixture.rollRoot() }
        #expect(other.message.contains("\(folder.passphrasePath) is there already"), "\(other)")

        try NewFile.write(key, path: folder.keyPath, mode: 0o600)
        try NewFile.write(folder.passphrasePath, path: unfinished, mode: 0o600)
        try fixture.rollRoot()
        #expect(folder.isComplete && !FileManager.default.fileExists(atPath: unfinished))
        #expect(try String(contentsOfFile: folder.keyPath, encoding: .utf8) != key)
        #expect(try folder.open(passphraseFile: nil, at: Date()).certificate == fixture.pair().new)
    }

    @Test func theEndWaitsUntilNoAuthorityIsUnderTheOldRoot() throws {
        let fixture = try AuthorityFixture()
        let none = try #require(throws: KeyStoreError.self) { try fixture.ceremonies().retireRoot() }
        #expect(none.message.contains("no roll-over"))
        try fixture.rollRoot()
        let early = try #require(throws: KeyStoreError.self) { try fixture.ceremonies().retireRoot() }
        #expect(early.message.contains("«devices» is still under the old root"))
        _ = try fixture.ceremonies().renew("devices", rootDirectory: fixture.newRoot, rootPassphraseFile: nil)
        _ = try fixture.ceremonies().retireRoot()
        let pair = try fixture.pair()
        let bag = try fixture.bag("devices")
        #expect(bag.count == 2 && bag[1] == pair.new)
        #expect(try fixture.authority("devices").description.serverChain.count == 1)
        #expect(try CertificateFile.load(path: fixture.trustAnchor) == [pair.new])
    }

    @Test func aNewAuthorityDuringItHasTheFourToo() throws {
        let fixture = try AuthorityFixture()
        try fixture.rollRoot()
        _ = try fixture.ceremonies().add(
            "devices-2", rootDirectory: fixture.newRoot, rootPassphraseFile: nil, passphraseFile: nil)
        let pair = try fixture.pair()
        #expect(
            try fixture.bag("devices-2").compactMap(pair.name(of:))
                == ["NewWithOld", "OldWithNew", "OldWithOld", "NewWithNew"])
        let facts = try fixture.ceremonies().show()
        #expect(facts.map(\.name) == ["devices", "devices-2"])
        #expect(
            facts[0].caCertificates.map(\.role)
                == ["issuing", "OldWithNew", "NewWithOld", "NewWithNew", "OldWithOld"])
        #expect(facts[0].labels == ["default"] && facts.allSatisfy { $0.problem == nil })
    }

    @Test func whatIsNoneOfTheRollOverIsRefusedAndWhatHasExpiredIsLeftOut() throws {
        let fixture = try AuthorityFixture()
        let other = try AuthorityCeremony(organization: "Other", authority: "other").perform()
        let additional = "\(fixture.directory)/signer/authorities/devices/additional.pem"
        try NewFile.write(other.issuing.pemText, path: additional, mode: 0o644)
        let stranger = try #require(throws: KeyStoreError.self) { try fixture.load() }
        #expect(stranger.message.contains("neither a root nor signed by a root"), "\(stranger)")

        try CeremonyFile.replace(additional, with: try fixture.leaf2().pemText, mode: 0o644)
        let leaf = try #require(throws: KeyStoreError.self) { try fixture.load() }
        #expect(leaf.message.contains("is not a CA's"), "\(leaf)")

        let late = try RootAuthority(
            newKeyNamed: DistinguishedName { CommonName("Late") }, years: 1, at: AuthorityFixture.beginning)
        try CeremonyFile.replace(additional, with: try late.certificate.pemText, mode: 0o644)
        #expect(try fixture.bag("devices").count == 2)

        let many = try (0...RollOverCertificates.maximumCount).map { number in
            try RootAuthority(newKeyNamed: DistinguishedName { CommonName("Root \(number)") }, at: Date())
                .certificate.pemText
        }
        try CeremonyFile.replace(additional, with: many.joined(), mode: 0o644)
        let bound = try #require(throws: KeyStoreError.self) { try fixture.load() }
        #expect(bound.message.contains("at most 12"), "\(bound)")
    }
}

extension AuthorityFixture {
    /// A device's certificate by the authority as it is without additional certificates.
    fileprivate func leaf2() throws -> Certificate {
        unlink("\(directory)/signer/authorities/devices/additional.pem")
        return try leaf()
    }
}
