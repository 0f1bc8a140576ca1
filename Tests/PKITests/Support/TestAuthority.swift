internal import Crypto
internal import Foundation
internal import SwiftASN1
internal import X509

@testable internal import PKI

/// An issuing authority that signs whatever a test wants.
struct TestAuthority {
    let key: Certificate.PrivateKey
    let certificate: Certificate
    let name: String

    init(
        _ name: String, key: Certificate.PrivateKey = .init(P256.Signing.PrivateKey()), notBefore: Int64 = 0,
        notAfter: Int64 = 4_000_000_000
    ) throws {
        self.name = name
        self.key = key
        let subject = try DistinguishedName { CommonName(name) }
        certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: key.publicKey,
            notValidBefore: Date(timeIntervalSince1970: Double(notBefore)),
            notValidAfter: Date(timeIntervalSince1970: Double(notAfter)), issuer: subject, subject: subject,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
            },
            issuerPrivateKey: key)
    }

    var authority: ClientCertificate.Authority { .init(name: name, issuing: certificate) }

    /// A certificate that this authority signs.
    func issue(
        to subject: DistinguishedName? = nil,
        key: Certificate.PublicKey = Certificate.PrivateKey(P256.Signing.PrivateKey()).publicKey,
        serial: [UInt8] = [0x01, 0x02, 0x03], notBefore: Int64 = 1_000_000_000, notAfter: Int64 = 2_000_000_000,
        extensions: Certificate.Extensions = .init(), issuer: DistinguishedName? = nil,
        signedBy other: Certificate.PrivateKey? = nil
    ) throws -> Certificate {
        let signer = other ?? self.key
        return try Certificate(
            version: .v3, serialNumber: .init(bytes: serial), publicKey: key,
            notValidBefore: Date(timeIntervalSince1970: Double(notBefore)),
            notValidAfter: Date(timeIntervalSince1970: Double(notAfter)), issuer: issuer ?? certificate.subject,
            subject: try subject ?? DistinguishedName { CommonName("device-1") }, extensions: extensions,
            issuerPrivateKey: signer)
    }
}

extension Certificate {
    var derBytes: [UInt8] {
        get throws {
            var serializer = DER.Serializer()
            try serializer.serialize(self)
            return serializer.serializedBytes
        }
    }
}
