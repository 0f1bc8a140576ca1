internal import SwiftASN1
internal import X509

extension Profile {
    /// Judges the requested subject, and encodes it anew where RFC 5280 wants another string type.
    /// - Throws: ``ProfileViolation``.
    func admitSubject(_ requested: DistinguishedName, remarks: inout [String]) throws -> DistinguishedName {
        var counts: [String: Int] = [:]
        var admitted: [RelativeDistinguishedName] = []
        for relativeName in requested.outlines {
            var attributes: [RelativeDistinguishedName.Attribute] = []
            for attribute in relativeName {
                let dotted = attribute.type.description
                guard let rule = subject.attributes.first(where: { $0.type == dotted }) else {
                    throw ProfileViolation(.subjectAttribute, attribute.shown, "has an attribute that is not allowed")
                }
                let count = counts[dotted, default: 0] + 1
                counts[dotted] = count
                guard count <= rule.maximumCount else {
                    throw ProfileViolation(
                        .subjectCount, attribute.shown,
                        "is one more of its attribute than the \(rule.maximumCount) allowed")
                }
                attributes.append(try admit(attribute, rule: rule, remarks: &remarks))
            }
            admitted.append(RelativeDistinguishedName(attributes))
        }
        if let missing = subject.attributes.first(where: { $0.required && counts[$0.type] == nil }) {
            let name = ObjectIdentifiers.parse(missing.type).map(NameAttribute.name)
            throw ProfileViolation(.subjectRequired, name ?? missing.type, "is required in the subject, and missing")
        }
        return DistinguishedName(admitted)
    }

    private func admit(
        _ attribute: NameAttribute, rule: SubjectRule.Attribute, remarks: inout [String]
    ) throws -> RelativeDistinguishedName.Attribute {
        guard let text = attribute.text, let type = attribute.stringType else {
            throw ProfileViolation(.subjectEncoding, attribute.shown, "is no text, or not in a string type known here")
        }
        let syntax = SubjectSyntax(type: attribute.type)
        guard syntax.lengths.contains(text.unicodeScalars.count) else {
            throw ProfileViolation(
                .subjectLength, attribute.shown,
                "does not have from \(syntax.lengths.lowerBound) to \(syntax.lengths.upperBound) characters")
        }
        guard text.unicodeScalars.allSatisfy(DisplayText.isVisible) else {
            throw ProfileViolation(.subjectEncoding, attribute.shown, "has a character that does not show")
        }
        if let pattern = rule.pattern {
            // A pattern that does not compile was refused with the configuration; here it matches nothing.
            guard let compiled = try? NamePattern(pattern), compiled.matches(text) else {
                throw ProfileViolation(.subjectPattern, attribute.shown, "does not match the pattern that is set")
            }
        }
        if attribute.type == ObjectIdentifiers.Name.commonName { try names.admitCommonName(text) }
        guard let value = syntax.value(text, from: type) else {
            throw ProfileViolation(
                .subjectEncoding, attribute.shown, "cannot be written in its attribute's string type")
        }
        if value.isConverted { remarks.append("The subject's \(attribute.name) was encoded anew.") }
        return RelativeDistinguishedName.Attribute(type: attribute.type, value: value.value)
    }
}

/// What RFC 5280 appendix A says of an attribute's values: their string type and length.
struct SubjectSyntax {
    enum Form {
        case directory
        case printable
        case ia5
    }

    let form: Form
    let lengths: ClosedRange<Int>

    init(type: ASN1ObjectIdentifier) {
        switch type {
        case [2, 5, 4, 6]: (form, lengths) = (.printable, 2...2)
        case [2, 5, 4, 5], [2, 5, 4, 46]: (form, lengths) = (.printable, 1...64)
        case ObjectIdentifiers.Name.emailAddress: (form, lengths) = (.ia5, 1...255)
        case ObjectIdentifiers.Name.domainComponent: (form, lengths) = (.ia5, 1...63)
        case [2, 5, 4, 7], [2, 5, 4, 8], [2, 5, 4, 9]: (form, lengths) = (.directory, 1...128)
        case [2, 5, 4, 3], [2, 5, 4, 10], [2, 5, 4, 11], [2, 5, 4, 12]: (form, lengths) = (.directory, 1...64)
        default: (form, lengths) = (.directory, 1...256)
        }
    }

    typealias Value = (value: RelativeDistinguishedName.Attribute.Value, isConverted: Bool)

    /// The text in the string type that it came in, where that is allowed, and in the one that is allowed otherwise.
    func value(_ text: String, from type: ASN1Identifier) -> Value? {
        switch form {
        case .directory:
            if type == .printableString,
                let value = try? RelativeDistinguishedName.Attribute.Value(printableString: text)
            {
                return (value, false)
            }
            return (RelativeDistinguishedName.Attribute.Value(utf8String: text), type != .utf8String)
        case .printable:
            return (try? RelativeDistinguishedName.Attribute.Value(printableString: text)).map {
                ($0, type != .printableString)
            }
        case .ia5:
            return (try? RelativeDistinguishedName.Attribute.Value(ia5String: text)).map { ($0, type != .ia5String) }
        }
    }
}
