internal import ClusterProtocol
internal import Crypto
internal import Foundation
internal import SwiftASN1
internal import TestOpenSSL
internal import Testing
internal import X509

@testable internal import Signer

/// A signer's folder with one authority, and the root's beside it: what ceremonies work on.
final class AuthorityFixture: Sendable {
    /// When the root was made: it ends before a new issuing certificate's ten years are over.
    static let beginning = Date(timeIntervalSince1970: 1_400_000_000)

    let directory: String

    var configurationPath: String { "\(directory)/signer/configuration.yaml" }
    var root: String { "\(directory)/root" }
    var newRoot: String { "\(directory)/root-2" }
    var trustAnchor: String { "\(directory)/trust-anchor.pem" }

    init(authorities: String = "  - name: devices\n") throws {
        directory = NSTemporaryDirectory() + "estuary-authorities-\(UUID().uuidString)"
        let folder = "\(directory)/signer/authorities/devices"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let made = try AuthorityCeremony(organization: "Test", authority: "devices").perform(at: Self.beginning)
        let root = RootAuthority(certificate: made.root, key: made.rootKey)
        try RootFolder(self.root).create(root, passphrase: nil)
        let issuing = try root.certify(made.issuingKey.publicKey, named: made.issuing.subject, at: Date())
        try NewFile.write(made.issuingKey.serializeAsPEM().pemString, path: "\(folder)/key.pem", mode: 0o600)
        try NewFile.write(issuing.pemText, path: "\(folder)/certificate.pem", mode: 0o644)
        try NewFile.write(made.root.pemText, path: "\(folder)/chain.pem", mode: 0o644)
        try NewFile.write(made.root.pemText, path: trustAnchor, mode: 0o644)
        try NewFile.write(SamplePolicy.text, path: "\(directory)/signer/policy.yaml", mode: 0o600)
        try NewFile.write(
            """
            # A comment that stays.
            endpoint: tcp://127.0.0.1:7601
            auditor:
              endpoint: tcp://127.0.0.1:7602
              key: 'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7'
              log-key: 'estuary/test+021b4577+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f'
            authorities:
            \(authorities)policy: policy.yaml

            """, path: configurationPath, mode: 0o600)
    }

    deinit {
        // What stays behind in the temporary folder is not worth a failed test.
        try? FileManager.default.removeItem(atPath: directory)
    }

    func ceremonies() throws -> AuthorityCeremonies {
        try AuthorityCeremonies(configurationPath: configurationPath, trustAnchor: trustAnchor, writes: true)
    }

    func configuration() throws -> String {
        try String(contentsOfFile: configurationPath, encoding: .utf8)
    }

    /// Every authority as the signer would load it.
    func load() throws -> [IssuingAuthority] {
        try SignerConfiguration.load(path: configurationPath).authorities.map { try AuthorityLoader.load($0) }
    }

    func authority(_ name: String) throws -> IssuingAuthority {
        try #require(try load().first { $0.name == name })
    }

    func rollRoot() throws {
        _ = try ceremonies().rollRoot(
            rootDirectory: root, rootPassphraseFile: nil, newRootDirectory: newRoot, newRootPassphraseFile: nil)
    }

    /// The two roots of a roll-over.
    func pair() throws -> RootPair {
        RootPair(
            old: try #require(try CertificateFile.load(path: RootFolder(root).certificatePath).first),
            new: try #require(try CertificateFile.load(path: RootFolder(newRoot).certificatePath).first))
    }

    /// What `cacerts` has for an authority, in its order.
    func bag(_ name: String) throws -> [Certificate] {
        try authority(name).description.caCertificates.map { try Certificate(derEncoded: Array($0)) }
    }

    /// A device's certificate by an authority.
    func leaf(of name: String = "devices") throws -> Certificate {
        let der = try authority(name).issue(
            CertificateContents(
                serial: SerialNumberSource().next(), publicKey: .init(P256.Signing.PrivateKey().publicKey),
                subject: DistinguishedName { CommonName("device.example.com") },
                notBefore: Int64(Date().timeIntervalSince1970) - 60,
                notAfter: Int64(Date().timeIntervalSince1970) + 3600,
                extensions: [try Certificate.Extension(KeyUsage(digitalSignature: true), critical: true)]))
        return try Certificate(derEncoded: Array(der))
    }
}

/// Whether the real `openssl verify` finds the way from a certificate to the one root that it trusts.
func verifies(_ leaf: Certificate, trusting root: Certificate, with untrusted: [Certificate]) async throws -> Bool {
    let run = try await OpenSSLRun.run(
        [
            "verify", "-x509_strict", "-no-CApath", "-no-CAstore", "-CAfile", "root.pem", "-untrusted", "bag.pem",
            "leaf.pem",
        ],
        files: [
            "root.pem": Array(try root.pemText.utf8),
            "bag.pem": Array(try untrusted.map { try $0.pemText }.joined().utf8),
            "leaf.pem": Array(try leaf.pemText.utf8),
        ])
    return run.status == 0 && run.text == "leaf.pem: OK\n"
}
