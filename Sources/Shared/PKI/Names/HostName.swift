/// A DNS host name in its preferred form (RFC 1123), lower case, without a trailing dot; or a wildcard for one label.
struct HostName: Hashable, Sendable {
    /// The whole name, lower case, a wildcard's `*.` included.
    let text: String
    let isWildcard: Bool

    struct Failure: Error {
        /// What is wrong, as the end of a sentence that begins with the name.
        let reason: String
    }

    /// Reads a name as a certificate may hold it (RFC 5280 §4.2.1.6): letters, digits and hyphens, A-labels for
    /// anything else (RFC 5890 §2.3.2.1).
    init(_ bytes: some Collection<UInt8>) throws(Failure) {
        guard !bytes.isEmpty else { throw Failure(reason: "is empty") }
        guard bytes.allSatisfy({ $0 < 0x80 }) else {
            throw Failure(reason: "is not ASCII; an internationalized name is written with A-labels (xn--)")
        }
        guard bytes.count <= 253 else { throw Failure(reason: "is longer than 253 characters") }
        guard bytes.allSatisfy(HostName.isHostCharacter) else {
            throw Failure(reason: "has a character that no host name has")
        }
        let lower = bytes.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
        var labels = lower.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard labels.last?.isEmpty == false else { throw Failure(reason: "ends in a dot") }
        isWildcard = labels.first?.elementsEqual("*".utf8) ?? false
        text = String(decoding: lower, as: UTF8.self)
        if isWildcard { labels.removeFirst() }
        guard !labels.isEmpty else { throw Failure(reason: "is no name") }
        for label in labels { try HostName.check(label) }
        // Else an address in dotted digits could pass for a name.
        if let last = labels.last, last.allSatisfy({ (0x30...0x39).contains($0) }) {
            throw Failure(reason: "ends in digits only, as no host name does")
        }
    }

    init(_ text: String) throws(Failure) {
        try self.init(Array(text.utf8))
    }

    /// The name that a wildcard stands below; the name itself for any other.
    var base: String {
        isWildcard ? String(text.dropFirst(2)) : text
    }

    /// Whether this name, or a wildcard's base, equals `suffix` or lies below it, on a label boundary.
    func isWithin(_ suffix: String) -> Bool {
        let suffix = suffix.lowercased()
        guard suffix != "*" else { return true }
        let base = text.utf8.dropFirst(isWildcard ? 2 : 0)
        guard base.count > suffix.utf8.count else { return base.elementsEqual(suffix.utf8) }
        let end = base.suffix(suffix.utf8.count + 1)
        return end.first == UInt8(ascii: ".") && end.dropFirst().elementsEqual(suffix.utf8)
    }

    /// Whether a certificate for this name would be good for `host` too.
    func covers(_ host: String) -> Bool {
        guard isWildcard else { return NameText.isSame(text, host) }
        let host = host.lowercased()
        guard let dot = host.firstIndex(of: ".") else { return false }
        return host[host.index(after: dot)...] == base
    }

    private static func isHostCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "*"): true
        default: false
        }
    }

    private static func check(_ label: ArraySlice<UInt8>) throws(Failure) {
        guard let first = label.first, let last = label.last else { throw Failure(reason: "has an empty label") }
        guard label.count <= 63 else { throw Failure(reason: "has a label longer than 63 characters") }
        guard !label.contains(UInt8(ascii: "*")) else {
            throw Failure(reason: "has a wildcard that is not its whole first label")
        }
        guard first != UInt8(ascii: "-"), last != UInt8(ascii: "-") else {
            throw Failure(reason: "has a label that begins or ends with a hyphen")
        }
        // RFC 5890 §2.3.1 reserves hyphens in third and fourth place; only A-labels have a meaning there.
        guard label.count >= 4, label.dropFirst(2).prefix(2).elementsEqual("--".utf8) else { return }
        guard label.starts(with: "xn--".utf8), Punycode.isLabel(Array(label.dropFirst(4))) else {
            throw Failure(reason: "has a label that is no valid A-label")
        }
    }
}
