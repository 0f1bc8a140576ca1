internal import Foundation
internal import Testing

@testable internal import PKI

/// Requests of the real `openssl req` (conformance E1, E3, E5), and answers that it can read.
struct OpenSSLRequestTests {
    private static let profile: Profile = {
        var profile = Profile.test
        profile.subject.attributes += [
            .init(type: "2.5.4.7", required: false, pattern: nil, maximumCount: 1),
            .init(type: "2.5.4.8", required: false, pattern: nil, maximumCount: 1),
        ]
        return profile
    }()

    @Test(arguments: [
        (["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"], "P-256"),
        (["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp384r1"], "P-384"),
        (["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp521r1"], "P-521"), (["-newkey", "ed25519"], "Ed25519"),
        (["-newkey", "rsa:2048"], "RSA 2048"), (["-newkey", "rsa:3072"], "RSA 3072"),
        (["-newkey", "rsa:4096"], "RSA 4096"),
    ])
    func keysAreAdmitted(arguments: [String], key: String) throws {
        let bytes = try OpenSSL.request(arguments + ["-subj", "/CN=device-1"])
        let request = try CertificationRequest(derEncoded: bytes)
        #expect(request.key.description == key)
        let admitted = try Self.profile.admit(request, now: 0)
        #expect(admitted.publicKey == request.publicKey)
        #expect(admitted.keyUsages == [.digitalSignature])
    }

    @Test(arguments: [
        (["-newkey", "rsa:1024"], "key.size"), (["-newkey", "ed448"], "key.algorithm"),
        (["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"], "key.algorithm"),
        (["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp224r1"], "key.algorithm"),
        (["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1"], "key.algorithm"),
        (
            ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-pkeyopt", "ec_param_enc:explicit"],
            "key.algorithm"
        ), (["-newkey", "rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"], "key.algorithm"),
        (["-newkey", "rsa:2048", "-sha1"], "signature-algorithm"),
        (["-newkey", "rsa:2048", "-sigopt", "rsa_padding_mode:pss"], "signature-algorithm"),
    ])
    func keysAreRefused(arguments: [String], rule: String) throws {
        let bytes = try OpenSSL.request(arguments + ["-subj", "/CN=device-1"])
        let request = try CertificationRequest(derEncoded: bytes)
        #expect {
            try Self.profile.admit(request, now: 0)
        } throws: {
            ($0 as? ProfileViolation)?.rule.rawValue == rule
        }
    }

    /// The request section of the configuration that openssl ships, unmodified.
    @Test(arguments: [
        ["-newkey", "rsa:2048"], ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"], ["-newkey", "ed25519"],
    ])
    func theStockExtensionsAreAdmitted(arguments: [String]) throws {
        let bytes = try OpenSSL.request(
            arguments + ["-reqexts", "v3_req", "-subj", "/C=AU/ST=Some-State/O=Internet Widgits Pty Ltd/CN=device-1"])
        let admitted = try Self.profile.admit(CertificationRequest(derEncoded: bytes), now: 0)
        #expect(admitted.keyUsages.starts(with: [.digitalSignature, .nonRepudiation]))
        #expect(admitted.keyUsages.contains(.keyEncipherment) == (arguments.last == "rsa:2048"))
    }

    @Test func namesAndUsagesAreAdmitted() throws {
        let bytes = try OpenSSL.request(
            ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-reqexts", "v3"],
            configuration: """
                [req]
                distinguished_name = dn
                attributes = attributes
                prompt = no
                [dn]
                CN = device-1
                [attributes]
                challengePassword = c2VjcmV0c2VjcmV0
                [v3]
                basicConstraints = CA:FALSE
                subjectKeyIdentifier = hash
                keyUsage = critical, digitalSignature
                extendedKeyUsage = clientAuth
                subjectAltName = DNS:a.example.com, IP:10.1.1.1, IP:2001:db8::1, URI:urn:example:1, email:a@example.com
                """)
        let request = try CertificationRequest(derEncoded: bytes)
        #expect(request.challengePassword == "c2VjcmV0c2VjcmV0")
        #expect(
            try Self.profile.admit(request, now: 0).names.map(\.description) == [
                "cn:device-1", "dns:a.example.com", "ip:10.1.1.1", "ip:2001:db8::1", "uri:urn:example:1",
                "email:a@example.com",
            ])
    }

    @Test(arguments: [
        ("basicConstraints=critical,CA:TRUE", "basic-constraints"),
        ("extendedKeyUsage=serverAuth", "extended-key-usage"),
        ("extendedKeyUsage=OCSPSigning", "extended-key-usage"), ("keyUsage=keyCertSign", "key-usage"),
        ("extendedKeyUsage=anyExtendedKeyUsage", "extended-key-usage"),
        ("subjectAltName=DNS:a.evil.org", "subject-alternative-name.dns"),
        ("subjectAltName=DNS:a.example.com,otherName:1.2.3;UTF8:x", "subject-alternative-name.kind"),
        ("1.2.3.4=critical,ASN1:NULL", "extension.critical"), ("1.2.3.4=ASN1:NULL", "extension.unknown"),
        ("certificatePolicies=1.2.3", "extension.unknown"),
    ])
    func extensionsAreRefused(extension text: String, rule: String) throws {
        let bytes = try OpenSSL.request(["-newkey", "ed25519", "-subj", "/CN=device-1", "-addext", text])
        let request = try CertificationRequest(derEncoded: bytes)
        #expect {
            try Self.profile.admit(request, now: 0)
        } throws: {
            ($0 as? ProfileViolation)?.rule.rawValue == rule
        }
    }

    @Test func theMessageIsReadByOpenSSL() throws {
        let certificates = try (0..<4).map { try TestAuthority("authority-\($0)").certificate.derBytes }
        let message = CertsOnlyMessage.encode(certificates)
        let printed = try OpenSSL.output(["pkcs7", "-inform", "DER", "-in", "in", "-print_certs"], input: message)
        #expect(printed.components(separatedBy: "BEGIN CERTIFICATE").count == 5)
        #expect(try Set(CertsOnlyMessage.decode(message)) == Set(certificates))
        #expect(try CertsOnlyMessage.decode(CertsOnlyMessage.encode([certificates[0]])) == [certificates[0]])
        #expect(try CertsOnlyMessage.decode(CertsOnlyMessage.encode([])).isEmpty)
        #expect(throws: (any Error).self) { try CertsOnlyMessage.decode([0x30, 0x00]) }
    }
}
