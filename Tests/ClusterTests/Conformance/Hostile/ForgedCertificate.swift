internal import Crypto
internal import Foundation
internal import SwiftASN1
internal import TestManufacturers
internal import TestRequests
internal import X509

/// A client certificate put together byte by byte and signed with the authority's real key, which no attacker has: so
/// that the signature is no reason to refuse it.
struct ForgedCertificate: Sendable {
    enum Signer: Sendable {
        case authority
        /// Its own key.
        case itself
        /// Some key, in the authority's name.
        case nobody
        /// A manufacturer that the label `trust-other` trusts.
        case manufacturer
        /// Some key, in that manufacturer's name.
        case nobodyAsManufacturer
    }

    /// Under the tag [0]; empty for v1.
    var version: [UInt8] = [0xa0, 0x03, 0x02, 0x01, 0x02]
    var serial: [UInt8] = Part.integer([0x11, 0x22, 0x33])
    var notBefore: [UInt8] = ForgedCertificate.utc("200101000000Z")
    var notAfter: [UInt8] = ForgedCertificate.utc("491231235959Z")
    var subject: [UInt8] = Part.cn("x1-forged")
    var extensions: [[UInt8]] = [
        TestRequest.keyUsage(0x80), TestRequest.usages(["1.3.6.1.5.5.7.3.2"]),
    ]
    /// How many further certificates the client sends.
    var chainLength = 0
    /// Names the algorithm of the signature outside of the signed part.
    var outerAlgorithm = "1.2.840.10045.4.3.2"
    var signer = Signer.authority
    var unusedSignatureBits: UInt8 = 0
    /// The newest version of TLS that the client offers.
    var maximumTLS = "1.3"

    static func utc(_ text: String) -> [UInt8] { TestRequest.element(0x17, Array(text.utf8)) }
    static func generalized(_ text: String) -> [UInt8] { TestRequest.element(0x18, Array(text.utf8)) }

    /// PEM: the chain, leaf first, and the leaf's key.
    func encoded(authority own: IssuingAuthority) throws -> (chain: String, key: String) {
        let authority = isOfManufacturer ? try IssuingAuthority(of: TrustWorld.globex) : own
        let key = P256.Signing.PrivateKey()
        let algorithm = TestRequest.sequence([TestRequest.identifier("1.2.840.10045.4.3.2")])
        var parts = [
            version, serial, algorithm, signer == .itself ? subject : authority.subject,
            TestRequest.sequence([notBefore, notAfter]), subject, Array(key.publicKey.derRepresentation),
        ]
        if !extensions.isEmpty {
            parts.append(TestRequest.element(0xa3, TestRequest.sequence(extensions)))
        }
        let signed = TestRequest.sequence(parts)
        let signingKey =
            switch signer {
            case .authority, .manufacturer: authority.key
            case .itself: key
            case .nobody, .nobodyAsManufacturer: P256.Signing.PrivateKey()
            }
        let certificate = TestRequest.sequence([
            signed, TestRequest.sequence([TestRequest.identifier(outerAlgorithm)]),
            TestRequest.element(
                0x03, [unusedSignatureBits] + (try signingKey.signature(for: signed).derRepresentation)),
        ])
        let chain = Self.pem(certificate) + String(repeating: authority.pem, count: chainLength)
        return (chain, key.pemRepresentation)
    }

    /// Whether it is sent to `simpleenroll` on a label for manufacturers' certificates.
    var isOfManufacturer: Bool {
        switch signer {
        case .manufacturer, .nobodyAsManufacturer: true
        case .authority, .itself, .nobody: false
        }
    }

    private static func pem(_ der: [UInt8]) -> String {
        let text = Data(der).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        return "-----BEGIN CERTIFICATE-----\n\(text)\n-----END CERTIFICATE-----\n"
    }

    /// The cluster's issuing authority, with its key: from the signer's folder.
    struct IssuingAuthority {
        var key: P256.Signing.PrivateKey
        /// The certificate.
        var pem: String
        /// The subject, DER.
        var subject: [UInt8]

        init(of cluster: TestCluster) throws {
            let folder = "\(cluster.directory)/signer/authorities/devices"
            key = try P256.Signing.PrivateKey(
                pemRepresentation: String(contentsOfFile: "\(folder)/key.pem", encoding: .utf8))
            pem = try String(contentsOfFile: "\(folder)/certificate.pem", encoding: .utf8)
            subject = try Self.subject(of: pem)
        }

        /// A manufacturer's root, which may sign devices' certificates too.
        init(of manufacturer: TestManufacturer) throws {
            key = manufacturer.rootKey
            pem = try manufacturer.root.serializeAsPEM().pemString + "\n"
            subject = try Self.subject(of: pem)
        }

        private static func subject(of pem: String) throws -> [UInt8] {
            var serializer = DER.Serializer()
            try serializer.serialize(Certificate(pemEncoded: pem).subject)
            return serializer.serializedBytes
        }
    }
}
