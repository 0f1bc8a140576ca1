internal import Crypto
internal import Foundation
internal import PKI
internal import SwiftASN1
internal import TestManufacturers
internal import TestRequests
internal import Testing
internal import X509

/// `estuary device` at our own server.
@Suite struct DeviceCommandTests {
    private func device(_ cluster: TestCluster, label: String? = nil, frontend: Int = 1) throws -> DeviceFolder {
        try DeviceFolder(
            in: cluster.directory,
            server: cluster.address(frontend: frontend) + (label.map { "/.well-known/est/\($0)" } ?? ""),
            trustAnchor: cluster.trustAnchor)
    }

    private func name(_ what: String) -> String { "device-\(what)-\(UInt32.random(in: .min ... .max)).example.com" }

    /// The issuing authority's certificate, for `openssl verify`.
    private func authorities(_ device: DeviceFolder) async throws -> String {
        let path = "\(device.path)/cacerts.pem"
        let run = try await device.run("cacerts", ["--output", path], withFiles: false)
        try #require(run.status == 0, "\(run.errors)")
        return path
    }

    @Test func cacertsIsPinnedOrTrusted() async throws {
        let cluster = try await ConformanceCluster.shared()
        let anchor = try Certificate(pemEncoded: String(contentsOfFile: cluster.trustAnchor, encoding: .utf8))
        let fingerprint = Array(SHA256.hash(data: try anchor.derEncoded())).hexadecimal
        var device = try device(cluster)
        let trusted = try await device.run("cacerts", withFiles: false)
        device.server = ["--server", "https://\(try cluster.address())"]
        let pinned = try await device.run("cacerts", ["--fingerprint", fingerprint.uppercased()], withFiles: false)
        #expect(trusted.status == 0 && pinned.status == 0 && trusted.text == pinned.text)
        #expect(trusted.text.components(separatedBy: "BEGIN CERTIFICATE").count >= 3)
        let facts = try await device.run("cacerts", ["--fingerprint", fingerprint, "--json"], withFiles: false)
        #expect(facts.text.split(separator: "\n").contains { $0.contains("\"fingerprint\":\"\(fingerprint)\"") })
        let wrong = String(fingerprint.reversed())
        let refused = try await device.run("cacerts", ["--fingerprint", wrong], withFiles: false)
        #expect(refused.status == 1 && refused.output.isEmpty)
    }

    @Test(arguments: ["p256", "p384", "ed25519", "rsa2048", "rsa3072"])
    func everyKindOfKeyEnrollsAndRenews(_ kind: String) async throws {
        let cluster = try await ConformanceCluster.shared()
        let device = try device(cluster)
        let name = name(kind)
        let file = "\(device.path)/secret"
        try await cluster.secret(name: name).write(toFile: file, atomically: true, encoding: .utf8)
        let first = try await device.install(
            "enroll", ["--subject", name, "--dns", name, "--key-type", kind, "--secret-file", file])
        #expect(
            first.subject == "CN=\(name)" && first.renewsFrom > first.notBefore && first.renewsFrom < first.notAfter)
        let authorities = try await authorities(device)
        try await device.expectGoodFiles(trustAnchor: cluster.trustAnchor, untrusted: authorities)
        let shown = [
            "p256": "prime256v1", "p384": "secp384r1", "ed25519": "ED25519", "rsa2048": "2048", "rsa3072": "3072",
        ]
        #expect(try await device.keyKind().contains(shown[kind] ?? "?"))

