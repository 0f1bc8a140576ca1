internal import Crypto
internal import Foundation
internal import SwiftASN1
internal import X509

/// Makes a root CA and an issuing CA below it: how a cluster begins.
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

    func perform(at now: Date = Date()) throws -> Outcome {
        let issuingKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let root = try RootAuthority(
            newKeyNamed: DistinguishedName {
                OrganizationName(organization)
                CommonName("\(organization) Root CA")
            }, at: now)
        let issuing = try root.certify(
            issuingKey.publicKey, named: Self.subject(of: authority, organization: organization), at: now)
        return Outcome(root: root.certificate, rootKey: root.key, issuing: issuing, issuingKey: issuingKey)
    }

    /// The subject of an issuing CA.
    static func subject(of authority: String, organization: String?) throws -> DistinguishedName {
        try DistinguishedName {
            if let organization { OrganizationName(organization) }
            CommonName([organization, "Issuing CA", authority].compactMap { $0 }.joined(separator: " "))
        }
    }
}
