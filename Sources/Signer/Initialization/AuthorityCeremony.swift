internal import Crypto
internal import Foundation
internal import SwiftASN1
internal import X509

/// Makes a root CA and an issuing CA below it: what happens once in a CA's life.
struct AuthorityCeremony {
    /// What the ceremony leaves behind. The root's key is encrypted by whoever writes it.
    struct Outcome {
        var root: Certificate
        var rootKey: Certificate.PrivateKey
        var issuing: Certificate
        var issuingKey: Certificate.PrivateKey
    }

    /// The `O` of both subjects.
    var organization: String
    /// The name of the issuing authority.
    var authority: String
    /// In years.
    var rootYears = 20
    var issuingYears = 10

    func perform(at now: Date = Date()) throws -> Outcome {
        let rootKey = Certificate.PrivateKey(P384.Signing.PrivateKey())
        let issuingKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let serials = SerialNumberSource()
        // Devices whose clock is a little behind must accept the chain from the first minute.
        let start = now.addingTimeInterval(-3600)
        let rootName = try DistinguishedName {
            OrganizationName(organization)
            CommonName("\(organization) Root CA")
        }
        let root = try Certificate(
            version: .v3, serialNumber: .init(bytes: Array(serials.next(at: now))), publicKey: rootKey.publicKey,
            notValidBefore: start, notValidAfter: end(years: rootYears, after: now),
            issuer: rootName, subject: rootName,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: rootKey.publicKey)
            },
            issuerPrivateKey: rootKey)
        let issuing = try Certificate(
            version: .v3, serialNumber: .init(bytes: Array(serials.next(at: now))), publicKey: issuingKey.publicKey,
            notValidBefore: start, notValidAfter: end(years: issuingYears, after: now),
            issuer: rootName,
            subject: DistinguishedName {
                OrganizationName(organization)
                CommonName("\(organization) Issuing CA \(authority)")
            },
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: issuingKey.publicKey)
                AuthorityKeyIdentifier(keyIdentifier: SubjectKeyIdentifier(hash: rootKey.publicKey).keyIdentifier)
            },
            issuerPrivateKey: rootKey)
        return Outcome(root: root, rootKey: rootKey, issuing: issuing, issuingKey: issuingKey)
    }

    private func end(years: Int, after now: Date) -> Date {
        // Whole seconds: certificates hold no others.
        Date(timeIntervalSince1970: (now.timeIntervalSince1970 + Double(years) * 365.25 * 86400).rounded(.down))
    }
}
