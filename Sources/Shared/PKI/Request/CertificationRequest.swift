internal import SwiftASN1
package import X509

/// A PKCS#10 certification request (RFC 2986): parsed, and signed by the key in it wherever that can be verified.
///
/// A request whose key or signature algorithm is not supported is no error here: it has no ``publicKey``, and every
/// profile refuses it with the rule and what was found. Nothing but ``publicKey`` says that the signature is good; a
/// request for a key that the server makes never has one.
package struct CertificationRequest: Sendable {
    package let subject: DistinguishedName
    package let subjectDER: [UInt8]
    /// The SubjectPublicKeyInfo.
    package let publicKeyDER: [UInt8]
    /// The kind, size and soundness of the key.
    package let key: KeyOutline
    /// The key that the request is signed with; nil where it, or the signature algorithm, is not supported or the key is
    /// known to be weak, so that no signature was verified.
    package let publicKey: Certificate.PublicKey?
    /// nil for one that is not supported.
    package let signatureAlgorithm: SignatureAlgorithm?
    package let signatureAlgorithmName: String
    /// The attribute of RFC 2985 §5.4.1, where EST puts the channel binding. Never logged.
    package let challengePassword: String?
    package let changeSubjectName: ChangeSubjectName?
    /// The attributes that mean nothing here, as dotted object identifiers.
    package let unknownAttributes: [String]
    /// How the key that the server makes is to be encrypted; nil where that was not asked for, or not read.
    package let keyProtection: KeyProtection?
    let extensions: RequestedExtensions

    /// Reads a request and verifies its signature.
    /// - Throws: ``CertificationRequestError``.
    package init(derEncoded bytes: [UInt8]) throws {
        try self.init(derEncoded: bytes, verifiesSignature: true)
    }

    /// Reads a request for a certificate on a key that the server makes: its own key and signature are not judged, and
    /// may be anything (RFC 7030 §4.4.1).
    /// - Throws: ``CertificationRequestError``.
    package init(forServerKey bytes: [UInt8]) throws {
        try self.init(derEncoded: bytes, verifiesSignature: false, ignoresKey: true)
    }

    /// - Parameters:
    ///   - verifiesSignature: false only in tests, which reach behind the verification with broken requests, and where
    ///     the key is ignored.
    ///   - ignoresKey: whether the request is for a key that the server makes.
    init(derEncoded bytes: [UInt8], verifiesSignature: Bool, ignoresKey: Bool = false) throws {
        let outline = try RequestOutline(derEncoded: bytes, ignoresKey: ignoresKey)
        var challengePassword: String?
        var changeSubjectName: ChangeSubjectName?
        var extensionRequest: [ASN1Node]?
        var unknownAttributes: [String] = []
        for attribute in outline.attributes {
            switch attribute.type {
            case ObjectIdentifiers.Attribute.challengePassword:
                challengePassword = try CertificationRequest.challengePassword(attribute.values)
            case ObjectIdentifiers.Attribute.changeSubjectName:
                changeSubjectName = try ChangeSubjectName(attributeValues: attribute.values)
            case ObjectIdentifiers.Attribute.extensionRequest:
                extensionRequest = attribute.values
            case let type where ignoresKey && ObjectIdentifiers.Attribute.keyProtection.contains(type):
                // Elsewhere they are attributes like any other: stock requests have capabilities for S/MIME.
                break
            default:
                unknownAttributes.append(DisplayText.escape(attribute.type.description))
            }
        }
        self.subject = try CertificationRequest.subject(outline.subject)
        self.subjectDER = Array(outline.subject.encodedBytes)
        self.publicKeyDER = Array(outline.publicKeyInfo.encodedBytes)
        self.key = outline.key
        self.signatureAlgorithm = outline.signatureAlgorithm
        self.signatureAlgorithmName = outline.signatureAlgorithmName
        self.challengePassword = challengePassword
        self.changeSubjectName = changeSubjectName
        self.unknownAttributes = unknownAttributes
        self.keyProtection = try ignoresKey ? KeyProtection(attributes: outline.attributes) : nil
        self.extensions = try RequestedExtensions(attributeValues: extensionRequest)
        self.publicKey =
            try ignoresKey ? nil : CertificationRequest.verifiedKey(outline, verifiesSignature: verifiesSignature)
    }

    /// The names of the requested subjectAltName; nil where none is requested.
    package var alternativeNames: [AlternativeName]? { extensions.alternativeNames }

    /// The requested extensions in a spelling that is the same for requests that ask for the same, for digests.
    package var canonicalExtensions: [UInt8] { extensions.canonical }

    /// The names that the request asks for, unjudged. What an admitted request is keyed by
    /// is ``AdmittedRequest/names``.
    package var names: [CanonicalName] {
        CanonicalName.list(subject: subject, alternativeNames: alternativeNames ?? [])
    }

    static func subject(_ node: ASN1Node) throws -> DistinguishedName {
        guard case .constructed(let nodes) = node.content, nodes.allSatisfy({ isRelativeName($0) }),
            let subject = try? DistinguishedName(derEncoded: node)
        else { throw RequestOutline.malformed("The subject cannot be read.") }
        return subject
    }

    private static func isRelativeName(_ node: ASN1Node) -> Bool {
        guard case .constructed(let attributes) = node.content else { return false }
        var isEmpty = true
        for attribute in attributes {
            isEmpty = false
            guard case .constructed(let parts) = attribute.content, let value = Array(parts).last else { return false }
            // The library would mend such bytes in silence, and the certificate would not have what was asked for.
            if value.identifier == .utf8String, NameText.decode(value) == nil { return false }
        }
        return !isEmpty
    }

    private static func challengePassword(_ values: [ASN1Node]) throws -> String {
        let malformed = RequestOutline.malformed("The challengePassword attribute cannot be read.")
        guard let value = values.first, values.count == 1 else { throw malformed }
        if let text = NameText.decode(value) { return text }
        // Clients that write a TeletexString mean ISO 8859-1.
        guard value.identifier == .teletexString, case .primitive(let bytes) = value.content else { throw malformed }
        return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }

    private static func verifiedKey(
        _ outline: RequestOutline, verifiesSignature: Bool
    ) throws -> Certificate.PublicKey? {
        guard outline.key.weakness == nil, let algorithm = outline.signatureAlgorithm else { return nil }
        let allowed: Set<SignatureAlgorithm>
        switch outline.key.kind {
        case .p256, .p384, .p521: allowed = [.ecdsaWithSHA256, .ecdsaWithSHA384, .ecdsaWithSHA512]
        case .ed25519: allowed = [.ed25519]
        case .rsa(let bits, _):
            // The library holds no smaller one.
            guard bits >= 2048 else { return nil }
            allowed = [.rsaWithSHA256, .rsaWithSHA384, .rsaWithSHA512]
        case .other: return nil
        }
        let key: Certificate.PublicKey
        do {
            key = try Certificate.PublicKey(derEncoded: outline.publicKeyInfo)
        } catch {
            throw RequestOutline.malformed("The public key is not a valid \(outline.key.description) key.")
        }
        let isValid =
            allowed.contains(algorithm)
            && key.isValidSignature(
                outline.signature, for: outline.signedBytes, signatureAlgorithm: algorithm.certificateAlgorithm)
        guard isValid || !verifiesSignature else {
            throw CertificationRequestError(
                .badSignature, "The certification request's signature is not that of the key in it.")
        }
        return key
    }
}

extension SignatureAlgorithm {
    /// The same as the certificate library names it.
    package var certificateAlgorithm: Certificate.SignatureAlgorithm {
        switch self {
        case .ecdsaWithSHA256: .ecdsaWithSHA256
        case .ecdsaWithSHA384: .ecdsaWithSHA384
        case .ecdsaWithSHA512: .ecdsaWithSHA512
        case .rsaWithSHA256: .sha256WithRSAEncryption
        case .rsaWithSHA384: .sha384WithRSAEncryption
        case .rsaWithSHA512: .sha512WithRSAEncryption
        case .ed25519: .ed25519
        }
    }
}
