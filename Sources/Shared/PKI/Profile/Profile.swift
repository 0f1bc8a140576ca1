/// What certificates of one kind may contain, and what a certification request may ask for (design §8).
///
/// A profile is authoritative on the signer and known to frontends through the signed catalogue, so that a bad request
/// rarely costs the signer anything. An empty list never means «anything»: what is not listed is not allowed.
package struct Profile: Codable, Sendable, Equatable {
    package var name: String
    /// Raised by the operator with each change; every event names it.
    package var version: Int
    package var keys: [KeyRule]
    /// The algorithms that a certification request may be signed with.
    package var signatureAlgorithms: [SignatureAlgorithm]
    package var keyUsage: KeyUsageRule
    package var extendedKeyUsage: ExtendedKeyUsageRule
    package var validity: ValidityRule
    package var subject: SubjectRule
    package var names: AlternativeNameRule
    /// Whether a key that already has a certificate of another device may be certified.
    package var allowsKeyReuse: Bool
    /// Non-critical requested extensions that are dropped without refusing the request, as dotted object identifiers.
    package var ignoredExtensions: [String]
    /// The kind of key that the signer makes at `serverkeygen`; nil where the profile is not for that.
    package var serverKey: ServerKey?

    package init(
        name: String, version: Int, keys: [KeyRule], signatureAlgorithms: [SignatureAlgorithm],
        keyUsage: KeyUsageRule, extendedKeyUsage: ExtendedKeyUsageRule, validity: ValidityRule, subject: SubjectRule,
        names: AlternativeNameRule, allowsKeyReuse: Bool, ignoredExtensions: [String],
        serverKey: ServerKey? = nil
    ) {
        self.name = name
        self.version = version
        self.keys = keys
        self.signatureAlgorithms = signatureAlgorithms
        self.keyUsage = keyUsage
        self.extendedKeyUsage = extendedKeyUsage
        self.validity = validity
        self.subject = subject
        self.names = names
        self.allowsKeyReuse = allowsKeyReuse
        self.ignoredExtensions = ignoredExtensions
        self.serverKey = serverKey
    }
}

/// A kind of key that the signer makes for a device (RFC 7030 §4.4).
package enum ServerKey: String, Codable, Sendable, CaseIterable {
    case p256
    case p384
    case ed25519
    case rsa2048 = "rsa-2048"
    case rsa3072 = "rsa-3072"
}

/// One kind of key that a profile allows.
package enum KeyRule: Codable, Sendable, Equatable {
    case p256
    case p384
    case p521
    case ed25519
    /// RSA with a modulus of a size in bits within the range, and a public exponent of at least `minimumExponent`.
    case rsa(minimumBits: Int, maximumBits: Int, minimumExponent: Int)
}

/// A signature algorithm by its usual name.
package enum SignatureAlgorithm: String, Codable, Sendable, CaseIterable {
    case ecdsaWithSHA256 = "ecdsa-sha256"
    case ecdsaWithSHA384 = "ecdsa-sha384"
    case ecdsaWithSHA512 = "ecdsa-sha512"
    case rsaWithSHA256 = "rsa-sha256"
    case rsaWithSHA384 = "rsa-sha384"
    case rsaWithSHA512 = "rsa-sha512"
    case ed25519
}

/// The key usage of a profile's certificates (RFC 5280 §4.2.1.3).
package struct KeyUsageRule: Codable, Sendable, Equatable {
    package enum Usage: String, Codable, Sendable, CaseIterable {
        case digitalSignature = "digital-signature"
        case nonRepudiation = "non-repudiation"
        case keyEncipherment = "key-encipherment"
        case dataEncipherment = "data-encipherment"
        case keyAgreement = "key-agreement"
    }

    /// What a certificate gets where the request asks for nothing.
    package var standard: [Usage]
    /// What a request may ask for at most; a part of it is fine.
    package var allowed: [Usage]
    /// Whether a usage that was asked for and is not allowed is left out, where otherwise the request is refused.
    package var narrows: Bool

    package init(standard: [Usage], allowed: [Usage], narrows: Bool) {
        self.standard = standard
        self.allowed = allowed
        self.narrows = narrows
    }
}

/// The extended key usages of a profile's certificates (RFC 5280 §4.2.1.12), as dotted object identifiers.
package struct ExtendedKeyUsageRule: Codable, Sendable, Equatable {
    /// What a certificate gets where the request asks for nothing.
    package var standard: [String]
    /// What a request may ask for at most. Any other is refused.
    package var allowed: [String]

    package init(standard: [String], allowed: [String]) {
        self.standard = standard
        self.allowed = allowed
    }
}

/// How long a profile's certificates are valid. All durations in seconds.
package struct ValidityRule: Codable, Sendable, Equatable {
    package enum LongerRequest: String, Codable, Sendable, CaseIterable {
        case refuse
        case clamp
    }

    /// Where the request asks for nothing.
    package var standard: Int64
    package var maximum: Int64
    /// How far before the issuance `notBefore` lies, for devices whose clock is behind.
    package var backdating: Int64
    /// What happens to a request for more than `maximum`.
    package var longer: LongerRequest

    package init(standard: Int64, maximum: Int64, backdating: Int64, longer: LongerRequest) {
        self.standard = standard
        self.maximum = maximum
        self.backdating = backdating
        self.longer = longer
    }
}

/// The subject attributes that a request may have. An attribute that is not listed is refused.
package struct SubjectRule: Codable, Sendable, Equatable {
    package struct Attribute: Codable, Sendable, Equatable {
        /// The attribute's type as a dotted object identifier.
        package var type: String
        package var required: Bool
        /// A regular expression that the whole value must match; nil allows any value.
        package var pattern: String?
        /// How often it may stand in the subject.
        package var maximumCount: Int

        package init(type: String, required: Bool, pattern: String?, maximumCount: Int) {
            self.type = type
            self.required = required
            self.pattern = pattern
            self.maximumCount = maximumCount
        }
    }

    package var attributes: [Attribute]

    package init(attributes: [Attribute]) {
        self.attributes = attributes
    }
}

/// The subjectAltNames that a request may have (RFC 5280 §4.2.1.6). A kind whose list is empty is denied.
package struct AlternativeNameRule: Codable, Sendable, Equatable {
    /// DNS names equal to one of these or below one of them, on a label boundary. «*» alone allows every DNS name.
    package var dnsSuffixes: [String]
    /// The suffixes under which a wildcard (`*.suffix`) may be asked for.
    package var dnsWildcards: [String]
    /// IPv4 and IPv6 networks in CIDR notation.
    package var ipNetworks: [String]
    package var uriPrefixes: [String]
    /// The part after the «@», equal to one of these.
    package var emailDomains: [String]
    /// How many subjectAltNames a request may have, of all kinds together.
    package var maximumCount: Int
    /// Host names (and everything equal to them) that no device may have: the cluster's own.
    package var reservedHosts: [String]

    package init(
        dnsSuffixes: [String], dnsWildcards: [String], ipNetworks: [String], uriPrefixes: [String],
        emailDomains: [String], maximumCount: Int, reservedHosts: [String]
    ) {
        self.dnsSuffixes = dnsSuffixes
        self.dnsWildcards = dnsWildcards
        self.ipNetworks = ipNetworks
        self.uriPrefixes = uriPrefixes
        self.emailDomains = emailDomains
        self.maximumCount = maximumCount
        self.reservedHosts = reservedHosts
    }
}
