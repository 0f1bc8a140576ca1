internal import SwiftASN1

/// What is wrong with a profile's configuration, whatever is requested.
package struct InvalidProfile: Error, Sendable, Equatable, CustomStringConvertible {
    /// The property, such as `subject.attributes[2].pattern`.
    package let property: String
    /// What is wrong and what is allowed.
    package let message: String

    package var description: String { "\(property): \(message)" }
}

extension Profile {
    /// Fifty years: what lies beyond is a mistake.
    private static let maximumValidity: Int64 = 50 * 366 * 86_400

    /// Checks what can be checked before any request comes.
    /// - Throws: ``InvalidProfile``.
    package func validate() throws {
        try require(!name.isEmpty, "name", "a profile needs a name")
        try require(version >= 1, "version", "versions count from 1")
        try validateKeys()
        if let serverKey {
            try require(
                serverKey.isAllowed(by: keys), "serverKey",
                "«\(serverKey.rawValue)» is not among the kinds of key that are allowed: "
                    + keys.map(\.shown).joined(separator: ", "))
        }
        try validateKeyUsage()
        try validate(objectIdentifiers: extendedKeyUsage.standard, "extendedKeyUsage.standard")
        try validate(objectIdentifiers: extendedKeyUsage.allowed, "extendedKeyUsage.allowed")
        try require(
            validity.standard > 0 && validity.standard <= validity.maximum, "validity.standard",
            "it must be positive and at most the maximum")
        try require(validity.maximum <= Profile.maximumValidity, "validity.maximum", "at most fifty years are allowed")
        try require(
            (0...86_400 * 366).contains(validity.backdating), "validity.backdating", "from nothing to a year is allowed"
        )
        try validateSubject()
        try names.validate()
        try validate(objectIdentifiers: ignoredExtensions, "ignoredExtensions")
        for (index, identifier) in ignoredExtensions.enumerated() {
            let known = ObjectIdentifiers.parse(identifier).map(ObjectIdentifiers.Extension.known.contains) ?? false
            try require(
                !known, "ignoredExtensions[\(index)]", "«\(identifier)» has rules of its own and is never ignored")
        }
    }

    private func validateKeys() throws {
        try require(!keys.isEmpty, "keys", "a profile without a kind of key admits nothing")
        for (index, key) in keys.enumerated() {
            guard case .rsa(let minimum, let maximum, let exponent) = key else { continue }
            let place = "keys[\(index)]"
            try require(minimum >= 2048, place, "RSA keys have at least 2048 bits")
            try require(
                maximum >= minimum && maximum <= WeakKeys.maximumModulusBits, place,
                "the maximum lies between the minimum and \(WeakKeys.maximumModulusBits) bits")
            try require((3...Int(UInt32.max)).contains(exponent), place, "the least public exponent is at least 3")
        }
        try require(
            !signatureAlgorithms.isEmpty, "signatureAlgorithms",
            "a profile without a signature algorithm admits nothing")
        for (index, key) in keys.enumerated() {
            try require(
                signatureAlgorithms.contains { $0.isFor(key) }, "keys[\(index)]",
                "no signature algorithm of the profile is for \(key.shown) keys")
        }
    }

    private func validateKeyUsage() throws {
        for usage in keyUsage.standard {
            try require(
                keyUsage.allowed.contains(usage), "keyUsage.standard", "«\(usage.rawValue)» is not among the allowed")
        }
        for key in keys {
            let suitable = KeyUsageRule.Usage.suitable(for: key)
            try require(
                !suitable.isDisjoint(with: keyUsage.standard), "keyUsage.standard",
                "nothing of it is for \(key.shown) keys; those can have: "
                    + KeyUsageRule.Usage.allCases.filter(suitable.contains).map(\.rawValue).joined(separator: ", "))
        }
    }

