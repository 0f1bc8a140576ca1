internal import Crypto
internal import Foundation
internal import PKI
internal import SwiftASN1
internal import TestRequests
internal import Testing
internal import X509

/// Renewals: whose names are the same, with which key, until when (cases R1, R2, R4, R5, R6).
@Suite struct SimpleReenrollTests {
    private typealias Device = RenewingDevice
    private let label = "renew-names"

    @Test("R1: subject and SAN equal to the certificate's: 200 with the same key and with a new one")
    func r1RenewAndRekey() async throws {
        let cluster = try await ConformanceCluster.shared()
        let subject: Device.Subject = [(Device.o, .utf8String, "Acme"), (Device.cn, .utf8String, "ra-1.example.com")]
        let names = [TestRequest.dns("ra-1.example.com"), TestRequest.ip([10, 8, 2, 3])]
        var device = try await Device.enrolled(subject, names: names, in: cluster, label: label)
        let renewed = try await device.renew(subject, names: names, label: label, in: cluster).certificate()
        #expect(renewed.publicKey == device.certificate.publicKey)
        #expect(renewed.serialNumber != device.certificate.serialNumber)
        let key = P256.Signing.PrivateKey()
        device.certificate = renewed
        let rekeyed = try await device.renew(
            subject, names: names.reversed(), key: key, label: label, in: cluster, frontend: 2
        ).certificate()
        #expect(rekeyed.publicKey == .init(key.publicKey))
        for certificate in [renewed, rekeyed] {
            #expect(try certificate.subjectDER == device.certificate.subjectDER)
            #expect(certificate.alternativeNameDER == device.certificate.alternativeNameDER)
        }
    }

    @Test("R1: string types, case, spaces and DNS case make no difference, and the old encoding is copied")
    func r1Encodings() async throws {
        let cluster = try await ConformanceCluster.shared()
        let names = [
            TestRequest.dns("rb-1.example.com"), TestRequest.email("Ops@example.com"), TestRequest.uri("urn:dev:rb-1"),
        ]
        let device = try await Device.enrolled(
            [(Device.o, .printableString, "Acme Works"), (Device.cn, .utf8String, "Sensor rb-1")], names: names,
            in: cluster, label: label)
        let equal: [(Device.Subject, [[UInt8]])] = [
            ([(Device.o, .utf8String, "Acme Works"), (Device.cn, .printableString, "Sensor rb-1")], names),
            ([(Device.o, .bmpString, "ACME works"), (Device.cn, .teletexString, "sensor RB-1")], names),
            ([(Device.o, .utf8String, " Acme   Works "), (Device.cn, .universalString, "Sensor rb-1")], names),
            (
                [(Device.o, .utf8String, "Acme Works"), (Device.cn, .utf8String, "Sensor rb-1")],
                [
                    TestRequest.uri("urn:dev:rb-1"), TestRequest.dns("RB-1.Example.COM"),
                    TestRequest.email("Ops@EXAMPLE.com"), TestRequest.dns("rb-1.example.com"),
                ]
            ),
        ]
        for (index, (subject, names)) in equal.enumerated() {
            let answer = try await device.renew(subject, names: names, label: label, in: cluster)
            try #require(answer.status == 200, "\(index): \(answer.text)")
            let certificate = try answer.certificate()
            #expect(try certificate.subjectDER == device.certificate.subjectDER, "\(index)")
            #expect(certificate.alternativeNameDER == device.certificate.alternativeNameDER, "\(index)")
        }
    }

