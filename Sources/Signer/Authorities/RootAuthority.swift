internal import Crypto
internal import Foundation
internal import SwiftASN1
internal import X509

/// A root CA in a ceremony: its certificate, and its key for as long as the ceremony takes.
struct RootAuthority: Sendable {
    static let years = 20
    /// Of an issuing CA; never beyond its root's end.
    static let issuingYears = 10
    /// Devices whose clock is a little behind must accept a chain from the first minute.
    private static let backdating: TimeInterval = 3600

    let certificate: Certificate
    let key: Certificate.PrivateKey

    init(certificate: Certificate, key: Certificate.PrivateKey) {
        self.certificate = certificate
        self.key = key
    }

    /// Makes a root with a new key.
    init(newKeyNamed name: DistinguishedName, years: Int = Self.years, at now: Date) throws {
        let key = Certificate.PrivateKey(P384.Signing.PrivateKey())
        self.key = key
        certificate = try Certificate(
            version: .v3, serialNumber: Self.serial(at: now), publicKey: key.publicKey,
            notValidBefore: Self.start(now), notValidAfter: Self.end(years: years, after: now),
            issuer: name, subject: name,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: key.publicKey)
            },
            issuerPrivateKey: key)
    }

    /// Certifies an issuing CA.
    ///
    /// - Parameter keyIdentifier: as the CA's former certificate has it, so that what it has issued fits both.
    func certify(
        _ publicKey: Certificate.PublicKey, named subject: DistinguishedName,
        keyIdentifier: SubjectKeyIdentifier? = nil, years: Int = Self.issuingYears, at now: Date
    ) throws -> Certificate {
        try Certificate(
            version: .v3, serialNumber: Self.serial(at: now), publicKey: publicKey,
            notValidBefore: max(Self.start(now), certificate.notValidBefore),
            notValidAfter: min(Self.end(years: years, after: now), certificate.notValidAfter),
            issuer: certificate.subject, subject: subject,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                keyIdentifier ?? SubjectKeyIdentifier(hash: publicKey)
                AuthorityKeyIdentifier(keyIdentifier: try certificate.keyIdentifier)
            },
            issuerPrivateKey: key)
    }

    /// Certifies another root's key (RFC 4210 §4.4): NewWithOld where this is the old root, OldWithNew where it is the
    /// new one.
    func crossCertify(_ other: Certificate, from start: Date, until end: Date, at now: Date) throws -> Certificate {
        try Certificate(
            version: .v3, serialNumber: Self.serial(at: now), publicKey: other.publicKey, notValidBefore: start,
            notValidAfter: end, issuer: certificate.subject, subject: other.subject,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(keyIdentifier: try other.keyIdentifier)
                // Also where both roots have one name: it says which key has signed.
                AuthorityKeyIdentifier(keyIdentifier: try certificate.keyIdentifier)
            },
            issuerPrivateKey: key)
    }

    private static func serial(at now: Date) -> Certificate.SerialNumber {
        .init(bytes: Array(SerialNumberSource().next(at: now)))
    }

    private static func start(_ now: Date) -> Date {
        Date(timeIntervalSince1970: (now.timeIntervalSince1970 - backdating).rounded(.down))
    }

    private static func end(years: Int, after now: Date) -> Date {
        // Whole seconds: certificates hold no others.
        Date(timeIntervalSince1970: (now.timeIntervalSince1970 + Double(years) * 365.25 * 86400).rounded(.down))
    }
}

extension Certificate {
    /// The key's identifier, as authorityKeyIdentifier of what it has signed names it.
    var keyIdentifier: ArraySlice<UInt8> {
        get throws {
            try extensions.subjectKeyIdentifier?.keyIdentifier ?? SubjectKeyIdentifier(hash: publicKey).keyIdentifier
        }
    }

    /// PEM, with a line break at the end.
    var pemText: String {
        get throws { try serializeAsPEM().pemString + "\n" }
    }
}