    private func validateSubject() throws {
        try validate(objectIdentifiers: subject.attributes.map(\.type), "subject.attributes")
        for (index, attribute) in subject.attributes.enumerated() {
            let place = "subject.attributes[\(index)]"
            try require(
                (1...64).contains(attribute.maximumCount), "\(place).maximumCount", "from 1 to 64 is allowed")
            guard let pattern = attribute.pattern else { continue }
            do throws(NamePattern.Failure) {
                _ = try NamePattern(pattern)
            } catch {
                throw InvalidProfile(property: "\(place).pattern", message: error.description)
            }
        }
    }

    private func validate(objectIdentifiers: [String], _ property: String) throws {
        var seen: Set<String> = []
        for (index, text) in objectIdentifiers.enumerated() {
            let place = "\(property)[\(index)]"
            try require(
                ObjectIdentifiers.parse(text) != nil, place, "«\(text)» is no object identifier such as 2.5.4.3")
            try require(seen.insert(text).inserted, place, "«\(text)» is there twice")
        }
    }
}

extension AlternativeNameRule {
    fileprivate func validate() throws {
        try require((0...1_000).contains(maximumCount), "names.maximumCount", "from 0 to 1000 is allowed")
        for (index, suffix) in dnsSuffixes.enumerated() {
            try require(
                suffix == "*" || isHost(suffix), "names.dnsSuffixes[\(index)]",
                "«\(suffix)» is neither a domain such as example.com, without a leading dot, nor «*»")
        }
        for (index, suffix) in dnsWildcards.enumerated() {
            try require(
                isHost(suffix), "names.dnsWildcards[\(index)]",
                "«\(suffix)» is no domain such as example.com, without «*.»")
        }
        for (index, network) in ipNetworks.enumerated() {
            try require(
                IPNetwork(network) != nil, "names.ipNetworks[\(index)]",
                "«\(network)» is no network such as 10.0.0.0/8 or 2001:db8::/32")
        }
        for (index, prefix) in uriPrefixes.enumerated() {
            try require(
                URIOutline(Array((prefix + "x").utf8)) != nil, "names.uriPrefixes[\(index)]",
                "«\(prefix)» is not the beginning of an absolute URI such as urn:example: or https://example.com/")
        }
        for (index, domain) in emailDomains.enumerated() {
            try require(
                isHost(domain), "names.emailDomains[\(index)]", "«\(domain)» is no domain such as example.com")
        }
        for (index, host) in reservedHosts.enumerated() {
            try require(
                isHost(host) || IPAddress(host) != nil, "names.reservedHosts[\(index)]",
                "«\(host)» is neither a host name nor an IP address")
        }
    }

    private func isHost(_ text: String) -> Bool {
        (try? HostName(text)).map { !$0.isWildcard } ?? false
    }
}

private func require(_ condition: Bool, _ property: String, _ message: @autoclosure () -> String) throws {
    guard condition else { throw InvalidProfile(property: property, message: message()) }
}

extension SignatureAlgorithm {
    /// Whether keys of a kind sign with it.
    func isFor(_ key: KeyRule) -> Bool {
        switch (key, self) {
        case (.p256, .ecdsaWithSHA256), (.p256, .ecdsaWithSHA384), (.p256, .ecdsaWithSHA512),
            (.p384, .ecdsaWithSHA256), (.p384, .ecdsaWithSHA384), (.p384, .ecdsaWithSHA512),
            (.p521, .ecdsaWithSHA256), (.p521, .ecdsaWithSHA384), (.p521, .ecdsaWithSHA512),
            (.rsa, .rsaWithSHA256), (.rsa, .rsaWithSHA384), (.rsa, .rsaWithSHA512), (.ed25519, .ed25519):
            true
        default: false
        }
    }
}

extension KeyUsageRule.Usage {
    static func suitable(for key: KeyRule) -> Set<Self> {
        switch key {
        case .p256: suitable(for: KeyOutline.Kind.p256)
        case .p384: suitable(for: KeyOutline.Kind.p384)
        case .p521: suitable(for: KeyOutline.Kind.p521)
        case .ed25519: suitable(for: KeyOutline.Kind.ed25519)
        case .rsa: suitable(for: KeyOutline.Kind.rsa(bits: 0, exponent: []))
        }
    }
}