    @Test("R2: any difference of subject or SAN, also in the order of RDNs or a SAN on one side only, is 403")
    func r2Differences() async throws {
        let cluster = try await ConformanceCluster.shared()
        let o: (String, TestRequest.StringType, String) = (Device.o, .utf8String, "Acme")
        let ou: (String, TestRequest.StringType, String) = (Device.ou, .utf8String, "Pumps")
        let cn: (String, TestRequest.StringType, String) = (Device.cn, .utf8String, "rc-1")
        let names = [TestRequest.dns("rc-1.example.com"), TestRequest.uri("urn:dev:rc-1")]
        let device = try await Device.enrolled([o, ou, cn], names: names, in: cluster, label: label)
        let joined = TestRequest.sequence([
            TestRequest.element(
                0x31,
                [o, ou].map { TestRequest.sequence([TestRequest.identifier($0.0), TestRequest.string($0.1, $0.2)]) }),
            TestRequest.element(
                0x31, TestRequest.sequence([TestRequest.identifier(cn.0), TestRequest.string(cn.1, cn.2)])),
        ])
        let different: [(String, [UInt8], [[UInt8]])] = [
            ("another common name", TestRequest.name([o, ou, (Device.cn, .utf8String, "rc-2")]), names),
            ("the order of RDNs", TestRequest.name([ou, o, cn]), names),
            ("one RDN less", TestRequest.name([o, cn]), names),
            ("one RDN more", TestRequest.name([o, ou, cn, (Device.o, .utf8String, "x")]), names),
            ("two RDNs in one", joined, names),
            ("another attribute", TestRequest.name([(Device.ou, .utf8String, "Acme"), ou, cn]), names),
            ("no inner space", TestRequest.name([(Device.o, .utf8String, "Ac me"), ou, cn]), names),
            ("an empty subject", TestRequest.name([]), names),
            ("no SAN", TestRequest.name([o, ou, cn]), []),
            ("a SAN less", TestRequest.name([o, ou, cn]), [names[0]]),
            ("a SAN more", TestRequest.name([o, ou, cn]), names + [TestRequest.dns("rc-2.example.com")]),
            ("URI case", TestRequest.name([o, ou, cn]), [names[0], TestRequest.uri("urn:dev:RC-1")]),
            ("another kind", TestRequest.name([o, ou, cn]), [names[0], TestRequest.dns("urn:dev:rc-1")]),
        ]
        for (what, subject, names) in different {
            let answer = try await device.renew(subject, names: names, label: label, in: cluster)
            #expect(answer.status == 403, "\(what): \(answer.text)")
            #expect(answer.headers["www-authenticate"] == nil)
        }
        _ = try await device.renew([o, ou, cn], names: names, label: label, in: cluster).certificate()
        // A SAN where the certificate has none.
        let plain = try await Device.enrolled([(Device.cn, .utf8String, "rc-3")], in: cluster, label: label)
        let answer = try await plain.renew(
            [(Device.cn, .utf8String, "rc-3")], names: [TestRequest.dns("rc-3.example.com")], label: label, in: cluster)
        #expect(answer.status == 403)
        #expect(answer.text.contains("rc-3.example.com"))
    }

    @Test("R2: without a client certificate it is 403 without a challenge, also with a good secret")
    func r2NoCertificate() async throws {
        let cluster = try await ConformanceCluster.shared()
        let device = try TestDevice("rc-4", in: cluster)
        let secret = try await cluster.secret(label: label)
        for arguments in [[], ["--user", ":\(secret)"], ["--header", "Authorization: Bearer \(secret)"]] {
            let answer = try await Curl.post(
                cluster.url("simplereenroll", label: label), body: device.certificationRequest(),
                ["--cacert", cluster.trustAnchor] + arguments)
            #expect(answer.status == 403)
            #expect(answer.headers["www-authenticate"] == nil)
        }
        // The secret was not used.
        _ = try await device.enroll(cluster, secret: secret, label: label).certificate()
    }

    @Test("R4: the byte-identical request at the next renewal gets a new certificate, never the old one")
    func r4SameRequestAgain() async throws {
        let cluster = try await ConformanceCluster.shared()
        let subject: Device.Subject = [(Device.cn, .utf8String, "rd-1")]
        var device = try await Device.enrolled(subject, in: cluster, label: label)
        let body = try Device.body(TestRequest.name(subject), [], key: device.key)
        var serials: Set<Certificate.SerialNumber> = [device.certificate.serialNumber]
        for round in 0..<3 {
            let answer = try await device.device.ask(
                cluster, showing: [device.certificate], operation: "simplereenroll", label: label,
                frontend: round % 2 + 1, body: body)
            let certificate = try answer.certificate()
            #expect(serials.insert(certificate.serialNumber).inserted)
            device.certificate = certificate
        }
        // The same request with the same certificate is a repetition.
        var repeated: Set<Certificate> = []
        for frontend in [1, 2, 1] {
            let answer = try await device.device.ask(
                cluster, showing: [device.certificate], operation: "simplereenroll", label: label,
                frontend: frontend, body: body)
            repeated.insert(try answer.certificate())
        }
        #expect(repeated.count == 1)
    }

