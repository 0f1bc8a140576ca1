internal import ClusterProtocol
internal import Crypto
internal import Foundation
internal import SwiftASN1
internal import Testing
internal import X509

@testable internal import Signer

/// New authorities, longer lives, and certificates by roots elsewhere.
@Suite struct IssuingCeremonyTests {
    @Test func aNewAuthorityIsUnderTheRootAndInTheConfiguration() async throws {
        let fixture = try AuthorityFixture()
        let before = try fixture.configuration()
        let outcome = try fixture.ceremonies().add(
            "devices-2", rootDirectory: fixture.root, rootPassphraseFile: nil, passphraseFile: nil)
        #expect(outcome.authorities == ["devices-2"])
        #expect(
            try fixture.configuration()
                == before.replacing("  - name: devices\n", with: "  - name: devices\n  - name: devices-2\n"))
        let new = try fixture.authority("devices-2")
        #expect(new.subject == "CN=Test Issuing CA devices-2,O=Test")
        #expect(new.keySHA256 != (try fixture.authority("devices").keySHA256))
        let root = try #require(try CertificateFile.load(path: fixture.trustAnchor).first)
        #expect(try await verifies(fixture.leaf(of: "devices-2"), trusting: root, with: fixture.bag("devices-2")))
        let key = "\(fixture.directory)/signer/authorities/devices-2/key.pem"
        #expect(CeremonyFile.mode(of: key, default: 0) == 0o600)
        #expect(CeremonyFile.mode(of: fixture.configurationPath, default: 0) == 0o600)

