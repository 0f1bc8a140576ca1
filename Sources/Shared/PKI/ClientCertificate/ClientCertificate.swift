internal import Crypto
internal import Foundation
internal import SwiftASN1
package import X509

/// The certificate that a client presented in TLS, and proved possession of.
///
/// TLS accepts any certificate; whether it counts is judged here, per request and label (design §5). Nothing in the
/// chain is believed until then.
package struct ClientCertificate: Sendable {
    /// A longer chain, or a larger certificate, is not looked at.
    package static let maximumChainLength = 10
    package static let maximumCertificateBytes = 32_768
    /// Of a whole chain: what the TLS library takes from a client (SSL_MAX_CERT_LIST_DEFAULT).
    package static let maximumChainBytes = 102_400

    package struct Unreadable: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    package let leaf: Certificate
    /// The leaf, DER, as it was presented.
    package let leafDER: [UInt8]
    /// The leaf's SubjectPublicKeyInfo as it stands there. In a certificate of ours, ``publicKeyDER()`` says the same for
    /// more.
    package let publicKeyInfo: [UInt8]
    /// Everything that was presented, the leaf first, DER. Only the leaf has been read.
    let presentedDER: [[UInt8]]

    /// Reads a chain as TLS delivers it: the leaf first, DER.
    /// - Throws: ``Unreadable``. Only the leaf has to be readable.
    package init(chain: some Collection<some Collection<UInt8>>) throws {
        guard let first = chain.first else { throw Unreadable(description: "There is no certificate.") }
        guard chain.count <= ClientCertificate.maximumChainLength else {
            throw Unreadable(description: "The certificate chain is too long.")
        }
        guard first.count <= ClientCertificate.maximumCertificateBytes else {
            throw Unreadable(description: "The certificate is too large.")
        }
        guard chain.reduce(0, { $0 + $1.count }) <= ClientCertificate.maximumChainBytes else {
            throw Unreadable(description: "The certificates of the chain are too large together.")
        }
        leafDER = Array(first)
        presentedDER = chain.map { Array($0) }
        do {
            let node = try DER.parse(leafDER)
            try ClientCertificate.checkSignatureEncoding(node)
            leaf = try Certificate(derEncoded: node)
            publicKeyInfo = try ClientCertificate.publicKeyInfo(of: node)
        } catch {
            throw Unreadable(description: "The certificate cannot be read, or has a kind of key that is not supported.")
        }
    }

    /// The library overlooks unused bits in an ECDSA signature's BIT STRING; they would give one certificate several
    /// encodings. (A second value of an ECDSA signature remains: names for a certificate are its authority and serial.)
    private static func checkSignatureEncoding(_ certificate: ASN1Node) throws {
        guard case .constructed(let parts) = certificate.content, let signature = Array(parts).last,
            try ASN1BitString(derEncoded: signature).paddingBits == 0
        else { throw Unreadable(description: "The certificate's signature cannot be read.") }
    }

    /// RFC 5280 §4.1: after the version, which certificates with extensions have, the seventh field of the signed part.
    private static func publicKeyInfo(of certificate: ASN1Node) throws -> [UInt8] {
        guard case .constructed(let parts) = certificate.content, let signed = Array(parts).first,
            case .constructed(let fields) = signed.content
        else { throw Unreadable(description: "The certificate has no signed part.") }
        let withoutVersion = fields.drop {
            $0.identifier == ASN1Identifier(tagWithNumber: 0, tagClass: .contextSpecific)
        }
        guard let info = withoutVersion.dropFirst(5).first(where: { _ in true }) else {
            throw Unreadable(description: "The certificate has no public key.")
        }
        return Array(info.encodedBytes)
    }

    /// The serial number without leading zeros. Ours have sixteen bytes.
    package var serial: [UInt8] { Array(leaf.serialNumber.bytes.drop { $0 == 0 }) }

    /// SHA-256 over the certificate.
    package var fingerprint: [UInt8] { Array(SHA256.hash(data: leafDER)) }

    /// The public key's SubjectPublicKeyInfo, to compare with a request's.
    package func publicKeyDER() throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.serialize(leaf.publicKey)
        return serializer.serializedBytes
    }

    /// In seconds since 1970.
    package var notBefore: Int64 { Int64(leaf.notValidBefore.timeIntervalSince1970) }
    /// In seconds since 1970; still valid in that second.
    package var notAfter: Int64 { Int64(leaf.notValidAfter.timeIntervalSince1970) }

    /// Whether it is a registration authority's, which enrolls for others (id-kp-cmcRA, RFC 6402 §2.10).
    package var isRegistrationAuthority: Bool {
        (try? usages())?.contains(ObjectIdentifiers.Usage.registrationAuthority) ?? false
    }

    /// The extendedKeyUsage; nil without one.
    func usages() throws -> [ASN1ObjectIdentifier]? {
        try ClientCertificate.usages(of: leaf)
    }

    /// Whether the extendedKeyUsage is absent, or has clientAuth or any.
    static func isForClients(_ certificate: Certificate) throws -> Bool {
        guard let usages = try usages(of: certificate) else { return true }
        return usages.contains(ObjectIdentifiers.Usage.clientAuthentication)
            || usages.contains(ObjectIdentifiers.Usage.any)
    }

    private static func usages(of certificate: Certificate) throws -> [ASN1ObjectIdentifier]? {
        guard let found = certificate.extensions[oid: ObjectIdentifiers.Extension.extendedKeyUsage] else { return nil }
        return try DER.sequence(of: ASN1ObjectIdentifier.self, identifier: .sequence, rootNode: DER.parse(found.value))
    }
}
