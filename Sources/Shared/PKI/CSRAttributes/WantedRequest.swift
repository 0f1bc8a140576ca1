internal import SwiftASN1
internal import X509

/// What a certification request should contain for a profile to admit it, read off the profile's own rules.
///
/// Everything here is something that ``Profile/admit(_:now:changesNames:)`` accepts, and where it names a value it is the
/// one that a request without it would get: what is advertised, checked and issued can't disagree. Both forms of
/// ``CSRAttributes`` say this one thing.
struct WantedRequest: Sendable, Equatable {
    var needsChallengePassword: Bool
    /// The profile's first kind of key: an answer can name one only (RFC 9908 §3.2). Requests with another are fine.
    var key: KeyRule?
    /// What the request should be signed with.
    var signatureAlgorithm: SignatureAlgorithm?
    /// The required attributes, in the profile's order. A value stands where the profile's pattern matches only that.
    var subject: [NameTemplate.Attribute]
    var extensions: [ExtensionTemplate]

    init(profile: Profile, requiresChannelBinding: Bool) throws {
        needsChallengePassword = requiresChannelBinding
        key = profile.keys.first
        signatureAlgorithm = key.flatMap(profile.signatureAlgorithm)
        subject = profile.subject.attributes.filter(\.required).compactMap { rule in
            ObjectIdentifiers.parse(rule.type).map {
                NameTemplate.Attribute(type: $0, value: rule.onlyValue(of: $0))
            }
        }
        extensions = [
            try key.flatMap(profile.wantedKeyUsage), try profile.wantedExtendedKeyUsage, profile.names.wantedExtension,
        ].compactMap { $0 }
    }

    /// The form of RFC 7030 §4.5.2, with the order of its example.
    func legacyElements() throws -> [CSRAttributes.Element] {
        var elements: [CSRAttributes.Element] = []
        if needsChallengePassword {
            elements.append(.identifier(ObjectIdentifiers.Attribute.challengePassword))
        }
        if let key {
            elements.append(.attribute(try Self.keyType(key)))
        }
        // Attributes of the subject and extensions whose value is the client's: their identifiers alone, as in RFC 9908
        // §5.2 and §5.5. An Extension without a value can't be written.
        elements += subject.map {
            $0.value.map { [type = $0.type] in .attribute(CSRAttribute(type, values: [$0])) } ?? .identifier($0.type)
        }
        let fixed = extensions.filter(\.isFixed)
        elements += extensions.filter { !$0.isFixed }.map { .identifier($0.identifier) }
        if let request = try ExtensionTemplate.attribute(fixed) {
            elements.append(.attribute(request))
        }
        if let identifier = signatureAlgorithm?.identifier {
            elements.append(.identifier(identifier))
        }
        return elements
    }

    /// The form of RFC 9908 §3.4.
    func template() throws -> CertificationRequestTemplate {
        var attributes = [try ExtensionTemplate.attribute(extensions)].compactMap { $0 }
        if needsChallengePassword {
            // A client that knows templates looks at nothing else (RFC 9908 §4). Without a value: it is the client's.
            attributes.append(CSRAttribute(ObjectIdentifiers.Attribute.challengePassword))
        }
        return CertificationRequestTemplate(
            subject: NameTemplate(relativeNames: subject), key: try key.map(KeyTemplate.init),
            attributes: attributes)
    }

    /// «Exactly one attribute», its value the curve, the size, or nothing (RFC 9908 §3.2).
    private static func keyType(_ key: KeyRule) throws -> CSRAttribute {
        if let curve = key.curve { return try CSRAttribute(key.algorithm, value: curve) }
        guard case .rsa(let bits, _, _) = key else { return CSRAttribute(key.algorithm) }
        return try CSRAttribute(key.algorithm, value: bits)
    }
}

extension ExtensionTemplate {
    fileprivate var isFixed: Bool {
        if case .fixed = value { true } else { false }
    }
}

// MARK: - What a profile wants

extension Profile {
    /// The algorithm to sign with: the one whose hash is as strong as the key, where the profile allows it.
    fileprivate func signatureAlgorithm(for key: KeyRule) -> SignatureAlgorithm? {
        let usual: SignatureAlgorithm =
            switch key {
            case .p256: .ecdsaWithSHA256
            case .p384: .ecdsaWithSHA384
            case .p521: .ecdsaWithSHA512
            case .rsa: .rsaWithSHA256
            case .ed25519: .ed25519
            }
        return signatureAlgorithms.contains(usual) ? usual : signatureAlgorithms.first { $0.isFor(key) }
    }

    /// keyUsage with what a certificate gets where the request asks for nothing.
    fileprivate func wantedKeyUsage(for key: KeyRule) throws -> ExtensionTemplate? {
        let suitable = KeyUsageRule.Usage.suitable(for: key)
        let usages = keyUsage.standard.filter(suitable.contains)
        guard !usages.isEmpty else { return nil }
        return try ExtensionTemplate(Certificate.Extension(KeyUsage(usages), critical: true))
    }

    fileprivate var wantedExtendedKeyUsage: ExtensionTemplate? {
        get throws {
            let usages = extendedKeyUsage.standard.compactMap(ObjectIdentifiers.parse)
            guard !usages.isEmpty else { return nil }
            return try ExtensionTemplate(
                Certificate.Extension(
                    ExtendedKeyUsage(usages.map { ExtendedKeyUsage.Usage(oid: $0) }), critical: false))
        }
    }
}

extension ExtensionTemplate {
    fileprivate init(_ extension: Certificate.Extension) {
        self.init(
            identifier: `extension`.oid, isCritical: `extension`.critical, value: .fixed(Array(`extension`.value)))
    }
}

extension AlternativeNameRule {
    /// subjectAltName, where the profile lists a kind of name: its value is the device's own.
    ///
    /// RFC 9908 §3.4 has a way to say «an IP address of yours» (an empty one), and none to say «a DNS name of yours» but
    /// an extension without a value. So the first is said only where nothing but an address is allowed.
    fileprivate var wantedExtension: ExtensionTemplate? {
        let takesOthers =
            !dnsSuffixes.isEmpty || !dnsWildcards.isEmpty || !uriPrefixes.isEmpty || !emailDomains.isEmpty
        guard maximumCount > 0, takesOthers || !ipNetworks.isEmpty else { return nil }
        return ExtensionTemplate(
            identifier: ObjectIdentifiers.Extension.subjectAlternativeName,
            value: takesOthers ? .open : .partial(DERWriter.element(DERWriter.sequence, [0x87, 0x00])))
    }
}

extension SubjectRule.Attribute {
    /// The one value that the rule allows, DER; nil where it allows more.
    fileprivate func onlyValue(of type: ASN1ObjectIdentifier) -> [UInt8]? {
        guard let pattern, let text = (try? NamePattern(pattern))?.onlyMatch else { return nil }
        let syntax = SubjectSyntax(type: type)
        guard syntax.lengths.contains(text.unicodeScalars.count),
            let value = syntax.value(text, from: .utf8String)?.value
        else { return nil }
        return NameAttribute(RelativeDistinguishedName.Attribute(type: type, value: value)).encoded
    }
}

extension SignatureAlgorithm {
    fileprivate var identifier: ASN1ObjectIdentifier? {
        ObjectIdentifiers.Signature.supported.first { $0.value == self }?.key
    }
}
