internal import Foundation
internal import SwiftASN1
package import X509

/// What a device asks a certificate for: its names, beside which the server's wishes count.
package struct WantedCertificate: Sendable {
    package var subject: DistinguishedName
    package var alternativeNames: [GeneralName]

    package init(subject: DistinguishedName, alternativeNames: [GeneralName]) {
        self.subject = subject
        self.alternativeNames = alternativeNames
    }

    /// The names of a certificate that is to be renewed, as they stand there (RFC 7030 §4.2.2).
    package init(renewing certificate: Certificate) throws {
        subject = certificate.subject
        alternativeNames = try certificate.extensions.subjectAlternativeNames.map { Array($0) } ?? []
    }

    /// The certification request (RFC 2986), DER.
    ///
    /// - Parameters:
    ///   - wishes: what the server's csrattrs answer says.
    ///   - challengePassword: the channel binding in base64 (RFC 7030 §3.5).
    package func certificationRequest(
        key: DeviceKey, wishes: CSRAttributesAnswer, challengePassword: String?
    ) throws -> [UInt8] {
        var extensions = Certificate.Extensions()
        for wish in wishes.extensions where extensions[oid: wish.oid] == nil {
            try extensions.append(wish)
        }
        if !alternativeNames.isEmpty {
            extensions.remove(.X509ExtensionID.subjectAlternativeName)
            try extensions.append(
                Certificate.Extension(SubjectAlternativeNames(alternativeNames), critical: subject.isEmpty))
        }
        var attributes: [CertificateSigningRequest.Attribute] = []
        if !extensions.isEmpty {
            attributes.append(try .init(ExtensionRequest(extensions: extensions)))
        }
        if let challengePassword {
            attributes.append(
                .init(
                    oid: [1, 2, 840, 113549, 1, 9, 7],
                    values: [try ASN1Any(erasing: ASN1PrintableString(challengePassword))]))
        }
        let request = try CertificateSigningRequest(
            version: .v1, subject: completed(by: wishes), privateKey: key.privateKey,
            attributes: .init(attributes))
        var serializer = DER.Serializer()
        try serializer.serialize(request)
        return serializer.serializedBytes
    }

    /// The subject with the attributes that the server sets and the device did not name.
    private func completed(by wishes: CSRAttributesAnswer) -> DistinguishedName {
        let named = Set(subject.flatMap { $0.map(\.type) })
        let missing = wishes.fixedSubjectAttributes.filter { !named.contains($0.type) }
        return DistinguishedName(Array(subject) + missing.map { RelativeDistinguishedName($0) })
    }
}
