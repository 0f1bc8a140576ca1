internal import SwiftASN1
package import X509

/// The attribute that asks, at a renewal, for other names than the certificate has (RFC 6402 §2.8).
package struct ChangeSubjectName: Sendable {
    /// nil: the subject stays.
    package let subject: DistinguishedName?
    /// nil: the alternative names stay.
    package let alternativeNames: [AlternativeName]?
    /// The attribute's value, DER, for the request's digest.
    package let encoded: [UInt8]

    /// - Parameter values: the values of the attribute.
    /// - Throws: ``CertificationRequestError``, malformed.
    init(attributeValues values: [ASN1Node]) throws {
        let malformed = RequestOutline.malformed("The ChangeSubjectName attribute cannot be read.")
        guard let value = values.first, values.count == 1, var parts = try? RequestOutline.children(of: value, "")
        else { throw malformed }
        var subject: DistinguishedName?
        var alternativeNames: [AlternativeName]?
        while let part = parts.next() {
            guard alternativeNames == nil, case .constructed(let nodes) = part.content else { throw malformed }
            // As RFC 6402 has it both are a SEQUENCE, without a tag to tell them apart; only names of a subjectAltName
            // are tagged. Erratum 3943 gives the subjectAltName a [1].
            if part.identifier == ASN1Identifier(tagWithNumber: 1, tagClass: .contextSpecific) {
                alternativeNames = try AlternativeName.list(nodes)
                continue
            }
            guard part.identifier == .sequence else { throw malformed }
            if nodes.first(where: { _ in true })?.identifier.tagClass == .contextSpecific {
                alternativeNames = try AlternativeName.list(part)
            } else {
                guard subject == nil else { throw malformed }
                subject = try CertificationRequest.subject(part)
            }
        }
        guard subject != nil || alternativeNames != nil else { throw malformed }
        self.subject = subject
        self.alternativeNames = alternativeNames
        self.encoded = Array(value.encodedBytes)
    }
}
