package import SwiftASN1
package import X509

/// What a profile made of a request that it admits: everything of the certificate that the request decides.
///
/// basicConstraints, key identifiers, serial number, issuer and the validity's start are the signer's own.
package struct AdmittedRequest: Sendable {
    /// nil where the signer is still to make the key.
    package let publicKey: Certificate.PublicKey?
    /// The subject, with every value in a string type that RFC 5280 allows for its attribute.
    package let subject: DistinguishedName
    /// In the order of the request; empty where the certificate has none.
    package let alternativeNames: [GeneralName]
    /// Every common name and alternative name, each once, or what names the device without them
    /// (``CanonicalName/list(subject:alternativeNames:hosts:)``): what name ownership is keyed by.
    package let names: [CanonicalName]
    package let keyUsages: [KeyUsageRule.Usage]
    package let extendedKeyUsages: [ASN1ObjectIdentifier]
    /// Whether the request wants the extendedKeyUsage critical.
    package let extendedKeyUsageIsCritical: Bool
    /// The end that the request asks for, in seconds since 1970, no later than the profile's maximum; nil where it asks
    /// for none.
    package let requestedNotAfter: Int64?
    /// What of the request was ignored, narrowed or encoded anew, one sentence each, for the event.
    package let remarks: [String]

    /// subjectAltName; nil without names. Critical where the subject is empty (RFC 5280 §4.2.1.6).
    package func alternativeNameExtension() throws -> Certificate.Extension? {
        guard !alternativeNames.isEmpty else { return nil }
        return try Certificate.Extension(SubjectAlternativeNames(alternativeNames), critical: subject.isEmpty)
    }

    /// keyUsage, always critical.
    package func keyUsageExtension() throws -> Certificate.Extension {
        try Certificate.Extension(KeyUsage(keyUsages), critical: true)
    }

    /// extendedKeyUsage; nil without usages.
    package func extendedKeyUsageExtension() throws -> Certificate.Extension? {
        guard !extendedKeyUsages.isEmpty else { return nil }
        return try Certificate.Extension(
            ExtendedKeyUsage(extendedKeyUsages.map { ExtendedKeyUsage.Usage(oid: $0) }),
            critical: extendedKeyUsageIsCritical)
    }
}

extension KeyUsage {
    init(_ usages: [KeyUsageRule.Usage]) {
        self.init(
            digitalSignature: usages.contains(.digitalSignature),
            nonRepudiation: usages.contains(.nonRepudiation),
            keyEncipherment: usages.contains(.keyEncipherment),
            dataEncipherment: usages.contains(.dataEncipherment),
            keyAgreement: usages.contains(.keyAgreement))
    }
}
