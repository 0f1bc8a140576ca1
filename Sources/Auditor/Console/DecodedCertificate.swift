internal import Crypto
internal import Foundation
internal import PKI
internal import SwiftASN1
internal import X509

/// A certificate as a person reads it.
struct DecodedCertificate: Encodable, Sendable {
    struct Extension: Encodable, Sendable {
        var oid: String
        var name: String
        var critical: Bool
        var value: String
    }

    var subject = ""
    var issuer = ""
    var serial = ""
    var notBefore = ""
    var notAfter = ""
    var names: [String] = []
    var keyAlgorithm = ""
    /// SHA-256 of the certificate, hexadecimal.
    var fingerprint: String
    var extensions: [Extension] = []
    /// Why nothing else is here.
    var error: String?

    /// - Parameter der: as it stands in an event; what can't be read is told with its fingerprint alone.
    init(_ der: Data) {
        fingerprint = SHA256.hash(data: der).map { String(format: "%02x", $0) }.joined()
        let certificate: Certificate
        do {
            certificate = try Certificate(derEncoded: Array(der))
        } catch {
            self.error = "It is not a certificate that can be read."
            return
        }
        subject = certificate.subject.description
        issuer = certificate.issuer.description
        serial = certificate.serialNumber.bytes.map { String(format: "%02x", $0) }.joined()
        notBefore = certificate.notValidBefore.formatted(.iso8601)
        notAfter = certificate.notValidAfter.formatted(.iso8601)
        keyAlgorithm = certificate.publicKey.description.replacingOccurrences(of: ".PublicKey", with: "")
        if let alternative = try? certificate.extensions.subjectAlternativeNames {
            names = alternative.map(Self.name)
        }
        extensions = certificate.extensions.map { one in
            Extension(
                oid: one.oid.description, name: Self.names[one.oid.description] ?? "", critical: one.critical,
                value: Self.readable(one) ?? one.value.map { String(format: "%02x", $0) }.joined())
        }
    }

    private static func name(_ name: GeneralName) -> String {
        switch name {
        case .dnsName(let name): "dns:" + name
        case .rfc822Name(let name): "email:" + name
        case .uniformResourceIdentifier(let name): "uri:" + name
        case .ipAddress(let address): "ip:" + Self.address(Array(address.bytes))
        case .directoryName(let name): "directory:" + name.description
        default: "other:" + "\(name)".prefix(200)
        }
    }

    private static func address(_ bytes: [UInt8]) -> String {
        if bytes.count == 4 { return bytes.map { String($0) }.joined(separator: ".") }
        var text = [CChar](repeating: 0, count: 64)
        guard bytes.count == 16, inet_ntop(AF_INET6, bytes, &text, socklen_t(text.count)) != nil else {
            return bytes.map { String(format: "%02x", $0) }.joined()
        }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func readable(_ one: Certificate.Extension) -> String? {
        switch one.oid.description {
        case "2.5.29.19": (try? BasicConstraints(one)).map { "\($0)" }
        case "2.5.29.15": (try? KeyUsage(one)).map { "\($0)" }
        case "2.5.29.37": (try? ExtendedKeyUsage(one)).map { "\($0)" }
        case "2.5.29.17": (try? SubjectAlternativeNames(one)).map { $0.map(name).joined(separator: ", ") }
        case "2.5.29.35": (try? AuthorityKeyIdentifier(one)).map { "\($0)" }
        case "2.5.29.14": (try? SubjectKeyIdentifier(one)).map { "\($0)" }
        case "1.3.6.1.5.5.7.1.1": (try? AuthorityInformationAccess(one)).map { "\($0)" }
        default: nil
        }
    }

    private static let names: [String: String] = [
        "2.5.29.14": "Subject key identifier", "2.5.29.15": "Key usage", "2.5.29.17": "Subject alternative names",
        "2.5.29.19": "Basic constraints", "2.5.29.31": "CRL distribution points", "2.5.29.32": "Certificate policies",
        "2.5.29.35": "Authority key identifier", "2.5.29.37": "Extended key usage",
        "1.3.6.1.5.5.7.1.1": "Authority information access", "1.3.6.1.5.5.7.48.1.5": "OCSP no check",
    ]
}
