internal import SwiftASN1
package import X509

/// A subject as a person writes it: `/C=SE/O=Example/CN=pump-7` in the order of the certificate, as `openssl` has it;
/// `CN=pump-7,O=Example,C=SE` in the opposite order, as RFC 4514 has it; or a common name alone.
package struct SubjectText: Sendable {
    package let name: DistinguishedName

    /// The text is no subject.
    package struct Invalid: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// - Throws: ``Invalid`` that says what to change.
    package init(_ text: String) throws {
        if text.hasPrefix("/") {
            name = DistinguishedName(try Self.fields(String(text.dropFirst()), separator: "/").map(Self.relativeName))
        } else if text.contains("=") {
            name = DistinguishedName(try Self.fields(text, separator: ",").reversed().map(Self.relativeName))
        } else if !text.isEmpty {
            name = DistinguishedName([
                RelativeDistinguishedName(.init(type: .RDNAttributeType.commonName, utf8String: text))
            ])
        } else {
            throw Invalid(description: "an empty subject is left out instead")
        }
    }

    /// Splits at the separator where no backslash stands before it. Backslashes stay.
    private static func fields(_ text: String, separator: Character) throws -> [String] {
        var fields: [String] = [""]
        var isEscaped = false
        for character in text {
            if character == separator, !isEscaped {
                fields.append("")
            } else {
                fields[fields.count - 1].append(character)
            }
            isEscaped = character == "\\" && !isEscaped
        }
        return fields
    }

    /// One or several attributes, with `+` between them.
    private static func relativeName(_ text: String) throws -> RelativeDistinguishedName {
        RelativeDistinguishedName(try fields(text, separator: "+").map(attribute))
    }

    private static func attribute(_ text: String) throws -> RelativeDistinguishedName.Attribute {
        guard let equals = text.firstIndex(of: "=") else {
            throw Invalid(
                description: "«\(text)» is no attribute such as CN=pump-7; put a backslash before a separator")
        }
        let key = text[..<equals].filter { $0 != " " }
        let value = unescaped(text[text.index(after: equals)...])
        guard !value.isEmpty else { throw Invalid(description: "«\(key)» has no value") }
        guard let type = types[key.lowercased()] ?? identifier(key) else {
            throw Invalid(
                description: "«\(key)» is no attribute; known are \(names), and object identifiers such as 2.5.4.5")
        }
        do {
            return switch type {
            // RFC 5280 appendix A: these are PrintableStrings only; the others IA5Strings only.
            case .RDNAttributeType.countryName, serialNumber: try .init(type: type, printableString: value)
            case .RDNAttributeType.emailAddress, .RDNAttributeType.domainComponent:
                try .init(type: type, ia5String: value)
            default: .init(type: type, utf8String: value)
            }
        } catch {
            throw Invalid(description: "«\(value)» has characters that «\(key)» can't have")
        }
    }

    /// A dotted object identifier; the first arc is 0, 1 or 2, and no arc is longer than a real one.
    private static func identifier(_ text: String) -> ASN1ObjectIdentifier? {
        let arcs = text.split(separator: ".", omittingEmptySubsequences: false)
        guard arcs.count >= 2, let first = UInt(arcs[0]), first <= 2,
            arcs.allSatisfy({ (1...10).contains($0.utf8.count) })
        else { return nil }
        return try? ASN1ObjectIdentifier(dotRepresentation: text)
    }

    private static func unescaped(_ text: Substring) -> String {
        var result = ""
        var isEscaped = false
        for character in text {
            if character == "\\", !isEscaped {
                isEscaped = true
                continue
            }
            result.append(character)
            isEscaped = false
        }
        return result
    }

    private static let serialNumber: ASN1ObjectIdentifier = [2, 5, 4, 5]
    private static let names = "CN, O, OU, C, ST, L, STREET, DC, serialNumber, emailAddress, UID"
    private static let types: [String: ASN1ObjectIdentifier] = [
        "cn": .RDNAttributeType.commonName, "o": .RDNAttributeType.organizationName,
        "ou": .RDNAttributeType.organizationalUnitName, "c": .RDNAttributeType.countryName,
        "st": .RDNAttributeType.stateOrProvinceName, "l": .RDNAttributeType.localityName,
        "street": .RDNAttributeType.streetAddress, "dc": .RDNAttributeType.domainComponent,
        "serialnumber": serialNumber, "emailaddress": .RDNAttributeType.emailAddress,
        "uid": [0, 9, 2342, 19_200_300, 100, 1, 1],
    ]
}
