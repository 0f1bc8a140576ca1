internal import ClusterProtocol
internal import Crypto
internal import CryptoExtras
internal import Foundation
internal import PKI
internal import SwiftASN1
internal import TestManufacturers
internal import Testing
internal import X509

/// Certificates of other makers, dates and keys (case T6), and certificates beside secrets (case T10).
@Suite struct CertificateTrustTests {
    private struct Unacceptable {
        var name: String
        var chain: [Certificate]
        var device: TestDevice
    }

    private func unacceptable(in cluster: TestCluster) throws -> [Unacceptable] {
        let acme = TrustWorld.acme
        func one(
            _ name: String, of maker: TestManufacturer = acme, with: [Certificate] = [],
            _ change: (inout TestManufacturer.Leaf, Certificate.PrivateKey) throws -> Void
        ) throws -> Unacceptable {
            let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
            var leaf = TestManufacturer.Leaf(serialNumber: "BA-\(name)", commonName: "ba-\(name)")
            try change(&leaf, key)
            return Unacceptable(
                name: name, chain: [try maker.issue(leaf, key: key.publicKey)] + with,
                device: try TestDevice("BA-\(name).trust.example.com", in: cluster, key: key))
        }
        // Of this cluster's authority by name and key, and never issued by it.
        let forged = try self.forged("ba-forged", in: cluster, notBefore: -3_600, usages: [.clientAuth])
        let early = try self.forged("ba-early", in: cluster, notBefore: 3_600, usages: [.clientAuth])
        let unfit = try self.forged("ba-unfit", in: cluster, notBefore: -3_600, usages: [.codeSigning])
        return [
            try one("early") { leaf, _ in leaf.notBefore = .now.addingTimeInterval(3_600) },
            try one("late") { leaf, _ in leaf.notAfter = .now.addingTimeInterval(-60) },
            try one("own") { leaf, key in leaf.issuer = .itself(key) },
            try one("foreign", of: TrustWorld.stranger, with: [TrustWorld.stranger.issuing, TrustWorld.stranger.root]) {
                _, _ in
            },
            try one("usage") { leaf, _ in leaf.usages = [.serverAuth, .codeSigning] },
            try one("authority") { leaf, _ in
                leaf.others = try Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                }
            },
            forged, early, unfit,
        ]
    }

    /// A certificate signed with the cluster's own issuing key behind the signer's back.
    private func forged(
        _ name: String, in cluster: TestCluster, notBefore: TimeInterval, usages: [ExtendedKeyUsage.Usage]
    ) throws -> Unacceptable {
        let device = try TestDevice(name, in: cluster)
        let certificate = try cluster.forgedCertificate(
            for: device, notBefore: .now.addingTimeInterval(notBefore), usages: usages)
        return Unacceptable(name: name, chain: [certificate], device: device)
    }

    @Test("T6: not yet valid, expired, self-signed, foreign, forged, of an unlisted EKU: never accepted")
    func t6Unacceptable() async throws {
        let cluster = try await ConformanceCluster.shared()
        for one in try unacceptable(in: cluster) {
            for (operation, label) in [
                ("simpleenroll", "trust-factory"), ("simpleenroll", "strict"), ("simplereenroll", "strict"),
                ("simplereenroll", "default"), ("simplereenroll", "trust-factory"),
            ] {
                let answer = try await one.device.ask(
                    cluster, showing: one.chain, operation: operation, label: label == "default" ? nil : label)
                #expect(answer.status == 403, "\(one.name) on \(label)/\(operation): \(answer.text)")
                #expect(answer.headers["www-authenticate"] == nil)
            }
        }
        // One of ours with another usage than TLS clients'.
        let device = try TestDevice("ba-code", in: cluster)
        let secret = try await cluster.secret(label: "trust-code")
        let certificate = try await device.enroll(cluster, secret: secret, label: "trust-code").certificate()
        let renewal = try await device.renew(cluster, with: certificate, of: device, label: "trust-code")
        #expect(renewal.status == 403)
    }

    @Test("T6: a chain with an intermediate that the client presents works")
    func t6Intermediate() async throws {
        let cluster = try await ConformanceCluster.shared()
        let globex = TrustWorld.globex
        let device = try TestDevice("bb-1.trust.example.com", in: cluster)
        let leaf = try globex.issue(.init(commonName: "bb-1"), key: device.key.publicKey)
        _ = try await device.ask(cluster, showing: [leaf, globex.issuing], label: "trust-other").certificate()
        // In any order, and with others between.
        let second = try TestDevice("bb-2.trust.example.com", in: cluster)
        let another = try globex.issue(.init(commonName: "bb-2"), key: second.key.publicKey)
        let chain = [another, TrustWorld.stranger.root, globex.root, TrustWorld.stranger.issuing, globex.issuing]
        _ = try await second.ask(cluster, showing: chain, label: "trust-other").certificate()
        // Without it there is no path: it is not configured.
        let third = try TestDevice("bb-3.trust.example.com", in: cluster)
        let alone = try globex.issue(.init(commonName: "bb-3"), key: third.key.publicKey)
        #expect(try await third.ask(cluster, showing: [alone], label: "trust-other").status == 403)
    }

    @Test("T6: client certificates on P-256, P-384, P-521, Ed25519 and RSA keys work on TLS 1.2 and 1.3")
    func t6Keys() async throws {
        let cluster = try await ConformanceCluster.shared()
        let keys: [(String, Certificate.PrivateKey)] = [
            ("p256", .init(P256.Signing.PrivateKey())), ("p384", .init(P384.Signing.PrivateKey())),
            ("p521", .init(P521.Signing.PrivateKey())), ("ed25519", .init(Curve25519.Signing.PrivateKey())),
            ("rsa", .init(try _RSA.Signing.PrivateKey(keySize: .bits2048))),
        ]
        for (name, key) in keys {
            for (version, arguments) in [("12", ["--tlsv1.2", "--tls-max", "1.2"]), ("13", ["--tlsv1.3"])] {
                // A certificate of ours renews.
                let device = try TestDevice("bc-\(name)-\(version)", in: cluster, key: key)
                let secret = try await cluster.secret(label: "trust-keys")
                let first = try await device.enroll(cluster, secret: secret, label: "trust-keys").certificate()
                let renewal = try await device.renew(
                    cluster, with: first, of: device, label: "trust-keys", arguments)
                #expect(renewal.status == 200, "\(name) \(version): \(renewal.text)")
                // A manufacturer's enrolls.
                let number = "BC-\(name)-\(version)"
                let made = try TestDevice("\(number).trust.example.com", in: cluster, key: key)
                let certificate = try TrustWorld.acme.issue(.init(serialNumber: number), key: key.publicKey)
                let enrollment = try await made.ask(
                    cluster, showing: [certificate], label: "trust-factory", arguments)
                #expect(enrollment.status == 200, "\(name) \(version): \(enrollment.text)")
            }
        }
    }

    @Test("T10: two keys, one multi-use secret, one name, at once on two frontends: one 200, one 403, two events")
    func t10OneName() async throws {
        let cluster = try await ConformanceCluster.shared()
        let secret = try await cluster.secret(uses: 10)
        let name = "bd-1.example.com"
        async let first = TestDevice(name, in: cluster).enroll(cluster, secret: secret, frontend: 1)
        async let second = TestDevice(name, in: cluster).enroll(cluster, secret: secret, frontend: 2)
        let answers = try await [first, second]
        #expect(answers.map(\.status).sorted() == [200, 403])
        let refusal = try #require(answers.first { $0.status == 403 })
        #expect(refusal.text.contains("name held"))
        try await cluster.waitUntilAudited()
        let events = try await cluster.events().filter { $0.names == ["dns:\(name)"] }
        #expect(events.map(\.type.rawValue).sorted() == ["denied", "issued"])
        #expect(events.first { $0.type == .denied }?.reason == "name-held")
    }

    @Test("T10: beside a good secret an expired certificate of ours is 200, a revoked one 403")
    func t10BesideASecret() async throws {
        let cluster = try await ConformanceCluster.shared()
        let shortLived = try await ShortLived.certificate("bd-2", in: cluster, seconds: 6)
        try await shortLived.waitForItsEnd()
        let answer = try await shortLived.device.ask(
            cluster, showing: [shortLived.certificate], secret: try await cluster.secret())
        _ = try answer.certificate()

        let device = try TestDevice("bd-3", in: cluster)
        let certificate = try await device.enroll(cluster, secret: try await cluster.secret()).certificate()
        try await cluster.estuary("certificate", "revoke", Array(certificate.serialNumber.bytes).hexadecimal)
        let other = try TestDevice("bd-4", in: cluster)
        let refused = try await other.ask(
            cluster, showing: [certificate], holder: device, secret: try await cluster.secret())
        #expect(refused.status == 403)
        #expect(refused.text.contains("revoked"))
        #expect(refused.headers["www-authenticate"] == nil)
    }

    @Test("T10: a wrong secret is 401 beside a good certificate")
    func t10WrongSecret() async throws {
        let cluster = try await ConformanceCluster.shared()
        let device = try TestDevice("bd-5", in: cluster)
        let certificate = try await device.enroll(cluster, secret: try await cluster.secret()).certificate()
        let wrong = try await device.ask(cluster, showing: [certificate], secret: "wrong")
        #expect(wrong.status == 401)
        #expect(wrong.headers["www-authenticate"] != nil)
        _ = try await device.ask(cluster, showing: [certificate]).certificate()
        let made = try TrustWorld.acme.issue(.init(serialNumber: "BD-6"), key: device.key.publicKey)
        let named = try TestDevice("BD-6.trust.example.com", in: cluster, key: device.key)
        #expect(
            try await named.ask(cluster, showing: [made], label: "trust-factory-secrets", secret: "wrong").status == 401
        )
    }
}