        let key = try device.text(device.key)
        let renewed = try await device.install("reenroll", ["--chain"])
        #expect(renewed.serial != first.serial)
        #expect(try device.text(device.key) == key)
        // The chain goes with it, so that the root alone is enough.
        try await device.expectGoodFiles(trustAnchor: cluster.trustAnchor, untrusted: device.certificate)
        // Without a word on the kind it would be the one that csrattrs ask for.
        try await device.install("reenroll", ["--new-key", "--key-type", kind])
        #expect(try device.text(device.key) != key)
        #expect(try await device.keyKind().contains(shown[kind] ?? "?"))
        try await device.expectGoodFiles(trustAnchor: cluster.trustAnchor, untrusted: authorities)
    }

    @Test func csrattrsAreFollowed() async throws {
        let cluster = try await ConformanceCluster.shared()
        for (label, kind) in [
            ("csrattrs-p384", "secp384r1"), ("csrattrs-rsa", "3072 bit"), ("csrattrs-ed25519", "ED25519"),
            ("csrattrs-template", "prime256v1"), ("csrattrs-p256-bound", "prime256v1"),
        ] {
            let device = try device(cluster, label: label)
            let shown = try await device.run("csrattrs", ["--json"], withFiles: false)
            #expect(shown.text.contains("\"channel_binding\":\(label.hasSuffix("bound"))"), "\(shown.text)")
            let name = "a\(UInt32.random(in: .min ... .max)).csrattrs.example.com"
            // O is what the server sets.
            let issued = try await device.install(
                "enroll", ["--subject", name, "--dns", name], secret: cluster.secret(label: label))
            #expect(issued.subject.contains("O=Example (Fleet)"), "\(label): \(issued.subject)")
            #expect(try await device.keyKind().contains(kind), "\(label)")
            #expect(try await device.shown("-ext", "extendedKeyUsage").contains("TLS Web Client Authentication"))
            try await device.install("reenroll", ["--new-key"])
            #expect(try await device.keyKind().contains(kind), "\(label)")
        }
        let silent = try await device(cluster, label: "csrattrs-silent").run("csrattrs", withFiles: false)
        #expect(silent.status == 0 && silent.errors.contains("says nothing"))
        let unbound = try await device(cluster, label: "csrattrs-p256-bound").run(
            "enroll", ["--subject", "x", "--channel-binding", "never"],
            secret: cluster.secret(label: "csrattrs-p256-bound"))
        #expect(unbound.status == 1 && unbound.errors.contains("challengePassword"))
    }

    @Test func aMakersCertificateEnrollsAloneAndBesideASecret() async throws {
        let cluster = try await ConformanceCluster.shared()
        for (label, secret) in [
            ("trust-factory", nil), ("trust-factory-secrets", try await cluster.secret(label: "trust-factory-secrets")),
        ] {
            let device = try device(cluster, label: label)
            let number = "DV-\(UInt32.random(in: .min ... .max))"
            let key = P256.Signing.PrivateKey()
            let certificate = try TrustWorld.acme.issue(
                TestManufacturer.Leaf(serialNumber: number), key: .init(key.publicKey))
            try certificate.pem.write(toFile: "\(device.path)/maker.pem", atomically: true, encoding: .utf8)
            try key.pemRepresentation.write(toFile: "\(device.path)/maker.key", atomically: true, encoding: .utf8)
            let name = "\(number).trust.example.com"
            try await device.install(
                "enroll",
                [
                    "--subject", name, "--client-certificate", "\(device.path)/maker.pem", "--client-key",
                    "\(device.path)/maker.key",
                ], secret: secret)
            try await device.install("reenroll")
            #expect(try await device.shown("-subject").contains(name))
        }
    }

    @Test func aTimerRenewsWhenItIsTime() async throws {
        let cluster = try await ConformanceCluster.shared()
        let early = try device(cluster)
        let first = try await early.install("enroll", ["--subject", name("early")], secret: cluster.secret())
        let idle = try await early.install("renew", ["--if-needed"])
        #expect(!idle.renewed && idle.serial == first.serial && idle.renewsFrom == first.renewsFrom)

        let due = try device(cluster, label: "device-due")
        let old = try await due.install(
            "enroll", ["--subject", name("due")], secret: cluster.secret(label: "device-due"))
        let new = try await due.install("renew", ["--if-needed"])
        #expect(new.renewed && new.serial != old.serial)
        #expect(try await due.shown("-serial").contains(new.serial.uppercased()))
    }

    @Test func anApprovalIsWaitedForOrAskedForAgain() async throws {
        let cluster = try await ConformanceCluster.shared()
        let device = try device(cluster, label: "device-manual")
        let name = name("manual")
        let secret = try await cluster.secret(label: "device-manual", uses: 2)
        let pending = try await device.run("enroll", ["--subject", name, "--wait", "0"], secret: secret)
        #expect(pending.status == 75 && pending.errors.contains("waits for approval"))
        let listed = try await TestCluster.estuary(["approval", "list", "--json", "--state", cluster.directory])
        let line = try #require(listed.split(separator: "\n").first { $0.contains(name) })
        struct Listed: Decodable { var id: String }
        let id = try JSONDecoder.facts.decode(Listed.self, from: Data(line.utf8)).id
        try await TestCluster.estuary(["approval", "approve", id, "--state", cluster.directory])
        try await device.install("enroll", ["--subject", name, "--wait", "0"], secret: secret)
        #expect(try await OpenSSL.isCertificate(device.certificate, forKey: device.key))
    }

    @Test func theServerMakesAKey() async throws {
        let cluster = try await ConformanceCluster.shared()
        let device = try device(cluster, label: "keygen-p384")
        let name = name("keygen")
        let made = try await device.install(
            "serverkeygen", ["--subject", name], secret: cluster.secret(label: "keygen-p384", name: name))
        #expect(made.key == device.key && made.keyMessage == nil)
        #expect(try await device.keyKind().contains("secp384r1"))
        try await device.expectGoodFiles(trustAnchor: cluster.trustAnchor, untrusted: authorities(device))
        try await device.install("reenroll")
        let off = try await self.device(cluster).run("serverkeygen", ["--subject", name])
        #expect(off.status == 1 && off.errors.contains("404"))
    }

    @Test func theServersKeyComesEncrypted() async throws {
        let cluster = try await ConformanceCluster.shared()
        let name = name("encrypted")
        // A certificate that keys can be sent to, and with which the device shows who it is.
        let recipient = try device(cluster, label: "keygen-recipient")
        try await recipient.install("enroll", ["--subject", name], secret: cluster.secret(label: "keygen-recipient"))
        let device = try device(cluster, label: "keygen-encrypted")
        let made = try await device.install(
            "serverkeygen",
            [
                "--subject", name, "--decrypt-certificate", recipient.certificate, "--client-certificate",
                recipient.certificate, "--client-key", recipient.key,
            ])
        #expect(made.key == nil && made.keyMessage == "\(device.key).p7m")
        #expect(try device.mode("\(device.key).p7m") == 0o600)
        #expect(!FileManager.default.fileExists(atPath: device.key))
        try await open(
            "\(device.key).p7m", ["-inkey", recipient.key, "-recip", recipient.certificate], for: device, cluster)

        let named = try self.device(cluster, label: "keygen-encrypted")
        let kek = "\(name) key"
        let key = try await TestCluster.estuary(["kek", "add", kek, "--state", cluster.directory])
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let other = self.name("named")
        let secret = try await cluster.secret(label: "keygen-encrypted", name: other)
        try await named.install("serverkeygen", ["--subject", other, "--decrypt-key-name", kek], secret: secret)
        try await open(
            "\(named.key).p7m", ["-secretkey", key, "-secretkeyid", Array(kek.utf8).hexadecimal], for: named, cluster)
    }

    /// Opens the message with openssl, and checks that the key inside is the certificate's.
    private func open(
        _ message: String, _ arguments: [String], for device: DeviceFolder, _ cluster: TestCluster
    ) async throws {
        let (signed, package) = ("\(device.path)/signed", "\(device.path)/package")
        try await CommandRun.text(
            ["openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-in", message, "-out", signed] + arguments)
        let content = Array(try Data(contentsOf: URL(fileURLWithPath: signed)))
        try Data(
            TestRequest.sequence([TestRequest.identifier("1.2.840.113549.1.7.2"), TestRequest.element(0xa0, content)])
        ).write(to: URL(fileURLWithPath: signed))
        try await CommandRun.text([
            "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", signed, "-out", package, "-CAfile",
            cluster.trustAnchor, "-purpose", "any",
        ])
        let bytes = try Data(contentsOf: URL(fileURLWithPath: package))
        let head = bytes[1] < 0x80 ? 2 : 2 + Int(bytes[1] & 0x7f)
        let key = try await CommandRun.run(
            ["openssl", "pkey", "-inform", "DER", "-out", device.key], input: Data(bytes.dropFirst(head)))
        #expect(key.status == 0, "\(key.errors)")
        #expect(try await OpenSSL.isCertificate(device.certificate, forKey: device.key))
    }

    @Test func whatIsRefusedIsSaidAndNothingIsLost() async throws {
        let cluster = try await ConformanceCluster.shared()
        let device = try device(cluster)
        let name = name("refused")
        let wrong = try await device.run("enroll", ["--subject", name], secret: "not-the-secret")
        #expect(wrong.status == 1 && wrong.errors.contains("401") && !wrong.errors.contains("not-the-secret"))
        let foreign = try await device.run("enroll", ["--subject", "a.example.org"], secret: cluster.secret())
        #expect(foreign.status == 1 && foreign.errors.contains("403") && foreign.errors.contains("subject.common-name"))
        let nowhere = try await device.run(
            "enroll", ["--subject", name, "--label", "nowhere"], secret: cluster.secret())
        #expect(nowhere.status == 1 && nowhere.errors.contains("404"))
        let issued = try await device.install("enroll", ["--subject", name], secret: cluster.secret())

        // A renewal that is refused leaves what there is.
        try await cluster.estuary("certificate", "revoke", issued.serial, "--reason", "superseded")
        let certificate = try device.text(device.certificate)
        let revoked = try await device.run("reenroll", ["--new-key"])
        #expect(revoked.status == 1 && revoked.errors.contains("403"))
        #expect(try device.text(device.certificate) == certificate)
        #expect(try await OpenSSL.isCertificate(device.certificate, forKey: device.key))
    }
}
