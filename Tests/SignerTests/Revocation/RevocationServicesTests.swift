internal import ConfigurationFile
internal import Crypto
internal import Foundation
internal import TestOpenSSL
internal import Testing
internal import X509

@testable internal import Signer

@Suite struct RevocationServicesTests {
    private static let services = RevocationServices(
        listAddresses: ["http://crl.example.com/crl/devices.crl", "http://b.example.com/crl/devices.crl"],
        statusAddresses: ["http://crl.example.com/ocsp/devices"], issuerAddresses: ["http://crl.example.com/ca.cer"])

    @Test func certificatesSayWhereTheyCanBeChecked() async throws {
        let fixture = try await RevocationFixture(services: Self.services)
        for certificate in [try await fixture.device("a.example.com"), try await fixture.nodeCertificate()] {
            let text = try await OpenSSLRun.text(
                ["x509", "-in", "c", "-noout", "-ext", "crlDistributionPoints,authorityInfoAccess"],
                files: ["c": OpenSSLRun.pem(try certificate.derEncoded())])
            for address in Self.services.listAddresses {
                #expect(text.contains("URI:\(address)\n"))
            }
            #expect(text.contains("OCSP - URI:http://crl.example.com/ocsp/devices\n"))
            #expect(text.contains("CA Issuers - URI:http://crl.example.com/ca.cer\n"))
            #expect(try await fixture.verify(certificate) == "leaf: OK\n")
        }
    }

    @Test func theResponderItselfIsNotChecked() async throws {
        let fixture = try await RevocationFixture(services: Self.services)
        let device = try await fixture.device("a.example.com")
        let text = try await fixture.responder(of: try await fixture.ask(device.serial)).text
        #expect(!text.contains("CRL Distribution Points"))
        #expect(!text.contains("Authority Information Access"))
    }

    @Test func withoutAddressesThereAreNoSuchExtensions() async throws {
        let fixture = try await RevocationFixture()
        let device = try await fixture.device("a.example.com")
        #expect(device.extensions[oid: .distributionPoints] == nil)
        #expect(device.extensions[oid: .X509ExtensionID.authorityInformationAccess] == nil)
    }

    private func load(_ keys: String, authority: String = "devices") throws -> RevocationServices {
        let path = NSTemporaryDirectory() + "estuary-services-\(UUID().uuidString).yaml"
        try """
        endpoint: tcp://127.0.0.1:1
        auditor:
          endpoint: tcp://127.0.0.1:2
          key: "0000000000000000000000000000000000000000"
          log-key: estuary/test+021b4577+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f
        authorities:
          - name: \(authority)
        \(keys.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n"))
        """.write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try SignerConfiguration.load(path: path).authorities[0].services
    }

    @Test func configurationIsRead() throws {
        #expect(try load("") == RevocationServices())
        let services = try load(
            """
            crl-lifetime: 1d
            ocsp-lifetime: 10m
            crl-url: ["http://crl.example.com/crl/devices.crl"]
            ocsp-url: ["http://crl.example.com/ocsp/devices"]
            ca-issuers-url: ["http://crl.example.com/ca.cer"]
            """)
        #expect((services.listLifetime, services.statusLifetime) == (86400, 600))
        #expect(services.listAddresses == ["http://crl.example.com/crl/devices.crl"])
        #expect(services.statusAddresses == ["http://crl.example.com/ocsp/devices"])
        #expect(services.issuerAddresses == ["http://crl.example.com/ca.cer"])
    }

    @Test(arguments: [
        ("crl-lifetime: 59s", "crl-lifetime"), ("ocsp-lifetime: 5h", "ocsp-lifetime"),
        ("crl-url: [\"ldap://example.com/\"]", "«ldap://example.com/»: only http and https"),
        ("ocsp-url: [\"http://a/\", \"x\"]", "ocsp-url[1]"),
        (
            "crl-url: [http://a/1, http://a/2, http://a/3, http://a/4, http://a/5, http://a/6, http://a/7, http://a/8, http://a/9]",
            "at most 8"
        ),
        ("ca-issuers-url: [http://a/\(path(248))]", "ca-issuers-url[0]: an address has at most 256 bytes"),
        (
            "crl-url: [http://a/\(path(247)), http://b/\(path(247))]\n"
                + "ocsp-url: [http://a/\(path(247)), http://b/\(path(247))]\nca-issuers-url: [http://a/]",
            "more than 1024 bytes together"
        ),
    ])
    func faultsAreNamed(keys: String, message: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try load(keys) }
        #expect("\(try #require(error))".contains(message))
    }

    @Test func addressesUpToTheBoundAreRead() throws {
        let services = try load(
            """
            crl-url: [http://a/\(path(247)), http://b/\(path(247))]
            ocsp-url: [http://a/\(path(247)), http://b/\(path(247))]
            """)
        #expect((services.listAddresses + services.statusAddresses).map(\.utf8.count) == [256, 256, 256, 256])
    }

    @Test(arguments: ["a/b", "..", ".", "a b", "ä", "a?b", "a%2e", "\"\"", String(repeating: "a", count: 65)])
    func namesThatNoPathHoldsAreRefused(_ name: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try load("", authority: name) }
        #expect("\(try #require(error))".contains("name"))
        #expect(error?.line != nil)
    }

    @Test(arguments: ["devices", "A-1.b_c~d", String(repeating: "a", count: 64)])
    func namesThatAPathHoldsAreRead(_ name: String) throws {
        #expect(throws: Never.self) { try load("", authority: name) }
    }

    @Test func anAuthorityThatMayNotSignCRLsIsRefused() throws {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let name = try DistinguishedName { CommonName("CA") }
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: key.publicKey, notValidBefore: Date(),
            notValidAfter: Date(timeIntervalSinceNow: 86400), issuer: name, subject: name,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true))
            }, issuerPrivateKey: key)
        let error = #expect(throws: KeyStoreError.self) {
            try IssuingAuthority(name: "devices", certificate: certificate, parents: [], key: key)
        }
        #expect("\(try #require(error))".contains("cRLSign"))
    }
}

/// Of an address that begins with 9 other bytes.
private func path(_ length: Int) -> String { String(repeating: "x", count: length) }
