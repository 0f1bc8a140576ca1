internal import Foundation
internal import SwiftASN1
internal import TestRequests
internal import TestTLSClient
internal import Testing
internal import X509

/// E3 and E4: what a profile honours, narrows and refuses.
@Suite struct SimpleEnrollProfileTests {
    private struct Refused: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var rule: String
        var value: String
        var label: String?
        var request: TestRequest
    }

    private static let clientAuth = "1.3.6.1.5.5.7.3.2"
    private static let serverAuth = "1.3.6.1.5.5.7.3.1"

    private static func refused(
        _ what: String, _ rule: String, _ value: String, label: String? = nil, name: String = "e3.example.com",
        names: [[UInt8]] = [], extensions: [[UInt8]] = []
    ) -> Refused {
        Refused(
            testDescription: what, rule: rule, value: value, label: label,
            request: .device(name, names: names, extensions: extensions))
    }

    private static let extensions: [Refused] = [
        refused(
            "CA:TRUE", "basic-constraints", "CA:TRUE",
            extensions: [TestRequest.extensionRequest("2.5.29.19", [0x30, 0x03, 0x01, 0x01, 0xff])]),
        refused(
            "ocspSigning", "extended-key-usage", "1.3.6.1.5.5.7.3.9",
            extensions: [TestRequest.usages([clientAuth, "1.3.6.1.5.5.7.3.9"])]),
        refused(
            "anyExtendedKeyUsage", "extended-key-usage", "2.5.29.37.0",
            extensions: [TestRequest.usages(["2.5.29.37.0"])]),
        refused(
            "serverAuth", "extended-key-usage", serverAuth,
            extensions: [TestRequest.usages([clientAuth, serverAuth])]),
        refused(
            "an unknown critical extension", "extension.critical", "1.2.3.4.5",
            extensions: [TestRequest.extensionRequest("1.2.3.4.5", critical: true, [0x05, 0x00])]),
        refused(
            "an unknown extension that is not ignored", "extension.unknown", "1.2.3.4.5",
            extensions: [TestRequest.extensionRequest("1.2.3.4.5", [0x05, 0x00])]),
        refused(
            "the cluster's own host name", "subject-alternative-name.reserved", "localhost", label: "enroll-wide",
            names: [TestRequest.dns("localhost")]),
        refused(
            "the cluster's own address", "subject-alternative-name.reserved", "127.0.0.1", label: "enroll-wide",
            names: [TestRequest.ip([127, 0, 0, 1])]),
        refused(
            "the cluster's own host name as common name", "subject-alternative-name.reserved", "localhost",
            label: "enroll-wide", name: "localhost"),
        refused(
            "a name of another domain", "subject-alternative-name.dns", "e3.example.org",
            names: [TestRequest.dns("e3.example.com"), TestRequest.dns("e3.example.org")]),
        refused(
            "a kind of name that is not listed", "subject-alternative-name.email", "a@example.com",
            names: [TestRequest.email("a@example.com")]),
        refused(
            "a key usage, where it is not narrowed", "key-usage", "key", label: "enroll-wide",
            extensions: [TestRequest.keyUsage(0b1110_0000)]),
        refused(
            "nothing but a key usage that is not allowed", "key-usage", "P-256",
            extensions: [TestRequest.keyUsage(0b0000_0010)]),
    ]

    @Test("E3: what the profile does not allow is 403 with the rule and the value", arguments: extensions)
    private func e3Refused(one: Refused) async throws {
        try await expectRefusal(one)
    }

    private func expectRefusal(_ one: Refused) async throws {
        let cluster = try await ConformanceCluster.shared()
        let secret = try await cluster.secret(label: one.label ?? "default")
        let response = try await cluster.send(
            .enroll(try one.request.der(), label: one.label, secret: secret, headers: [("User-Agent", "test")]))
        #expect(response.status == 403)
        #expect(response.text.hasPrefix("\(one.rule): "), "\(response.text)")
        #expect(response.text.contains(one.value), "\(response.text)")
        #expect(response.header("WWW-Authenticate") == nil)
    }

    @Test("E3: names and usages that the profile allows are honoured, key usage is narrowed")
    func e3Honoured() async throws {
        let cluster = try await ConformanceCluster.shared()
        let names = [TestRequest.dns("e3-a.example.com"), TestRequest.dns("e3-b.example.com")]
        let usual = try await cluster.send(
            .enroll(
                try TestRequest.device(
                    "e3-a.example.com", names: names,
                    extensions: [TestRequest.keyUsage(0b1100_1110), TestRequest.usages([Self.clientAuth])]
                ).der(), secret: try await cluster.secret())
        ).certificate()
        #expect(
            try usual.extensions.subjectAlternativeNames.map { Array($0) } == [
                .dnsName("e3-a.example.com"), .dnsName("e3-b.example.com"),
            ])
        // keyCertSign and cRLSign were asked for too.
        #expect(
            try usual.extensions.keyUsage == KeyUsage(digitalSignature: true, nonRepudiation: true, keyAgreement: true))
        #expect(try usual.extensions.extendedKeyUsage.map { Array($0) } == [.clientAuth])
        #expect(try usual.extensions.basicConstraints == .notCertificateAuthority)

        // serverAuth where it is listed, and CA:FALSE as stock requests have it.
        let wide = try await cluster.send(
            .enroll(
                try TestRequest.device(
                    "e3-wide.example.com",
                    extensions: [
                        TestRequest.usages([Self.serverAuth, Self.clientAuth]),
                        TestRequest.extensionRequest("2.5.29.19", critical: true, [0x30, 0x00]),
                    ]
                ).der(), label: "enroll-wide", secret: try await cluster.secret(label: "enroll-wide"))
        ).certificate()
        #expect(try wide.extensions.extendedKeyUsage.map { Array($0) } == [.serverAuth, .clientAuth])
        // Nothing asked for: the profile's standard.
        let plain = try await cluster.send(
            .enroll(try TestRequest.device("e3-plain.example.com").der(), secret: try await cluster.secret())
        ).certificate()
        #expect(try plain.extensions.keyUsage == KeyUsage(digitalSignature: true))
        #expect(try plain.extensions.extendedKeyUsage.map { Array($0) } == [.clientAuth])
    }

    @Test(
        "E4: the suffix example.com admits it and what is below it",
        arguments: [
            "example.com", "e4.example.com", "E4-B.Example.COM", "xn--bcher-kva.e4.example.com", "a.b.c.example.com",
        ])
    func e4Admitted(name: String) async throws {
        let cluster = try await ConformanceCluster.shared()
        // As an alternative name, and as the common name.
        let secret = try await cluster.secret(uses: 2)
        let alternative = TestRequest.device("e4-of-\(name.utf8.count)-letters", names: [TestRequest.dns(name)])
        var common = TestRequest.device(name)
        common.key = alternative.key
        let certificate = try await cluster.send(.enroll(alternative.der(), secret: secret)).certificate()
        #expect(try certificate.extensions.subjectAlternativeNames.map { Array($0) } == [.dnsName(name)])
        // The key holds the name.
        _ = try await cluster.send(.enroll(try common.der(), secret: secret)).certificate()
    }

    private static func name(_ name: String, rule: String = "subject-alternative-name.dns") -> Refused {
        refused(name, rule, "«", names: [TestRequest.dns(name)])
    }

    private static func commonName(_ name: String, rule: String = "subject.common-name") -> Refused {
        refused("the common name \(name)", rule, "«", name: name)
    }

    private static let names: [Refused] = [
        name("notexample.com"), name("example.com."), name("e4.example.com."),
        name("*.example.com", rule: "subject-alternative-name.wildcard"), name("bücher.example.com"),
        name("xn--99999999999.example.com"), name("e4.example.org"), name("example.com.evil.net"),
        name("a\u{0}.example.com"), name("_e4.example.com"), name("-e4.example.com"), name(""),
        refused(
            "an address outside of the networks", "subject-alternative-name.ip", "11.1.2.3",
            names: [TestRequest.ip([11, 1, 2, 3])]),
        refused(
            "an IPv6 address where only IPv4 is listed", "subject-alternative-name.ip", "2001:db8::1",
            names: [TestRequest.ip([0x20, 0x01, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 11) + [1])]),
        commonName("notexample.com"), commonName("e4.example.com."), commonName("e4.evil.net"),
        commonName("11.1.2.3"), commonName("*.example.com", rule: "subject."),
        commonName("bücher.example.com", rule: "subject."),
    ]

    @Test("E4: other names are 403 with the rule, as alternative name and as common name", arguments: names)
    private func e4Refused(one: Refused) async throws {
        let cluster = try await ConformanceCluster.shared()
        let secret = try await cluster.secret()
        let response = try await cluster.send(.enroll(try one.request.der(), secret: secret))
        #expect(response.status == 403)
        #expect(response.text.hasPrefix(one.rule), "\(response.text)")
        #expect(response.text.contains(one.value), "\(response.text)")
    }

    @Test("E4: a wildcard is admitted where it is listed, and only there")
    func e4Wildcards() async throws {
        let cluster = try await ConformanceCluster.shared()
        let secret = try await cluster.secret(label: "enroll-wide", uses: 4)
        for (name, status) in [("*.e4.wild.example.com", 200), ("*.e4.tame.example.com", 403)] {
            // As an alternative name, and as the common name.
            var request = TestRequest.device("e4-wildcard", names: [TestRequest.dns(name)])
            for subject in ["e4-wildcard-\(status)", name] {
                request.subject = TestRequest.name([("2.5.4.3", .utf8String, subject)])
                let response = try await cluster.send(
                    .enroll(try request.der(), label: "enroll-wide", secret: secret))
                #expect(response.status == status, "\(name): \(response.text)")
                if status == 403 { #expect(response.text.hasPrefix("subject-alternative-name.wildcard: ")) }
            }
        }
    }

    private static let keys: [(options: [String], rule: String, value: String)] = [
        (["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"], "key.size", "RSA 1024"),
        (
            ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-pkeyopt", "rsa_keygen_pubexp:3"],
            "key.exponent", "0x03"
        ),
        (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"], "key.algorithm", "secp256k1"),
        (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp224r1"], "key.algorithm", "P-224"),
        (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1"], "key.algorithm", "brainpoolP256r1"),
        // A curve that is supported, and that this profile does not list.
        (["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"], "key.algorithm", "P-521"),
        (["-algorithm", "ED448"], "key.algorithm", "Ed448"),
    ]

    @Test("E4: weak RSA and unsupported curves are 403 with the rule", arguments: keys.indices)
    func e4Keys(index: Int) async throws {
        let (options, rule, value) = Self.keys[index]
        let cluster = try await ConformanceCluster.shared()
        let file = "\(cluster.directory)/e4-\(index).pem"
        try await CommandRun.text(["openssl", "genpkey", "-out", file] + options)
        let made = try await CommandRun.run([
            "openssl", "req", "-new", "-key", file, "-subj", "/CN=e4-\(index).example.com", "-outform", "DER",
        ])
        try #require(made.status == 0, "\(made.errors)")
        let response = try await cluster.send(.enroll(made.output, secret: try await cluster.secret()))
        #expect(response.status == 403)
        #expect(response.text.hasPrefix("\(rule): "), "\(response.text)")
        #expect(response.text.contains(value), "\(response.text)")
    }

    @Test("E4: a key of a generator that is known to be broken (CVE-2017-15361) is 403 with the rule")
    func e4KnownWeakKey() async throws {
        let cluster = try await ConformanceCluster.shared()
        let request = try #require(Data(base64Encoded: Self.knownWeak, options: .ignoreUnknownCharacters))
        let response = try await cluster.send(.enroll(request, secret: try await cluster.secret()))
        #expect(response.status == 403)
        #expect(response.text.hasPrefix("key.weak: "), "\(response.text)")
        #expect(response.text.contains("CVE-2017-15361"))
    }

    /// A request of a sound signature by an RSA-2048 key whose primes are k·M + (65537^a mod M), M the product of the
    /// first 126 primes; CN=e4-roca.example.com.
    private static let knownWeak = """
        MIICYzCCAUsCAQAwHjEcMBoGA1UEAwwTZTQtcm9jYS5leGFtcGxlLmNvbTCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoC
        ggEBAMpl1Oo1dtldUgDiYAH8Db4MyqMSN6WLynfnWVV3T14W/rgdZDQgLloBNoK1v2amtMB/vTIpUzFWeiUgP8Bw/uNq8jEy
        X56ViznXbbONKgPHR7bKAl0Te+FmwVzBAQdfwpbWRZHIEeYNn6dmIU5ldNGL1XqxBOTZtncKCatAaVCK8dx9SWF6+a/ZRKeq
        kbGonXEx1EEmdylw6w6L3D9hPk4t81+wSHP9pSH2MP8AoE+3u7wkOOUwx1DX0giKSg9zcQrZqW6wKejIeWLr7sLxan2Eljtt
        gMOFof/a5jVmQvFImwY31Jf7A7mtbUJgzDmMVMLGhKdej8PMtbkCcrDdF2UCAwEAAaAAMA0GCSqGSIb3DQEBCwUAA4IBAQBa
        Y5YrSwcbqbUf1VbqRHN5UB3VVFQya/wY7jrIzYz9h1ApnyIw/Y0eEceuAQcN9lqNCgegSB1FyE1a85nlORuokxqSt7xIak0B
        LjAzUhoPi1qw3AqQkV2wOHpzTbIaoZIhZfQsB9Dn3fXYfVa9NyZGw3YDY2niaDoB20QBG9ovh0Y/JU8WxBWUcFR57dSc4Ymt
        u+ExyQtByF0yK91B5bj2n6zEGWQ1o39mJnON9VneFWpqeJc6xzE5yQlLXMzc+j7pqqDQisLWzit8nh8ddNt/iSBoJYf3h8Kf
        K6d7eGHdOzDh/PgV3tkkKWaVoc0c+SiJPho/AgJ+dTKe7n1jeM2a
        """
}
