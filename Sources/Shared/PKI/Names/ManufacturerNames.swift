internal import SwiftASN1
package import X509

/// The names that the rules of a label give for one certificate of a manufacturer.
package struct ManufacturerNames: Sendable {
    private static let ruleName = ProfileViolation.Rule(rawValue: "manufacturer-names")
    /// More values of one kind than any honest certificate has.
    private static let maximumValues = 16

    /// What a subject may say beside the names: of what kind the device is and whose, never which one.
    private static let descriptive: Set<ASN1ObjectIdentifier> = Set(
        ["C", "ST", "L", "street", "O", "OU", "title", "DC"].compactMap(NameAttribute.type(named:)))

    private var commonNames: Set<CanonicalName> = []
    private var serialNumbers: Set<String> = []
    private var alternativeNames: Set<AlternativeName> = []
    /// For the refusal.
    private var shown: [String] = []

    /// - Parameters:
    ///   - certificate: the device's, which has been found good.
    ///   - manufacturer: whose it is.
    package init(rules: [ManufacturerNameRule], certificate: Certificate, manufacturer: String) {
        for rule in rules where rule.manufacturers?.contains(manufacturer) ?? true {
            add(rule, certificate)
        }
    }

    private mutating func add(_ rule: ManufacturerNameRule, _ certificate: Certificate) {
        // What does not compile was refused with the configuration; here it gives nothing.
        guard let source = ManufacturerNameSource(rule.source), let pattern = NamePattern.known(rule.pattern),
            let standard = NamePattern.known(ManufacturerNameRule.standardPattern)
        else { return }
        let matching = source.values(of: certificate).filter { pattern.matches($0) }
        for value in matching.prefix(Self.maximumValues) {
            func filled(_ templates: [String]) -> [String] {
                templates.compactMap { template in
                    (try? ManufacturerNameTemplate(template))?.filled { wanted in
                        guard wanted != source else { return value }
                        // Of another place only what can't be mistaken: one value, one label.
                        let others = wanted.values(of: certificate)
                        return others.count == 1 ? others.first.flatMap { standard.matches($0) ? $0 : nil } : nil
                    }
                }
            }
            for name in filled(rule.commonNames) where commonNames.insert(.init(commonName: name)).inserted {
                shown.append("CN=\(name)")
            }
            for number in filled(rule.serialNumbers) where serialNumbers.insert(NameText.comparable(number)).inserted {
                shown.append("serialNumber=\(number)")
            }
            let kinds: [(AlternativeName.Kind, [String])] = [
                (.dns, rule.dns), (.ip, rule.ip), (.uri, rule.uri), (.email, rule.email),
            ]
            for (kind, templates) in kinds {
                for name in filled(templates) {
                    if let name = AlternativeName.comparable(kind, name), alternativeNames.insert(name).inserted {
                        shown.append("\(kind.rawValue):\(name.shown)")
                    }
                }
            }
        }
    }

    /// Why a request for these names is refused; nil where each of them is given.
    package func refusal(of request: CertificationRequest) -> ProfileViolation? {
        let attributes = request.subject.outlines.joined()
        let names = request.alternativeNames ?? []
        for attribute in attributes {
            if let refused = refusal(of: attribute) { return violation(refused) }
        }
        for name in names where !alternativeNames.contains(name.comparable) {
            return violation("\(name.kind.rawValue):\(name.shown)")
        }
        let hasName = attributes.contains { !Self.descriptive.contains($0.type) } || !names.isEmpty
        return hasName ? nil : violation("no name")
    }

    private func refusal(of attribute: NameAttribute) -> String? {
        if Self.descriptive.contains(attribute.type) { return nil }
        if let text = attribute.text {
            switch attribute.name {
            case "CN": if commonNames.contains(CanonicalName(commonName: text)) { return nil }
            case "serialNumber": if serialNumbers.contains(NameText.comparable(text)) { return nil }
            default: break
            }
        }
        return attribute.shown
    }

    private func violation(_ value: String) -> ProfileViolation {
        let given = shown.isEmpty ? "none" : shown.prefix(8).map { DisplayText.escape($0) }.joined(separator: ", ")
        return ProfileViolation(
            Self.ruleName, value,
            "is not what the label's rules give for this manufacturer certificate (given: \(given))")
    }
}
