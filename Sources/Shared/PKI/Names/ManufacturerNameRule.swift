/// A rule of a label: which names a manufacturer's certificate may ask for (design §6).
///
/// It takes a value from the manufacturer's certificate, such as the serialNumber of its subject, and says with
/// templates which names a device with this value may have. What no rule gives, nobody gets: an empty list of
/// templates, or of rules, never means «anything».
package struct ManufacturerNameRule: Codable, Sendable, Equatable {
    /// One label of a host name: what a value must be where the rule has no pattern of its own. So no value has a dot or
    /// another sign that would make another name of the template than its author meant.
    package static let standardPattern = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"

    /// Where the value comes from: `CN`, `serialNumber` or another attribute of the subject, or a subjectAltName's kind.
    package var source: String
    /// A regular expression that the whole value must match.
    package var pattern: String
    /// The manufacturers for whose certificates the rule is; nil for all that the label accepts.
    package var manufacturers: [String]?

    // What it gives: templates such as `{serialNumber}.devices.example.com`.

    package var commonNames: [String]
    /// Values of the subject's serialNumber.
    package var serialNumbers: [String]
    package var dns: [String]
    package var ip: [String]
    package var uri: [String]
    package var email: [String]

    package init(
        source: String, pattern: String = ManufacturerNameRule.standardPattern, manufacturers: [String]? = nil,
        commonNames: [String] = [], serialNumbers: [String] = [], dns: [String] = [], ip: [String] = [],
        uri: [String] = [], email: [String] = []
    ) {
        self.source = source
        self.pattern = pattern
        self.manufacturers = manufacturers
        self.commonNames = commonNames
        self.serialNumbers = serialNumbers
        self.dns = dns
        self.ip = ip
        self.uri = uri
        self.email = email
    }

    /// What is wrong with a rule, whatever certificate comes.
    package struct Invalid: Error, Sendable, Equatable, CustomStringConvertible {
        /// The key in the configuration.
        package let key: String
        /// What is wrong and what is allowed.
        package let message: String

        package var description: String { "\(key): \(message)" }
    }

    /// Checks what can be checked before any certificate comes.
    package func validate() throws(Invalid) {
        guard let parsed = ManufacturerNameSource(source) else {
            throw Invalid(
                key: "from",
                message: "«\(source)» is no attribute of a subject such as CN or serialNumber, no dotted object "
                    + "identifier, and none of dns, ip, uri, email")
        }
        if case .alternativeName = parsed, pattern == Self.standardPattern {
            throw Invalid(key: "pattern", message: "a rule that starts from a subjectAltName needs a pattern")
        }
        do throws(NamePattern.Failure) {
            _ = try NamePattern(pattern)
        } catch {
            throw Invalid(key: "pattern", message: error.description)
        }
        for (key, templates) in templates {
            for text in templates {
                let template: ManufacturerNameTemplate
                do throws(ManufacturerNameTemplate.Failure) {
                    template = try ManufacturerNameTemplate(text)
                } catch {
                    throw Invalid(key: key, message: "«\(text)»: \(error.description)")
                }
                guard template.sources.contains(parsed) else {
                    throw Invalid(
                        key: key, message: "«\(text)» must have {\(source)} in it: it would be every device's name")
                }
            }
        }
        guard templates.contains(where: { !$0.templates.isEmpty }) else {
            throw Invalid(
                key: "from",
                message: "a rule must give names: at least one of common-name, serial-number, dns, ip, uri, email")
        }
    }

    /// The templates by their key in the configuration.
    private var templates: [(key: String, templates: [String])] {
        [
            ("common-name", commonNames), ("serial-number", serialNumbers), ("dns", dns), ("ip", ip), ("uri", uri),
            ("email", email),
        ]
    }
}
