internal import X509

extension AlternativeNameRule {
    /// Names that are host names although they have no dot: those that this rule lists and reserves.
    var knownHosts: [String] { dnsSuffixes + dnsWildcards + reservedHosts }

    /// Judges the requested subjectAltName.
    /// - Throws: ``ProfileViolation``.
    func admit(_ requested: [AlternativeName]) throws -> [GeneralName] {
        // Before anything else: thousands of names cost time, each.
        guard requested.count <= maximumCount else {
            throw ProfileViolation(.nameCount, "\(requested.count) names", "are more than the \(maximumCount) allowed")
        }
        return try requested.map { name in
            switch name.kind {
            case .dns: try admitDNS(name.value, rule: .nameDNS)
            case .ip: try admitIP(name)
            case .uri: try admitURI(name)
            case .email: try admitEmail(name)
            default:
                throw ProfileViolation(.nameKind, name.kind.rawValue, "is a kind of name that is not allowed")
            }
            guard let admitted = name.generalName else {
                throw ProfileViolation(.nameKind, name.shown, "is no name that a certificate can hold")
            }
            return admitted
        }
    }

    /// Holds a common name that looks like a host name or an address to the rules of those.
    func admitCommonName(_ text: String) throws {
        let trimmed = NameText.comparable(text)
        if let address = IPAddress(trimmed) {
            try admit(address, shown: DisplayText.escape(text), rule: .subjectCommonName)
        } else if CanonicalName.looksLikeHost(trimmed, hosts: knownHosts) {
            try admitDNS(Array(text.utf8), rule: .subjectCommonName)
        }
    }

    private func admitDNS(_ bytes: [UInt8], rule: ProfileViolation.Rule) throws {
        var shown: String { DisplayText.escape(bytes: bytes) }
        let name: HostName
        do throws(HostName.Failure) {
            name = try HostName(bytes)
        } catch {
            throw ProfileViolation(rule, shown, error.reason)
        }
        if reservedHosts.contains(where: { name.covers($0) }) {
            throw ProfileViolation(.nameReserved, shown, "is a host name of the enrollment service itself")
        }
        guard name.isWildcard else {
            guard dnsSuffixes.contains(where: { name.isWithin($0) }) else {
                throw ProfileViolation(rule, shown, "is not within a domain that is allowed")
            }
            return
        }
        guard dnsWildcards.contains(where: { name.isWithin($0) }) else {
            throw ProfileViolation(.nameWildcard, shown, "is a wildcard that is not allowed")
        }
    }

    private func admitIP(_ name: AlternativeName) throws {
        guard let address = IPAddress(bytes: name.value) else {
            throw ProfileViolation(.nameIP, name.shown, "is no IP address")
        }
        try admit(address, shown: name.shown, rule: .nameIP)
    }

    private func admit(
        _ address: IPAddress, shown: @autoclosure () -> String, rule: ProfileViolation.Rule
    ) throws {
        if isReserved(address) {
            throw ProfileViolation(.nameReserved, shown(), "is an address of the enrollment service itself")
        }
        guard ipNetworks.contains(where: { IPNetwork.known($0)?.contains(address) ?? false }) else {
            throw ProfileViolation(rule, shown(), "is not within a network that is allowed")
        }
    }

    private func isReserved(_ address: IPAddress) -> Bool {
        reservedHosts.contains { IPAddress($0)?.unmapped == address.unmapped }
    }

    private func isReserved(host: String) -> Bool {
        if let address = IPAddress(host) { return isReserved(address) }
        return reservedHosts.contains { $0.lowercased() == host.lowercased() }
    }

    private func admitURI(_ name: AlternativeName) throws {
        guard let uri = URIOutline(name.value) else {
            throw ProfileViolation(.nameURI, name.shown, "is no absolute URI")
        }
        guard !uri.hasDotSegment else {
            throw ProfileViolation(.nameURI, name.shown, "has a «.» or «..» in its path")
        }
        if let host = uri.host, isReserved(host: host) {
            throw ProfileViolation(.nameReserved, name.shown, "has a host of the enrollment service itself")
        }
        guard uriPrefixes.contains(where: { uri.isBelow($0) }) else {
            throw ProfileViolation(.nameURI, name.shown, "does not begin with a prefix that is allowed")
        }
    }

    private func admitEmail(_ name: AlternativeName) throws {
        let parts = name.value.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        guard parts.count == 2, (1...64).contains(parts[0].count), parts[0].allSatisfy(AlternativeNameRule.isLocal),
            let domain = try? HostName(parts[1]), !domain.isWildcard
        else { throw ProfileViolation(.nameEmail, name.shown, "is no mailbox address") }
        if isReserved(host: domain.text) {
            throw ProfileViolation(.nameReserved, name.shown, "has a host of the enrollment service itself")
        }
        guard emailDomains.contains(where: { $0.lowercased() == domain.text }) else {
            throw ProfileViolation(.nameEmail, name.shown, "is not of a domain that is allowed")
        }
    }

    /// The characters of a dot-atom (RFC 5322 §3.2.3).
    private static func isLocal(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: "!#$%&'*+-/=?^_`{|}~.".utf8.contains(byte)
        }
    }
}
