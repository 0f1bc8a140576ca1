internal import Crypto
internal import CryptoExtras
internal import Foundation
internal import SwiftASN1
internal import X509

/// A root and an issuing authority, made for one test.
struct TestAuthority: Sendable {
    let root: Certificate
    let issuing: Certificate
    private let issuingKey: Certificate.PrivateKey

    init(name: String = "Test") throws {
        let rootKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
        issuingKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let rootName = try DistinguishedName { CommonName("\(name) Root") }
        let issuingName = try DistinguishedName { CommonName("\(name) Issuing CA") }
        root = try Self.sign(
            subject: rootName, publicKey: rootKey.publicKey, issuer: rootName, key: rootKey,
            extensions: Self.authorityExtensions(rootKey))
        issuing = try Self.sign(
            subject: issuingName, publicKey: issuingKey.publicKey, issuer: rootName, key: rootKey,
            extensions: Self.authorityExtensions(issuingKey))
    }

    /// The issuing certificate and the root, DER.
    var chain: [Data] {
        get throws { [try issuing.der, try root.der] }
    }

    /// What a certificate is to be like, beside its subject and key.
    struct Leaf {
        var names: [GeneralName] = []
        var usages: [ExtendedKeyUsage.Usage] = [.clientAuth]
        var notBefore = Date.now.addingTimeInterval(-3_600)
        var notAfter = Date.now.addingTimeInterval(86_400)
    }

    func issue(_ name: String, key: Certificate.PublicKey, _ leaf: Leaf = Leaf()) throws -> Certificate {
        try issue(subject: DistinguishedName { CommonName(name) }, key: key, leaf)
    }

    func issue(
        subject: DistinguishedName, key: Certificate.PublicKey, _ leaf: Leaf = Leaf()
    ) throws -> Certificate {
        try Self.sign(
            subject: subject, publicKey: key, issuer: issuing.subject, key: issuingKey,
            notBefore: leaf.notBefore, notAfter: leaf.notAfter,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                if !leaf.usages.isEmpty { try ExtendedKeyUsage(leaf.usages) }
                if !leaf.names.isEmpty { SubjectAlternativeNames(leaf.names) }
            })
    }

    /// A signature by the issuing authority's key, DER.
    func sign(_ bytes: [UInt8]) throws -> [UInt8] {
        try issuingKey.sign(bytes: bytes, signatureAlgorithm: .ecdsaWithSHA256).rawRepresentation
    }

    private static func authorityExtensions(_ key: Certificate.PrivateKey) throws -> Certificate.Extensions {
        try Certificate.Extensions {
            Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
            Critical(KeyUsage(keyCertSign: true, cRLSign: true))
            SubjectKeyIdentifier(hash: key.publicKey)
        }
    }

    private static func sign(
        subject: DistinguishedName, publicKey: Certificate.PublicKey, issuer: DistinguishedName,
        key: Certificate.PrivateKey, notBefore: Date = .now.addingTimeInterval(-7_200),
        notAfter: Date = .now.addingTimeInterval(10 * 86_400), extensions: Certificate.Extensions
    ) throws -> Certificate {
        try Certificate(
            version: .v3, serialNumber: .init(), publicKey: publicKey, notValidBefore: notBefore,
            notValidAfter: notAfter, issuer: issuer, subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: extensions, issuerPrivateKey: key)
    }
}

extension Certificate {
    var der: Data {
        get throws {
            var serializer = DER.Serializer()
            try serializer.serialize(self)
            return Data(serializer.serializedBytes)
        }
    }
}

/// The kinds of key that clients come with.
enum TestKey: String, CaseIterable, Sendable {
    case p256, p384, p521, ed25519, rsa

    func make() throws -> Certificate.PrivateKey {
        switch self {
        case .p256: .init(P256.Signing.PrivateKey())
        case .p384: .init(P384.Signing.PrivateKey())
        case .p521: .init(P521.Signing.PrivateKey())
        case .ed25519: .init(Curve25519.Signing.PrivateKey())
        case .rsa: .init(try _RSA.Signing.PrivateKey(keySize: .bits2048))
        }
    }
}

/// Certification requests.
enum TestRequest {
    static func make(
        _ name: String, key: Certificate.PrivateKey = .init(P256.Signing.PrivateKey()), names: [GeneralName]? = nil,
        challengePassword: String? = nil
    ) throws -> Data {
        try make(
            subject: DistinguishedName { CommonName(name) }, key: key, names: names ?? [.dnsName(name)],
            challengePassword: challengePassword)
    }

    static func make(
        subject: DistinguishedName, key: Certificate.PrivateKey, names: [GeneralName],
        challengePassword: String? = nil
    ) throws -> Data {
        var attributes: [CertificateSigningRequest.Attribute] = []
        if !names.isEmpty {
            attributes.append(
                try .init(
                    ExtensionRequest(extensions: Certificate.Extensions { SubjectAlternativeNames(names) })))
        }
        if let challengePassword {
            attributes.append(
                .init(
                    oid: [1, 2, 840, 113549, 1, 9, 7],
                    values: [try ASN1Any(erasing: ASN1UTF8String(challengePassword))]))
        }
        let request = try CertificateSigningRequest(
            version: .v1, subject: subject, privateKey: key, attributes: .init(attributes))
        var serializer = DER.Serializer()
        try serializer.serialize(request)
        return Data(serializer.serializedBytes)
    }
}
