internal import ClusterProtocol
internal import Crypto
internal import CryptoExtras
internal import Foundation
internal import PKI
internal import TestManufacturers
internal import Testing
internal import X509

/// Certificates that authenticate, and certificates that don't (cases T5, T6, T10).
@Suite struct TrustTests {
    private let acme = TrustWorld.acme

    /// A device that Acme made, with the name that the label's rule gives it.
    private func made(
        _ number: String, in cluster: TestCluster, key: Certificate.PrivateKey = .init(P256.Signing.PrivateKey()),
        _ change: (inout TestManufacturer.Leaf) -> Void = { _ in }
    ) throws -> (device: TestDevice, certificate: Certificate) {
        var leaf = TestManufacturer.Leaf(serialNumber: number)
        change(&leaf)
        let device = try TestDevice("\(number).trust.example.com", in: cluster, key: key)
        return (device, try acme.issue(leaf, key: key.publicKey))
    }

    @Test("T5: a manufacturer's certificate enrolls on the label that trusts it: leaf alone, no EKU, no good end")
    func t5Trusted() async throws {
        let cluster = try await ConformanceCluster.shared()
        let variants: [(String, (inout TestManufacturer.Leaf) -> Void)] = [
            ("AA-1", { _ in }), ("AA-2", { $0.usages = [] }), ("AA-3", { $0.usages = [.any] }),
            ("AA-4", { $0.usages = [.serverAuth, .clientAuth] }),
            ("AA-5", { $0.notAfter = .now.addingTimeInterval(3_600) }),
        ]
        for (number, change) in variants {
            let (device, certificate) = try made(number, in: cluster, change)
            // The leaf alone: the intermediate is the signer's and the frontend's from configuration.
            let answer = try await device.ask(cluster, showing: [certificate], label: "trust-factory")
            #expect(try answer.certificate().subject == DistinguishedName { CommonName(device.name) }, "\(number)")
        }
        // A CA that has no list of its own is one that nothing is known of.
        let (unlisted, direct) = try made("AA-6", in: cluster) { $0.issuer = .root }
        let refused = try await unlisted.ask(cluster, showing: [direct], label: "trust-factory")
        #expect(refused.status == 403)
        #expect(refused.text.contains("no revocation list"))
        let (device, certificate) = try made("AA-7", in: cluster)
        #expect(certificate.notValidAfter == TestManufacturer.endOfTime)
        let chain = [certificate, acme.issuing, acme.root]
        for version in [["--tlsv1.2", "--tls-max", "1.2"], ["--tlsv1.3"]] {
            _ = try await device.ask(cluster, showing: chain, label: "trust-factory", version).certificate()
        }
        try await cluster.waitUntilAudited()
        let event = try #require(
            try await cluster.events().first { $0.type == .issued && $0.names == ["dns:aa-1.trust.example.com"] })
        #expect(event.authentication == .manufacturer)
        #expect(event.principal?.hasPrefix("manufacturer:acme:") == true)
    }

    @Test("T5: the names are those that the label's rule gives, any other is 403 and names the rule")
    func t5Names() async throws {
        let cluster = try await ConformanceCluster.shared()
        let (device, certificate) = try made("AB-1", in: cluster)
        let names = ["ab-1.trust.example.com", "AB-1-b.trust.example.com"]
        let good = try TestDevice(
            device.name, in: cluster, alternativeNames: names.map { .dnsName($0) }, key: device.key)
        _ = try await good.ask(cluster, showing: [certificate], label: "trust-factory").certificate()
        let refused: [(String, [GeneralName])] = [
            ("ab-2.trust.example.com", []), ("ab-1.trust.example.com", [.dnsName("other.trust.example.com")]),
            ("x.ab-1.trust.example.com", []), ("ab-1", []),
        ]
        for (name, alternativeNames) in refused {
            let asking = try TestDevice(name, in: cluster, alternativeNames: alternativeNames, key: device.key)
            let answer = try await asking.ask(cluster, showing: [certificate], label: "trust-factory")
            #expect(answer.status == 403)
            #expect(answer.text.contains("manufacturer-names"), "\(answer.text)")
            #expect(answer.headers["www-authenticate"] == nil)
        }
        // A certificate that the rule's pattern does not match has no names at all.
        let (unknown, other) = try made("lower-1", in: cluster)
        let answer = try await unknown.ask(cluster, showing: [other], label: "trust-factory")
        #expect(answer.status == 403)
        #expect(answer.text.contains("manufacturer-names"))
    }

    @Test("T5: on a secret label that does not trust it a manufacturer's certificate is as if absent")
    func t5SecretLabel() async throws {
        let cluster = try await ConformanceCluster.shared()
        let (device, certificate) = try made("AC-1", in: cluster)
        let without = try await device.ask(cluster, showing: [certificate])
        #expect(without.status == 401)
        #expect(without.headers["www-authenticate"] != nil)
        let secret = try await cluster.secret()
        let with = try await device.ask(cluster, showing: [certificate], secret: secret)
        _ = try with.certificate()
        // On a secret label that trusts it it is the identity, and no use is burned.
        let spare = try await cluster.secret(label: "trust-factory-secrets")
        let (second, another) = try made("AC-2", in: cluster)
        _ = try await second.ask(
            cluster, showing: [another], label: "trust-factory-secrets", secret: spare
        ).certificate()
        let plain = try TestDevice("ac-3.trust.example.com", in: cluster)
        _ = try await plain.enroll(cluster, secret: spare, label: "trust-factory-secrets").certificate()
    }

    @Test("T5: on a certificate label that does not trust it a manufacturer's certificate is 403")
    func t5CertificateLabel() async throws {
        let cluster = try await ConformanceCluster.shared()
        let (device, certificate) = try made("AD-1", in: cluster)
        for label in ["strict", "trust-other"] {
            let answer = try await device.ask(cluster, showing: [certificate, acme.issuing], label: label)
            #expect(answer.status == 403)
            #expect(answer.headers["www-authenticate"] == nil)
        }
    }

    @Test("T5: the two trust sets stay apart: a manufacturer's certificate renews nothing, ours is no manufacturer's")
    func t5TrustSetsStayApart() async throws {
        let cluster = try await ConformanceCluster.shared()
        let (device, certificate) = try made("AE-1", in: cluster)
        let renewal = try await device.ask(
            cluster, showing: [certificate], operation: "simplereenroll", label: "trust-factory")
        #expect(renewal.status == 403)
        #expect(renewal.headers["www-authenticate"] == nil)
        let ours = try await device.ask(cluster, showing: [certificate], label: "trust-factory").certificate()
        _ = try await device.ask(
            cluster, showing: [ours], operation: "simplereenroll", label: "trust-factory"
        ).certificate()
        // A certificate of ours asks for its own names on the manufacturer's label, not for those of a rule.
        let other = try TestDevice("ae-1-b.trust.example.com", in: cluster, key: device.key)
        #expect(try await other.ask(cluster, showing: [ours], label: "trust-factory").status == 403)
        // A CA of the cluster can't be made a manufacturer's anchor.
        let own = try await TestCluster()
        let policy =
            try own.policy() + """

                manufacturers:
                  - name: self
                    anchors: [authorities/devices/certificate.pem]
                """
        try own.write(policy: policy)
        try own.start("signer")
        let process = try own.process("signer")
        #expect(try await process.waitForEnd() != 0)
        #expect(own.log("signer").contains("cluster's own authorities"))
    }

    @Test("T5: the manufacturer's revocation list counts, and is read again when its file changes")
    func t5RevocationList() async throws {
        let cluster = try await TestCluster(frontends: 1)
        try TrustWorld.prepare(cluster)
        try cluster.write(
            policy: ConformancePolicy.text(of: [ConformancePolicy.standard, ConformancePolicy.trust], for: cluster))
        try await cluster.start()
        let (device, certificate) = try made("AF-1", in: cluster)
        _ = try await device.ask(cluster, showing: [certificate], label: "trust-factory").certificate()
        let (second, revoked) = try made("AF-2", in: cluster)
        try TrustWorld.write(list: acme.revocationList(of: [revoked]), cluster)
        let answer = try await second.ask(cluster, showing: [revoked], label: "trust-factory")
        #expect(answer.status == 403)
        #expect(answer.text.contains("revoked"))
        let secret = try await cluster.secret(label: "trust-factory-secrets")
        let besideSecret = try await second.ask(
            cluster, showing: [revoked], label: "trust-factory-secrets", secret: secret)
        #expect(besideSecret.status == 403)
        // An outdated list: nobody is let in.
        let past = Date.now.addingTimeInterval(-600)
        try TrustWorld.write(
            list: acme.revocationList(of: [], thisUpdate: past, nextUpdate: past.addingTimeInterval(60)), cluster)
        let (third, unknown) = try made("AF-3", in: cluster)
        let stale = try await third.ask(cluster, showing: [unknown], label: "trust-factory")
        #expect(stale.status == 403)
        #expect(stale.text.contains("out of date"))
        try TrustWorld.write(list: acme.revocationList(of: [revoked]), cluster)
        _ = try await third.ask(cluster, showing: [unknown], label: "trust-factory").certificate()
    }
}
