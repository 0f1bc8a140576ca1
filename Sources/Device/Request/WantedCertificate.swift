internal import Foundation
internal import SwiftASN1
package import X509

/// What a device asks a certificate for: its names, beside which the server's wishes count.
package struct WantedCertificate: Sendable {
    package var subject: DistinguishedName
    package var alternativeNames: [GeneralName]
    /// Whether the subject gets the attributes that the server sets: never in a renewal, whose names are those of the
    /// certificate (RFC 7030 §4.2.2).
    private let takesSubjectAttributes: Bool

    package init(subject: DistinguishedName, alternativeNames: [GeneralName]) {
        self.subject = subject
        self.alternativeNames = alternativeNames
        takesSubjectAttributes = true
    }

    /// The names of a certificate that is to be renewed, as they stand there (RFC 7030 §4.2.2).
    package init(renewing certificate: Certificate) throws {
        do {
            subject = certificate.subject
            alternativeNames = try certificate.extensions.subjectAlternativeNames.map { Array($0) } ?? []
            takesSubjectAttributes = false
        } catch {
            throw DeviceError(
                .invalidInput, "The certificate's subjectAltName can't be read; enroll the device again.", cause: error)
        }
    }

    /// The certification request (RFC 2986), DER.
    ///
    /// - Parameters:
    ///   - wishes: what the server's csrattrs answer says.
    ///   - challengePassword: the channel binding in base64 (RFC 7030 §3.5).
    package func certificationRequest(
        key: DeviceKey, wishes: CSRAttributesAnswer, challengePassword: String?
    ) throws -> [UInt8] {
        try certificationRequest(key: key, wishes: wishes, challengePassword: challengePassword, others: [])
    }

    func certificationRequest(
        key: DeviceKey, wishes: CSRAttributesAnswer, challengePassword: String?,
        others: [CertificateSigningRequest.Attribute]
    ) throws -> [UInt8] {
        let subject = takesSubjectAttributes ? completed(by: wishes) : self.subject
        var extensions = Certificate.Extensions()
        for wish in wishes.extensions where extensions[oid: wish.oid] == nil {
            try extensions.append(wish)
        }
        if !alternativeNames.isEmpty {
            extensions.remove(.X509ExtensionID.subjectAlternativeName)
            try extensions.append(
                Certificate.Extension(SubjectAlternativeNames(alternativeNames), critical: subject.isEmpty))
        }
        var attributes = others
        if !extensions.isEmpty {
            attributes.append(try .init(ExtensionRequest(extensions: extensions)))
        }
        if let challengePassword {
            attributes.append(
                .init(
                    oid: CSRAttributesAnswer.Known.challengePassword,
                    values: [try ASN1Any(erasing: ASN1PrintableString(challengePassword))]))
        }
        let request = try CertificateSigningRequest(
            version: .v1, subject: subject, privateKey: key.privateKey, attributes: .init(attributes))
        var serializer = DER.Serializer()
        try serializer.serialize(request)
        return serializer.serializedBytes
    }

    /// The attributes and extensions that the device is to fill in and has nothing for, as dotted object identifiers.
    package func missing(_ wishes: CSRAttributesAnswer) -> [String] {
        guard takesSubjectAttributes else { return [] }
        let named = Set(subject.flatMap { $0.map(\.type.description) })
        let subjectAltName = CSRAttributesAnswer.Known.subjectAltName.description
        return wishes.openSubjectAttributes.filter { !named.contains($0) }
            + wishes.openExtensions.filter { $0 == subjectAltName && alternativeNames.isEmpty }
    }

    /// The subject with the attributes that the server sets and the device did not name; then all in the order in which
    /// the server lists them.
    private func completed(by wishes: CSRAttributesAnswer) -> DistinguishedName {
        let named = Set(subject.flatMap { $0.map(\.type) })
        let missing = wishes.fixedSubjectAttributes.filter { !named.contains($0.type) }
        guard !missing.isEmpty else { return subject }
        var rest = Array(subject) + missing.map { RelativeDistinguishedName($0) }
        var ordered: [RelativeDistinguishedName] = []
        for type in wishes.subjectOrder {
            guard let index = rest.firstIndex(where: { $0.contains { $0.type == type } }) else { continue }
            ordered.append(rest.remove(at: index))
        }
        return DistinguishedName(ordered + rest)
    }
}
