internal import SwiftASN1
internal import X509

/// One attribute of a distinguished name, with its text if it has one.
struct NameAttribute: Sendable {
    let type: ASN1ObjectIdentifier
    /// The value, DER.
    let encoded: [UInt8]
    let stringType: ASN1Identifier?
    /// nil where the value is no string, or not a valid one.
    let text: String?

    init(_ attribute: RelativeDistinguishedName.Attribute) {
        type = attribute.type
        var serializer = DER.Serializer()
        // An ASN1Any is bytes that were parsed before; they go through unchanged.
        let node = try? {
            try serializer.serialize(ASN1Any(attribute.value))
            return try DER.parse(serializer.serializedBytes)
        }()
        encoded = serializer.serializedBytes
        stringType = node?.identifier
        text = node.flatMap(NameText.decode)
    }

    /// Equal for two attributes that RFC 5280 §7.1 calls the same.
    var comparable: [UInt8] {
        let value = text.map { [1] + Array(NameText.comparable($0).utf8) } ?? [0] + encoded
        return Array(type.description.utf8) + [0] + value
    }

    /// The attribute as a refusal shows it, such as `CN=device-1`.
    var shown: String {
        let value = text.map { DisplayText.escape($0) } ?? "0x" + DisplayText.escape(encoded.hexadecimal)
        return "\(name)=\(value)"
    }

    var name: String { NameAttribute.name(of: type) }

    /// The type with a name that ``name(of:)`` gives, such as `serialNumber`.
    static func type(named name: String) -> ASN1ObjectIdentifier? {
        names.first { $0.value == name }?.key
    }

    static func name(of type: ASN1ObjectIdentifier) -> String {
        names[type] ?? DisplayText.escape(type.description)
    }

    private static let names: [ASN1ObjectIdentifier: String] = [
        [2, 5, 4, 3]: "CN", [2, 5, 4, 4]: "SN", [2, 5, 4, 5]: "serialNumber", [2, 5, 4, 6]: "C", [2, 5, 4, 7]: "L",
        [2, 5, 4, 8]: "ST", [2, 5, 4, 9]: "street", [2, 5, 4, 10]: "O", [2, 5, 4, 11]: "OU", [2, 5, 4, 12]: "title",
        [2, 5, 4, 42]: "givenName", [2, 5, 4, 46]: "dnQualifier", [0, 9, 2342, 19_200_300, 100, 1, 1]: "UID",
        [0, 9, 2342, 19_200_300, 100, 1, 25]: "DC", [1, 2, 840, 113549, 1, 9, 1]: "emailAddress",
    ]
}

extension DistinguishedName {
    /// Every attribute, RDN by RDN.
    var outlines: [[NameAttribute]] {
        map { $0.map(NameAttribute.init) }
    }

    /// Equal for two names that RFC 5280 §7.1 calls the same: RDN by RDN in order, the attributes of each as a set.
    var comparable: [Set<[UInt8]>] {
        outlines.map { Set($0.map(\.comparable)) }
    }
}