        let again = try #require(throws: KeyStoreError.self) {
            try fixture.ceremonies().add(
                "devices-2", rootDirectory: fixture.root, rootPassphraseFile: nil, passphraseFile: nil)
        }
        #expect(again.message.contains("already"), "\(again)")
    }

    @Test func itsKeyMayBeEncrypted() throws {
        let fixture = try AuthorityFixture()
        let passphrase = "\(fixture.directory)/passphrase"
        try NewFile.write("open sesame\n", path: passphrase, mode: 0o600)
        _ = try fixture.ceremonies().add(
            "devices-2", rootDirectory: fixture.root, rootPassphraseFile: nil, passphraseFile: passphrase)
        let key = try String(
            contentsOfFile: "\(fixture.directory)/signer/authorities/devices-2/key.pem", encoding: .utf8)
        #expect(key.hasPrefix("-----BEGIN ENCRYPTED PRIVATE KEY-----"))
        #expect(try fixture.load().count == 2)
        #expect(try fixture.ceremonies().show().map(\.keyIsEncrypted) == [false, true])
    }

    @Test func aKeyThatIsLeftOverFromAnInterruptedCeremonyIsTaken() throws {
        let fixture = try AuthorityFixture()
        let folder = "\(fixture.directory)/signer/authorities/devices-2"
        try NewFile.directory(folder)
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        try NewFile.write(key.serializeAsPEM().pemString, path: "\(folder)/key.pem", mode: 0o600)
        _ = try fixture.ceremonies().add(
            "devices-2", rootDirectory: fixture.root, rootPassphraseFile: nil, passphraseFile: nil)
        #expect(try fixture.authority("devices-2").certificate.publicKey == key.publicKey)
    }

    /// Text that can't be edited for certain stays, and the operator is told what to add.
    @Test(arguments: [
        ("  - name: devices\n    crl-lifetime: 2d\n  # the end\n", true),
        ("- name: devices\n", true), ("    - {name: devices}\n\n", true),
        ("  - name: devices # - name: other\n    crl-url:\n      - http://crl.example/devices.crl\n", true),
        ("  [{name: devices}]\n", false),
    ])
    func theConfigurationIsEditedOrLeftAlone(_ authorities: String, _ isEdited: Bool) throws {
        let fixture = try AuthorityFixture(authorities: authorities)
        let before = try fixture.configuration()
        let outcome = try fixture.ceremonies().add(
            "devices-2", rootDirectory: fixture.root, rootPassphraseFile: nil, passphraseFile: nil)
        #expect(outcome.written.contains(fixture.configurationPath) == isEdited)
        #expect(outcome.next.contains { $0.contains("- name: devices-2") } == !isEdited)
        let lines = try fixture.configuration().components(separatedBy: "\n")
        #expect(try (fixture.configuration() == before) == !isEdited)
        // Every line of before is still there, in order.
        #expect(
            lines.filter { !$0.hasSuffix("- name: devices-2") } == before.components(separatedBy: "\n"))
        #expect(try fixture.load().map(\.name) == (isEdited ? ["devices", "devices-2"] : ["devices"]))
    }

    @Test func aLongerLifeHasTheSameKeyAndNameAndVerifiesWhatWasIssued() async throws {
        let fixture = try AuthorityFixture()
        let (old, leaf) = (try fixture.authority("devices").certificate, try fixture.leaf())
        // The root ends before ten years are over.
        let refused = try #require(throws: KeyStoreError.self) {
            try fixture.ceremonies().renew("devices", rootDirectory: fixture.root, rootPassphraseFile: nil)
        }
        #expect(refused.message.contains("would end no later"), "\(refused)")
        let root = try RootFolder(fixture.root).open(passphraseFile: nil, at: Date())
        let short = try root.certify(old.publicKey, named: old.subject, years: 1, at: Date())
        try CeremonyFile.replace(
            "\(fixture.directory)/signer/authorities/devices/certificate.pem", with: short.pemText, mode: 0o644)

        _ = try fixture.ceremonies().renew("devices", rootDirectory: fixture.root, rootPassphraseFile: nil)
        let new = try fixture.authority("devices").certificate
        #expect(new.publicKey == old.publicKey && new.subject == old.subject)
        #expect(new.notValidAfter > short.notValidAfter)
        #expect(try await verifies(leaf, trusting: root.certificate, with: fixture.bag("devices")))

        let other = try AuthorityFixture()
        let foreign = try #require(throws: KeyStoreError.self) {
            try fixture.ceremonies().renew("devices", rootDirectory: other.root, rootPassphraseFile: nil)
        }
        #expect(foreign.message.contains("no roll-over to this one"), "\(foreign)")
    }

    /// Between any two of the files that a renewal under the new root writes, a signer could start.
    @Test func theFilesFitTogetherAtEveryMoment() throws {
        let fixture = try AuthorityFixture()
        try fixture.rollRoot()
        let chain = "\(fixture.directory)/signer/authorities/devices/chain.pem"
        let before = try CertificateFile.load(path: chain)
        let pair = try fixture.pair()
        try CeremonyFile.replace(chain, with: try (before + [pair.new]).map { try $0.pemText }.joined(), mode: 0o644)
        #expect(try fixture.authority("devices").chain.last == Data(pair.old.derEncoded()))
        _ = try fixture.ceremonies().renew("devices", rootDirectory: fixture.newRoot, rootPassphraseFile: nil)
        #expect(try CertificateFile.load(path: chain) == [pair.new])
        try CeremonyFile.replace(chain, with: try (before + [pair.new]).map { try $0.pemText }.joined(), mode: 0o644)
        #expect(try fixture.authority("devices").chain.last == Data(pair.new.derEncoded()))
    }

    @Test func aRequestIsSignedElsewhereAndTheCertificateTaken() async throws {
        let fixture = try AuthorityFixture()
        let elsewhere = try AuthorityFixture()
        let request = "\(fixture.directory)/request.pem"
        let chain = "\(fixture.directory)/chain.pem"
        for round in 1...2 {
            let document = try fixture.ceremonies().request(
                "factory", organization: "Factory", passphraseFile: nil)
            try CeremonyFile.replace(request, with: document.pem, mode: 0o644)
            let signed = try AuthorityCeremonies.sign(
                requestPath: request, rootDirectory: elsewhere.root, rootPassphraseFile: nil)
            try CeremonyFile.replace(chain, with: signed.pem, mode: 0o644)
            // The second time it is the same key with a new certificate.
            let outcome = try fixture.ceremonies().importChain("factory", chainPath: chain, passphraseFile: nil)
            #expect(outcome.written.contains(fixture.trustAnchor) == (round == 1))
            #expect(try fixture.load().map(\.name) == ["devices", "factory"])
        }
        #expect(try fixture.authority("factory").subject == "CN=Factory Issuing CA factory,O=Factory")
        let root = try #require(try CertificateFile.load(path: RootFolder(elsewhere.root).certificatePath).first)
        #expect(try CertificateFile.load(path: fixture.trustAnchor).contains(root))
        #expect(try await verifies(fixture.leaf(of: "factory"), trusting: root, with: fixture.bag("factory")))
    }

    enum Wrong: CaseIterable { case otherKey, noAuthority, noRoot, otherSubject, shortPath, late }

    @Test(
        arguments: zip(
            Wrong.allCases,
            [
                "no certificate in", "is not a CA certificate", "does not lead", "has the subject",
                "allows 0 CA certificates",
                "not now",
            ]))
    func whatASignerCouldNotUseIsRefused(_ wrong: Wrong, _ expected: String) throws {
        let fixture = try AuthorityFixture()
        _ = try fixture.ceremonies().request("factory", organization: nil, passphraseFile: nil)
        let key = try PrivateKeyFile.load(
            path: "\(fixture.directory)/signer/authorities/factory/key.pem", passphrase: nil)
        let now = Date()
        let root = try RootAuthority(newKeyNamed: DistinguishedName { CommonName("Elsewhere") }, at: now)
        let subject =
            wrong == .otherSubject
            ? try fixture.authority("devices").certificate.subject : try DistinguishedName { CommonName("Factory") }
        let publicKey = wrong == .otherKey ? root.key.publicKey : key.publicKey
        let ca =
            wrong == .noAuthority
            ? BasicConstraints.notCertificateAuthority : .isCertificateAuthority(maxPathLength: 0)
        let end = now.addingTimeInterval(wrong == .late ? -60 : 86_400)
        let rootCertificate =
            wrong == .shortPath
            ? try Certificate(
                version: .v3, serialNumber: .init(), publicKey: root.key.publicKey,
                notValidBefore: now.addingTimeInterval(-3600),
                notValidAfter: end, issuer: root.certificate.subject, subject: root.certificate.subject,
                extensions: Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                }, issuerPrivateKey: root.key)
            : root.certificate
        let issuing = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: publicKey, notValidBefore: now.addingTimeInterval(-3600),
            notValidAfter: end, issuer: root.certificate.subject, subject: subject,
            extensions: Certificate.Extensions {
                Critical(ca)
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
            }, issuerPrivateKey: root.key)
        let chain = "\(fixture.directory)/chain.pem"
        try NewFile.write(
            issuing.pemText + (wrong == .noRoot ? "" : rootCertificate.pemText), path: chain, mode: 0o644)
        let before = try fixture.configuration()
        let error = try #require(throws: KeyStoreError.self) {
            try fixture.ceremonies().importChain("factory", chainPath: chain, passphraseFile: nil)
        }
        #expect(error.message.contains(expected), "\(error)")
        #expect(try fixture.configuration() == before && fixture.load().count == 1)
    }

    @Test func aRootIsOpenedWithItsPassphraseOnly() throws {
        let fixture = try AuthorityFixture()
        let wrong = "\(fixture.directory)/wrong"
        try NewFile.write("wrong\n", path: wrong, mode: 0o600)
        #expect(throws: KeyStoreError.self) { try RootFolder(fixture.root).open(passphraseFile: wrong, at: Date()) }
        unlink(RootFolder(fixture.root).passphrasePath)
        let error = try #require(throws: KeyStoreError.self) {
            try RootFolder(fixture.root + "/").open(passphraseFile: nil, at: Date())
        }
        #expect(error.message.contains("root-passphrase"), "\(error)")
    }
}