    @Test("R5: expired is 200 inside the label's grace period, 403 without one and beyond it")
    func r5Expired() async throws {
        let cluster = try await ConformanceCluster.shared()
        let old = try await ShortLived.certificate("re-1", in: cluster, label: label, seconds: 6)
        try await old.waitForItsEnd(by: 3)
        for label in [label, "renew-short-grace"] {
            let refused = try await old.device.renew(cluster, with: old.certificate, of: old.device, label: label)
            #expect(refused.status == 403, "\(label): \(refused.text)")
            #expect(refused.text.contains("expired"))
            #expect(refused.headers["www-authenticate"] == nil)
        }
        // For a renewal alone.
        let enrollment = try await old.device.renew(
            cluster, with: old.certificate, of: old.device, label: "renew-grace", operation: "simpleenroll")
        #expect(enrollment.status == 401)
        let renewal = try await old.device.renew(cluster, with: old.certificate, of: old.device, label: "renew-grace")
        #expect(try renewal.certificate().subject == old.certificate.subject)
    }

    @Test("R5: revoked is 403 inside the grace period too")
    func r5Revoked() async throws {
        let cluster = try await ConformanceCluster.shared()
        let old = try await ShortLived.certificate("re-2", in: cluster, label: "renew-grace", seconds: 6)
        try await cluster.estuary("certificate", "revoke", Array(old.certificate.serialNumber.bytes).hexadecimal)
        try await old.waitForItsEnd()
        let answer = try await old.device.renew(cluster, with: old.certificate, of: old.device, label: "renew-grace")
        #expect(answer.status == 403)
        #expect(answer.text.contains("revoked"))
    }

    @Test("R5: not yet valid is 403, whatever the grace period")
    func r5NotYetValid() async throws {
        let cluster = try await ConformanceCluster.shared()
        let device = try TestDevice("re-3", in: cluster)
        let early = try cluster.forgedCertificate(for: device, notBefore: .now.addingTimeInterval(600))
        for label in [label, "renew-grace"] {
            let answer = try await device.renew(cluster, with: early, of: device, label: label)
            #expect(answer.status == 403)
            #expect(answer.text.contains("not valid yet"), "\(answer.text)")
            #expect(answer.headers["www-authenticate"] == nil)
        }
    }

    @Test("R6: a label with renewal: same-key refuses a new key with 403")
    func r6SameKey() async throws {
        let cluster = try await ConformanceCluster.shared()
        let subject: Device.Subject = [(Device.cn, .utf8String, "rf-1")]
        let device = try await Device.enrolled(subject, in: cluster, label: "renew-same-key")
        let key = P256.Signing.PrivateKey()
        let refused = try await device.renew(subject, key: key, label: "renew-same-key", in: cluster)
        #expect(refused.status == 403)
        #expect(refused.text.contains("same-key"))
        let enrollment = try await device.renew(
            subject, key: key, label: "renew-same-key", in: cluster, operation: "simpleenroll")
        #expect(enrollment.status == 403)
        _ = try await device.renew(subject, label: "renew-same-key", in: cluster).certificate()
    }

    @Test("R6: the predecessors' certificates renew on a label that names them, others' don't")
    func r6Predecessors() async throws {
        let cluster = try await ConformanceCluster.shared()
        let subject: Device.Subject = [(Device.cn, .utf8String, "rg-1")]
        var device = try await Device.enrolled(subject, in: cluster, label: "renew-former")
        let former = device.certificate.issuer
        #expect(try await device.renew(subject, label: label, in: cluster).status == 403)
        let renewed = try await device.renew(subject, label: "renew-successor", in: cluster).certificate()
        #expect(renewed.issuer != former)
        // From here on it is the authority's own.
        device.certificate = renewed
        _ = try await device.renew(subject, label: label, in: cluster).certificate()
        let other = try await Device.enrolled(
            [(Device.cn, .utf8String, "rg-2")], in: cluster, label: "renew-unrelated")
        let refused = try await other.renew(
            [(Device.cn, .utf8String, "rg-2")], label: "renew-successor", in: cluster)
        #expect(refused.status == 403)
        #expect(refused.headers["www-authenticate"] == nil)
    }
}
