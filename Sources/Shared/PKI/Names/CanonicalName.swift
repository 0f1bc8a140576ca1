package import X509

/// A name in the one spelling that ownership is keyed by, with its kind: `dns:a.example.com`, `ip:10.0.0.1`,
/// `uri:urn:x:1`, `email:a@example.com`, `cn:device 1`, `serial:ac123456`.
///
/// A common name that looks like a DNS name or an address shares that name's namespace, so that no device takes with
/// the one what another holds as the other.
package struct CanonicalName: Hashable, Sendable, CustomStringConvertible, Comparable {
    /// Of the names that a profile can admit.
    package static let kinds = ["dns", "ip", "uri", "email", "cn", "serial", "uid", "dn-qualifier"]

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
        guard !bytes.allSatisfy(CanonicalName.isPlain) else {
            value = String(decoding: bytes, as: UTF8.self)
            return
        }
        value = String(
            decoding: bytes.flatMap { byte -> [UInt8] in
                CanonicalName.isPlain(byte)
                    ? [byte] : Array("\\x".utf8) + Array([byte].hexadecimal.utf8)
            }, as: UTF8.self)
    }

    /// Whether a byte stands for itself in a name's value.
    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x21...0x7e).contains(byte) && byte != UInt8(ascii: "\\")
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
            self.init(kind: "cn", comparable: trimmed)
        }
    }

    /// - Parameter text: as RFC 5280 §7.1 compares it.
    private init(kind: String, comparable text: String) {
        guard !text.utf8.allSatisfy({ $0 == 0x20 || CanonicalName.isPlain($0) }) else {
            self.init(kind: kind, value: text)
            return
        }
        let visible = text.unicodeScalars.map { scalar in
            DisplayText.isVisible(scalar) && scalar != "\\"
                ? String(scalar) : "\\u{\(String(scalar.value, radix: 16))}"
        }
        self.init(kind: kind, value: visible.joined())
    }

    /// The name that another attribute of a subject stands for, one that says which device it is; nil for all others.
    private init?(identifying attribute: NameAttribute) {
        guard let text = attribute.text else { return nil }
        switch attribute.name {
        case "emailAddress":
            guard let mailbox = AlternativeName.comparable(.email, text) else { return nil }
            self.init(mailbox)
        case "serialNumber": self.init(kind: "serial", comparable: NameText.comparable(text))
        case "UID": self.init(kind: "uid", comparable: NameText.comparable(text))
        case "dnQualifier": self.init(kind: "dn-qualifier", comparable: NameText.comparable(text))
        default: return nil
        }
    }

    static func looksLikeHost(_ text: String, hosts: [String]) -> Bool {
        if hosts.contains(where: { $0 != "*" && NameText.isSame($0, text) }) { return true }
        guard text.utf8.contains(UInt8(ascii: ".")) else { return false }
        return text.unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "-", "_", "*", ".": true
            default: !scalar.isASCII && scalar.properties.isAlphabetic
            }
        }
    }

    /// The names of a subject and its alternative names, each once: common names first, then in their order.
    ///
    /// Where there are neither, the subject's serialNumber, UID, emailAddress and dnQualifier are what names the device.
    /// Beside a common name or an alternative name they name nothing: many devices may have them in common.
    package static func list(
        subject: DistinguishedName, alternativeNames: [AlternativeName], hosts: [String] = []
    ) -> [CanonicalName] {
        let attributes = Array(subject.outlines.joined())
        let common = attributes.filter { $0.type == ObjectIdentifiers.Name.commonName }
        var names =
            common.compactMap(\.text).map { CanonicalName(commonName: $0, hosts: hosts) }
            + alternativeNames.map { CanonicalName($0) }
        if names.isEmpty {
            names = attributes.compactMap { CanonicalName(identifying: $0) }
        }
        var seen: Set<CanonicalName> = []
        return names.filter { seen.insert($0).inserted }
    }
}
