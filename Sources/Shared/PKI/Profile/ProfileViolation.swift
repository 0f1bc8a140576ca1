/// What a profile does not allow: the rule, and the offending value.
package struct ProfileViolation: Error, Sendable, Equatable, CustomStringConvertible {
    /// A rule's name. It is stable: answers, events and tests name it.
    package struct Rule: RawRepresentable, Hashable, Sendable {
        package let rawValue: String

        package init(rawValue: String) { self.rawValue = rawValue }
    }

    package let rule: Rule
    /// What was asked for, escaped and cut for display.
    package let value: String
    /// One sentence with the rule and the value, for whoever sent the request.
    package let message: String

    /// - Parameter reason: the end of a sentence that begins with the value.
    init(_ rule: Rule, _ value: String, _ reason: String) {
        self.rule = rule
        self.value = value
        self.message = "\(rule.rawValue): «\(value)» \(reason)."
    }

    package var description: String { message }
}

extension ProfileViolation.Rule {
    package static let keyAlgorithm = Self(rawValue: "key.algorithm")
    package static let keySize = Self(rawValue: "key.size")
    package static let keyExponent = Self(rawValue: "key.exponent")
    package static let keyWeak = Self(rawValue: "key.weak")
    package static let signatureAlgorithm = Self(rawValue: "signature-algorithm")

    package static let subjectAttribute = Self(rawValue: "subject.attribute")
    package static let subjectRequired = Self(rawValue: "subject.required")
    package static let subjectCount = Self(rawValue: "subject.count")
    package static let subjectPattern = Self(rawValue: "subject.pattern")
    package static let subjectLength = Self(rawValue: "subject.length")
    package static let subjectEncoding = Self(rawValue: "subject.encoding")
    /// A common name that looks like a DNS name or an address, and that is not allowed as one.
    package static let subjectCommonName = Self(rawValue: "subject.common-name")
    package static let changeSubjectName = Self(rawValue: "change-subject-name")

    package static let nameDNS = Self(rawValue: "subject-alternative-name.dns")
    package static let nameWildcard = Self(rawValue: "subject-alternative-name.wildcard")
    package static let nameIP = Self(rawValue: "subject-alternative-name.ip")
    package static let nameURI = Self(rawValue: "subject-alternative-name.uri")
    package static let nameEmail = Self(rawValue: "subject-alternative-name.email")
    package static let nameKind = Self(rawValue: "subject-alternative-name.kind")
    package static let nameCount = Self(rawValue: "subject-alternative-name.count")
    package static let nameReserved = Self(rawValue: "subject-alternative-name.reserved")

    package static let keyUsage = Self(rawValue: "key-usage")
    package static let extendedKeyUsage = Self(rawValue: "extended-key-usage")
    package static let basicConstraints = Self(rawValue: "basic-constraints")
    package static let criticalExtension = Self(rawValue: "extension.critical")
    package static let unknownExtension = Self(rawValue: "extension.unknown")
    package static let validity = Self(rawValue: "validity")
}
