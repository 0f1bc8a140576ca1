internal import SwiftASN1
internal import X509

extension Profile {
    /// Judges the requested subject, and encodes it anew where RFC 5280 wants another string type.
    /// - Throws: ``ProfileViolation``.
    func admitSubject(_ requested: DistinguishedName, remarks: inout [String]) throws -> DistinguishedName {
        var counts: [ASN1ObjectIdentifier: Int] = [:]
        var admitted: [RelativeDistinguishedName] = []
        for relativeName in requested.outlines {
            var attributes: [RelativeDistinguishedName.Attribute] = []
            for attribute in relativeName {
                guard let rule = subject.attributes.first(where: { $0.identifier == attribute.type }) else {
                    throw ProfileViolation(.subjectAttribute, attribute.shown, "has an attribute that is not allowed")
                }
                let count = counts[attribute.type, default: 0] + 1
                counts[attribute.type] = count
                guard count <= rule.maximumCount else {
                    throw ProfileViolation(
                        .subjectCount, attribute.shown,
                        "is one more of its attribute than the \(rule.maximumCount) allowed")
                }
                attributes.append(try admit(attribute, rule: rule, remarks: &remarks))
            }
            admitted.append(RelativeDistinguishedName(attributes))
        }
        let missing = subject.attributes.first { rule in
            rule.required && rule.identifier.map { counts[$0] } ?? nil == nil
        }
        if let missing {
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
            guard let compiled = NamePattern.known(pattern), compiled.matches(text) else {
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

extension SubjectRule.Attribute {
    /// The attribute's type; nil where the configuration has none that can be read, so that nothing is of it.
    fileprivate var identifier: ASN1ObjectIdentifier? { ObjectIdentifiers.known(type) }
}

/// What RFC 5280 appendix A says of an attribute's values: their string type and length.
struct SubjectSyntax: Sendable {
    enum Form {
        case directory
        case printable
        case ia5
    }

    let form: Form
    let lengths: ClosedRange<Int>

    private init(_ form: Form, _ lengths: ClosedRange<Int>) {
        self.form = form
        self.lengths = lengths
    }

    init(type: ASN1ObjectIdentifier) {
        self = Self.known[type] ?? SubjectSyntax(.directory, 1...256)
    }

    private static let known: [ASN1ObjectIdentifier: SubjectSyntax] = [
        [2, 5, 4, 3]: Self(.directory, 1...64), [2, 5, 4, 5]: Self(.printable, 1...64),
        [2, 5, 4, 6]: Self(.printable, 2...2), [2, 5, 4, 7]: Self(.directory, 1...128),
        [2, 5, 4, 8]: Self(.directory, 1...128), [2, 5, 4, 9]: Self(.directory, 1...128),
        [2, 5, 4, 10]: Self(.directory, 1...64), [2, 5, 4, 11]: Self(.directory, 1...64),
        [2, 5, 4, 12]: Self(.directory, 1...64), [2, 5, 4, 46]: Self(.printable, 1...64),
        ObjectIdentifiers.Name.emailAddress: Self(.ia5, 1...255),
        ObjectIdentifiers.Name.domainComponent: Self(.ia5, 1...63),
    ]

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
