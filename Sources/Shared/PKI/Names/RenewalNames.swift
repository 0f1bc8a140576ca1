internal import SwiftASN1
package import X509

/// The comparison that a renewal rests on (RFC 7030 §4.2.2, design §6): the request must have the names of the
/// certificate that it is authenticated with.
package enum RenewalNames {
    /// What differs, as one sentence that shows both; nil where the names are equal.
    ///
    /// The subject is compared RDN by RDN, in order, by RFC 5280 §7.1: string type, case and surplus spaces do not
    /// matter. The subjectAltName is compared as a set: DNS names and the hosts of mailboxes without case, all else byte
    /// by byte. One that is only on one side is a difference.
    package static func difference(request: CertificationRequest, certificate: Certificate) -> String? {
        if let difference = subjectDifference(request.subject, certificate.subject) { return difference }
        let held: [AlternativeName]
        do {
            held = try AlternativeName.list(of: certificate)
        } catch {
            return "The certificate's subjectAltName cannot be read."
        }
        return alternativeNameDifference(request.alternativeNames ?? [], held)
    }

    private static func subjectDifference(_ requested: DistinguishedName, _ held: DistinguishedName) -> String? {
        let requested = requested.outlines
        let held = held.outlines
        for (left, right) in zip(requested, held) where comparable(left) != comparable(right) {
            return "The request's subject has \(shown(left)) where the certificate has \(shown(right))."
        }
        if let surplus = requested.dropFirst(held.count).first {
            return "The request's subject has \(shown(surplus)), which the certificate does not have."
        }
        if let missing = held.dropFirst(requested.count).first {
            return "The request's subject lacks \(shown(missing)), which the certificate has."
        }
        return nil
    }

    private static func alternativeNameDifference(_ requested: [AlternativeName], _ held: [AlternativeName]) -> String?
    {
        let requestedSet = Set(requested.map(\.comparable))
        let heldSet = Set(held.map(\.comparable))
        if let surplus = requested.first(where: { !heldSet.contains($0.comparable) }) {
            return "The request's subjectAltName has \(shown(surplus)), which the certificate does not have."
        }
        if let missing = held.first(where: { !requestedSet.contains($0.comparable) }) {
            return "The request's subjectAltName lacks \(shown(missing)), which the certificate has."
        }
        return nil
    }

    /// The attributes of one RDN are a set.
    private static func comparable(_ relativeName: [NameAttribute]) -> Set<[UInt8]> {
        Set(relativeName.map(\.comparable))
    }

    private static func shown(_ relativeName: [NameAttribute]) -> String {
        "«\(relativeName.prefix(8).map(\.shown).joined(separator: "+"))»"
    }

    private static func shown(_ name: AlternativeName) -> String {
        "«\(name.kind.rawValue):\(name.shown)»"
    }
}

extension AlternativeName {
    /// The names of a certificate's subjectAltName, in order; empty where it has none.
    /// - Throws: ``CertificationRequestError``, malformed.
    package static func list(of certificate: Certificate) throws -> [AlternativeName] {
        guard let found = certificate.extensions[oid: ObjectIdentifiers.Extension.subjectAlternativeName] else {
            return []
        }
        return try list(found.value)
    }
}

extension CanonicalName {
    /// The names of a certificate, each once, as ownership is keyed by them.
    /// - Parameter hosts: the host names without a dot that are known (``CanonicalName/init(commonName:hosts:)``).
    package static func list(of certificate: Certificate, hosts: [String] = []) throws -> [CanonicalName] {
        list(subject: certificate.subject, alternativeNames: try AlternativeName.list(of: certificate), hosts: hosts)
    }
}
