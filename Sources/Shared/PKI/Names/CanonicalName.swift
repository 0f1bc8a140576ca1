package import X509

/// A name in the one spelling that ownership is keyed by, with its kind: `dns:a.example.com`, `ip:10.0.0.1`,
/// `uri:urn:x:1`, `email:a@example.com`, `cn:device 1`.
///
/// A common name that looks like a DNS name or an address shares that name's namespace, so that no device takes with
/// the one what another holds as the other.
package struct CanonicalName: Hashable, Sendable, CustomStringConvertible, Comparable {
    package let kind: String
    /// Lower case where case doesn't matter; what does not show is escaped, and so is the backslash.
    package let value: String

    package var description: String { "\(kind):\(value)" }

    package static func < (left: Self, right: Self) -> Bool {
        (left.kind, left.value) < (right.kind, right.value)
    }

    private init(kind: String, value: String) {
        self.kind = kind
        self.value = value
    }

    private init(kind: String, bytes: [UInt8]) {
        self.kind = kind
        self.value = String(
            decoding: bytes.flatMap { byte -> [UInt8] in
                (0x21...0x7e).contains(byte) && byte != UInt8(ascii: "\\")
                    ? [byte] : Array("\\x".utf8) + Array([byte].hexadecimal.utf8)
            }, as: UTF8.self)
    }

    /// The name of a subjectAltName.
    package init(_ name: AlternativeName) {
        switch name.kind {
        case .ip:
            let text = IPAddress(bytes: name.value).map { Array($0.unmapped.description.utf8) }
            self.init(kind: "ip", bytes: text ?? name.value)
        case .dns, .uri, .email:
            self.init(kind: name.kind.rawValue, bytes: name.comparable.value)
        default:
            self.init(kind: name.kind.rawValue, bytes: Array(name.value.hexadecimal.utf8))
        }
    }

    /// The name that a common name stands for.
    ///
    /// It looks like a DNS name where it has a dot and only letters, digits, `-`, `_`, `*` and dots, in any script, or
    /// where it equals one of `hosts`, names without a dot that are known for host names.
    package init(commonName text: String, hosts: [String] = []) {
        let trimmed = NameText.comparable(text)
        if let address = IPAddress(trimmed) {
            self.init(kind: "ip", bytes: Array(address.unmapped.description.utf8))
        } else if CanonicalName.looksLikeHost(trimmed, hosts: hosts) {
            self.init(kind: "dns", bytes: Array(trimmed.utf8))
        } else {
            let visible = trimmed.unicodeScalars.map { scalar in
                DisplayText.isVisible(scalar) && scalar != "\\"
                    ? String(scalar) : "\\u{\(String(scalar.value, radix: 16))}"
            }
            self.init(kind: "cn", value: visible.joined())
        }
    }

    static func looksLikeHost(_ text: String, hosts: [String]) -> Bool {
        if hosts.contains(where: { $0 != "*" && $0.lowercased() == text.lowercased() }) { return true }
        guard text.utf8.contains(UInt8(ascii: ".")) else { return false }
        return text.unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "-", "_", "*", ".": true
            default: !scalar.isASCII && scalar.properties.isAlphabetic
            }
        }
    }

    /// The names of a subject and its alternative names, each once: common names first, then in their order.
    package static func list(
        subject: DistinguishedName, alternativeNames: [AlternativeName], hosts: [String] = []
    ) -> [CanonicalName] {
        let common = subject.outlines.joined().filter { $0.type == ObjectIdentifiers.Name.commonName }
        let names =
            common.compactMap(\.text).map { CanonicalName(commonName: $0, hosts: hosts) }
            + alternativeNames.map { CanonicalName($0) }
        var seen: Set<CanonicalName> = []
        return names.filter { seen.insert($0).inserted }
    }
}
