internal import ClusterProtocol
internal import Crypto
internal import Foundation
internal import PKI
internal import SwiftASN1
internal import X509

/// An authority that issues certificates: its key, its certificate, and the way up to the root.
///
/// The root's key is never here.
struct IssuingAuthority: Sendable {
    let name: String
    let certificate: Certificate
    /// The issuing certificate first, then every intermediate, the root last; DER.
    let chain: [Data]
    /// What a roll-over of the root adds to it.
    let rollOver: RollOverCertificates
    let subject: String
    /// In seconds since 1970.
    let notAfter: Int64
    /// SHA-256 of the SubjectPublicKeyInfo.
    let keySHA256: [UInt8]
    /// How it tells of revocations.
    let services: RevocationServices
    /// As CRLs name it.
    let listIssuer: RevocationListIssuer
    /// As OCSP requests name it.
    let statusIssuer: OCSPIssuer
    let signatureAlgorithm: SignatureAlgorithm
    private let key: Certificate.PrivateKey
    private let keyIdentifier: AuthorityKeyIdentifier

    /// - Throws: ``KeyStoreError`` where certificate and key don't belong together, or the certificate is not a CA's
    ///   that may sign certificates and CRLs.
    init(
        name: String, certificate: Certificate, parents: [Certificate], key: Certificate.PrivateKey,
        services: RevocationServices = RevocationServices(), rollOver: RollOverCertificates = RollOverCertificates()
    ) throws {
        guard certificate.publicKey == key.publicKey else {
            throw KeyStoreError("authority «\(name)»: the key is not the certificate's.")
        }
        guard case .isCertificateAuthority = try certificate.extensions.basicConstraints else {
            throw KeyStoreError("authority «\(name)»: the certificate is not a CA certificate (basicConstraints).")
        }
        if let usage = try certificate.extensions.keyUsage, !usage.keyCertSign {
            throw KeyStoreError("authority «\(name)»: the certificate's key usage has no keyCertSign.")
        }
        if let usage = try certificate.extensions.keyUsage, !usage.cRLSign {
            throw KeyStoreError(
                "authority «\(name)»: the certificate's key usage has no cRLSign, and clients would refuse its CRLs. "
                    + "Have the certificate issued anew with keyCertSign and cRLSign.")
        }
        var previous = certificate
        for parent in parents {
            guard previous.issuer == parent.subject,
                parent.publicKey.isValidSignature(previous.signature, for: previous)
            else {
                throw KeyStoreError(
                    "authority «\(name)»: the chain is not in order: «\(previous.subject)» is not signed by «\(parent.subject)»."
                )
            }
            previous = parent
        }
        self.name = name
        self.certificate = certificate
        self.key = key
        chain = try ([certificate] + parents).map { Data(try $0.derEncoded()) }
        self.rollOver = rollOver
        subject = certificate.subject.description
        notAfter = Int64(certificate.notValidAfter.timeIntervalSince1970)
        keySHA256 = Array(SHA256.hash(data: try certificate.publicKey.derEncoded()))
        let identifier =
            try certificate.extensions.subjectKeyIdentifier?.keyIdentifier
            ?? SubjectKeyIdentifier(hash: certificate.publicKey).keyIdentifier
        keyIdentifier = AuthorityKeyIdentifier(keyIdentifier: identifier)
        self.services = services
        listIssuer = try RevocationListIssuer(certificate: Array(chain[0]), keyIdentifier: Array(identifier))
        statusIssuer = try OCSPIssuer(certificate: Array(chain[0]))
        signatureAlgorithm = SignatureAlgorithm(signingWith: certificate.publicKey)
    }

    /// As the catalogue has it.
    var description: AuthorityDescription {
        AuthorityDescription(
            name: name, chain: chain, crossCertificates: rollOver.crossCertificates,
            additionalCertificates: rollOver.additionalCertificates)
    }

    /// Which certificate it signs with, for events.
    var remark: String {
        "authority \(name) sha256:\(SHA256.hash(data: chain[0]).hexadecimal)"
    }

    /// The public keys of authorities and of what is above and beside them, DER.
    static func publicKeys(of authorities: [IssuingAuthority]) throws -> Set<[UInt8]> {
        Set(
            try authorities.flatMap(\.description.caCertificates).map {
                try Certificate(derEncoded: Array($0)).publicKey.derEncoded()
            })
    }

    /// Signs what is not a certificate: a CRL (RFC 5280 §5.1.1.2), with ``signatureAlgorithm``.
    func signature(over bytes: [UInt8]) throws -> [UInt8] {
        try key.sign(bytes: bytes, signatureAlgorithm: Certificate.SignatureAlgorithm(signatureAlgorithm))
            .rawRepresentation
    }

    /// Signs a certificate for an end entity (RFC 5280 §4).
    func issue(_ contents: CertificateContents) throws -> Data {
        let extensions = try Certificate.Extensions {
            Critical(BasicConstraints.notCertificateAuthority)
            contents.keyIdentifier ?? SubjectKeyIdentifier(hash: contents.publicKey)
            keyIdentifier
            for part in contents.extensions + (contents.namesServices ? try services.certificateExtensions() : []) {
                part
            }
        }
        let certificate = try Certificate(
            version: .v3,
            serialNumber: .init(bytes: Array(contents.serial)),
            publicKey: contents.publicKey,
            notValidBefore: Date(timeIntervalSince1970: Double(contents.notBefore)),
            notValidAfter: Date(timeIntervalSince1970: Double(contents.notAfter)),
            issuer: self.certificate.subject,
            subject: contents.subject,
            extensions: extensions,
            issuerPrivateKey: key)
        return Data(try certificate.derEncoded())
    }
}

/// What goes into an end entity's certificate beside what every one has.
struct CertificateContents: Sendable {
    var serial: Data
    var publicKey: Certificate.PublicKey
    /// The key's identifier where it is known; made of the key otherwise.
    var keyIdentifier: SubjectKeyIdentifier?
    var subject: DistinguishedName
    /// In seconds since 1970.
    var notBefore: Int64
    var notAfter: Int64
    /// keyUsage, extendedKeyUsage, subjectAltName, and whatever else the authority or the profile sets.
    var extensions: [Certificate.Extension]
    /// Whether it says where the authority's CRL and OCSP responder are; where the authority sets that.
    var namesServices = true
}

extension DERSerializable {
    /// The value's DER encoding.
    func derEncoded() throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.serialize(self)
        return serializer.serializedBytes
    }
}
