internal import ClusterProtocol
internal import ClusterTransport
internal import Crypto
internal import Foundation
internal import PKI
internal import SwiftASN1
internal import TestOpenSSL
internal import TestRequests
internal import Testing
internal import X509

@testable internal import Signer

/// A policy with labels that make keys: `keygen` (P-256, in clear or encrypted), `encrypted` (P-256, encrypted only), one
/// label a kind of key, and `recipients`, whose certificates are for encryption too.
enum ServerKeyPolicy {
    static let text = """
        profiles:
        \(ServerKey.allCases.map(profile).joined(separator: "\n"))
          - name: recipient
            keys: [p256, rsa]
            key-usage:
              standard: [digital-signature, key-encipherment, key-agreement]
            subject-alternative-names:
              dns: [example.com]
        labels:
          - name: default
            authority: devices
            profile: p256
          - name: keygen
            authority: devices
            profile: p256
            server-key-generation: plain
          - name: encrypted
            authority: devices
            profile: p256
            server-key-generation: encrypted
          - name: approved
            authority: devices
            profile: p256
            server-key-generation: plain
            approval: manual
          - name: same-key
            authority: devices
            profile: p256
            server-key-generation: plain
            renewal: same-key
          - name: recipients
            authority: devices
            profile: recipient
        \(ServerKey.allCases.map { """
              - name: \($0.rawValue)
                authority: devices
                profile: \($0.rawValue)
                server-key-generation: plain
            """ }.joined(separator: "\n"))

        """

    private static func profile(_ kind: ServerKey) -> String {
        """
          - name: \(kind.rawValue)
            keys: [p256, p384, ed25519, rsa]
            server-key: \(kind.rawValue)
            key-usage:
              standard: [digital-signature]
              allowed: [digital-signature, key-encipherment, key-agreement]
            subject-alternative-names:
              dns: [example.com]
        """
    }
}

/// A device that wants a key made.
struct KeylessDevice: Sendable {
    var name: String
    var attributes: [[UInt8]] = []
    /// What the request has for a key; nil for the one of all requests.
    var key: P256.Signing.PrivateKey?

    /// All that the signer can do.
    static let capabilities = TestRequest.capabilities([
        TestRequest.aes256CBC, TestRequest.aes256Wrap, TestRequest.oaepSHA256, TestRequest.ecdhSHA256,
    ])

    func request(
        label: String = "keygen", secret: Secret? = nil, certificate: Certificate? = nil, idempotencyKey: String? = nil
    ) throws -> EnrollRequest {
        let request = TestRequest(
            subject: TestRequest.name([("2.5.4.3", .utf8String, name)]),
            publicKeyInfo: key.map { Array($0.publicKey.derRepresentation) }, attributes: attributes,
            // RFC 7030 §4.4.1: not looked at.
            signature: (0..<8).map { _ in .random(in: .min ... .max) })
        return EnrollRequest(
            operation: .serverKeyGeneration, label: label, certificationRequest: Data(try request.encoded()),
            clientChain: try certificate.map { [Data(try $0.derEncoded())] } ?? [], secret: secret,
            idempotencyKey: idempotencyKey, requestID: UUID().uuidString, remoteAddress: "192.0.2.1")
    }
}

extension EnrollReply {
    /// A certificate with the private key that came in clear.
    func plain(sourceLocation: SourceLocation = #_sourceLocation) throws -> (Certificate, Certificate.PrivateKey, Data)
    {
        guard case .generated(let certificate, .plain(let bytes), _) = self else {
            Issue.record("no key in clear: \(self)", sourceLocation: sourceLocation)
            throw ServiceError(.unexpected, "no key")
        }
        return (
            try Certificate(derEncoded: Array(certificate)),
            try Certificate.PrivateKey(
                pemDocument: PEMDocument(type: "PRIVATE KEY", derBytes: Array(bytes.revealed))), bytes.revealed
        )
    }

    /// A certificate with the message that has the encrypted key.
    func enveloped(sourceLocation: SourceLocation = #_sourceLocation) throws -> (Certificate, Data) {
        guard case .generated(let certificate, .enveloped(let message), _) = self else {
            Issue.record("no encrypted key: \(self)", sourceLocation: sourceLocation)
            throw ServiceError(.unexpected, "no key")
        }
        return (try Certificate(derEncoded: Array(certificate)), message)
    }
}

/// Opens messages with keys with the real `openssl`.
enum KeyOpening {
    struct Opened {
        var key: Certificate.PrivateKey
        /// The certificate of whoever signed the package.
        var signer: Certificate
        /// What openssl says of the envelope.
        var structure: String
    }

    /// Decrypts a message, verifies the signature inside, and reads the one key in the package.
    static func open(
        _ message: Data, _ arguments: [String], files: [String: Data] = [:], trusting root: Certificate
    ) async throws -> Opened {
        var files = files.mapValues { Array($0) }
        files["message"] = Array(message)
        files["root.pem"] = OpenSSLRun.pem(try root.derEncoded())
        let structure = try await OpenSSLRun.text(
            ["cms", "-cmsout", "-print", "-inform", "DER", "-in", "message"], files: files)
        let content = try await OpenSSLRun.output(
            ["cms", "-decrypt", "-binary", "-inform", "DER", "-in", "message", "-out", "out"] + arguments, files: files)
        // The type of the content is in the envelope, so that the content itself is a bare SignedData.
        files["signed"] = TestRequest.sequence([
            TestRequest.identifier("1.2.840.113549.1.7.2"), TestRequest.element(0xa0, content),
        ])
        let types = try await OpenSSLRun.text(["asn1parse", "-inform", "DER", "-in", "signed"], files: files)
        #expect(types.contains("2.16.840.1.101.2.1.2.78.5") || types.contains("id-ct-KP-aKeyPackage"))
        func verify(_ output: [String]) async throws -> [UInt8] {
            try await OpenSSLRun.output(
                [
                    "cms", "-verify", "-binary", "-inform", "DER", "-in", "signed", "-CAfile", "root.pem", "-purpose",
                    "any",
                ] + output, files: files)
        }
        let package = try DER.parse(try await verify(["-out", "out"]))
        guard case .constructed(let keys) = package.content else { throw ServiceError(.unexpected, "no package") }
        let all = keys.map { Array($0.encodedBytes) }
        try #require(all.count == 1)
        return Opened(
            key: try Certificate.PrivateKey(pemDocument: PEMDocument(type: "PRIVATE KEY", derBytes: all[0])),
            signer: try Certificate(
                pemEncoded: String(
                    decoding: try await verify(["-out", "package", "-signer", "out"]), as: UTF8.self)),
            structure: structure)
    }
}

extension SignerFixture {
    /// The root above the authority.
    var root: Certificate {
        get throws { try Certificate(derEncoded: Array(try #require(authority.chain.last))) }
    }

    /// Adds a named key that the signer makes.
    func namedKey(_ name: String, label: String? = nil, names: [String]? = nil) async throws -> Data {
        let added = try await asOperator {
            try await $0.addKeyEncryptionKey(AddKeyEncryptionKeyRequest(name: name, label: label, names: names))
        }
        return try #require(added.key).revealed
    }
}
