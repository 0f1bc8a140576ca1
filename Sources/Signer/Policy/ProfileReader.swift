internal import ConfigurationFile
internal import Foundation
internal import PKI

/// Reads one profile of `policy.yaml`.
enum ProfileReader {
    static func profile(_ reader: ConfigurationReader) throws -> Profile {
        let profile = Profile(
            name: try reader.string("name"),
            version: try reader.integer("version", default: 1, in: 1...1_000_000_000),
            keys: try keys(reader),
            signatureAlgorithms: try reader.choices("signature-algorithms", default: SignatureAlgorithm.allCases),
            keyUsage: try keyUsage(reader),
            extendedKeyUsage: try extendedKeyUsage(reader),
            validity: try validity(reader),
            subject: try subject(reader),
            names: try names(reader),
            allowsKeyReuse: try reader.boolean("allow-key-reuse", default: true),
            ignoredExtensions: try reader.strings("ignore-extensions", default: []).enumerated().map {
                index, text in
                guard isObjectIdentifier(text) else {
                    throw reader.error(
                        "ignore-extensions", at: index,
                        "a dotted object identifier such as 1.3.6.1.4.1.311.21.7 is expected")
                }
                return text
            },
            serverKey: reader.contains("server-key") ? try reader.choice("server-key") : nil)
        if let serverKey = profile.serverKey, !serverKey.isAllowed(by: profile.keys) {
            throw reader.error(
                "server-key", "«\(serverKey.rawValue)» is not among the kinds and sizes that `keys` and `rsa` allow")
        }
        guard !profile.signatureAlgorithms.isEmpty else {
            throw reader.error("signature-algorithms", "at least one is needed")
        }
        do {
            try profile.validate()
        } catch {
            throw reader.error("name", "profile «\(profile.name)»: \(error)")
        }
        try reader.finish()
        return profile
    }

    private enum KeyKind: String, CaseIterable {
        case p256
        case p384
        case p521
        case ed25519
        case rsa
    }

    private static func keys(_ reader: ConfigurationReader) throws -> [KeyRule] {
        let kinds: [KeyKind] = try reader.choices("keys", default: [.p256, .p384, .ed25519, .rsa])
        guard !kinds.isEmpty else { throw reader.error("keys", "at least one kind of key is needed") }
        let rsa = try reader.mapping("rsa")
        let minimum = try rsa?.integer("minimum-bits", default: 2048, in: 2048...16384) ?? 2048
        let maximum = try rsa?.integer("maximum-bits", default: 4096, in: 2048...16384) ?? 4096
        let exponent = try rsa?.integer("minimum-exponent", default: 65537, in: 3...0x7fff_ffff) ?? 65537
        guard minimum <= maximum else {
            throw reader.error("rsa", "minimum-bits is more than maximum-bits")
        }
        try rsa?.finish()
        return kinds.map {
            switch $0 {
            case .p256: .p256
            case .p384: .p384
            case .p521: .p521
            case .ed25519: .ed25519
            case .rsa: .rsa(minimumBits: minimum, maximumBits: maximum, minimumExponent: exponent)
            }
        }
    }

    private static func keyUsage(_ reader: ConfigurationReader) throws -> KeyUsageRule {
        let usage = try reader.mapping("key-usage")
        let standard: [KeyUsageRule.Usage] =
            try usage?.choices("standard", default: [.digitalSignature]) ?? [.digitalSignature]
        let rule = KeyUsageRule(
            standard: standard,
            allowed: try usage?.choices("allowed", default: standard) ?? standard,
            narrows: try usage?.boolean("narrow", default: true) ?? true)
        guard !standard.isEmpty, standard.allSatisfy(rule.allowed.contains) else {
            throw reader.error("key-usage", "standard needs at least one usage, and each must be in allowed")
        }
        try usage?.finish()
        return rule
    }

    private static func extendedKeyUsage(_ reader: ConfigurationReader) throws -> ExtendedKeyUsageRule {
        let usage = try reader.mapping("extended-key-usage")
        func identifiers(_ key: String, default standard: [String]) throws -> [String] {
            guard let usage, usage.contains(key) else { return standard }
            return try usage.strings(key).enumerated().map { index, text in
                if let known = ExtendedKeyUsageName(rawValue: text) { return known.objectIdentifier }
                guard isObjectIdentifier(text) else {
                    let known = ExtendedKeyUsageName.allCases.map(\.rawValue).joined(separator: ", ")
                    throw usage.error(key, at: index, "one of \(known), or a dotted object identifier is expected")
                }
                return text
            }
        }
        let standard = try identifiers("standard", default: [ExtendedKeyUsageName.clientAuth.objectIdentifier])
        let rule = ExtendedKeyUsageRule(standard: standard, allowed: try identifiers("allowed", default: standard))
        guard standard.allSatisfy(rule.allowed.contains) else {
            throw reader.error("extended-key-usage", "each usage in standard must be in allowed")
        }
        try usage?.finish()
        return rule
    }

    private enum ExtendedKeyUsageName: String, CaseIterable {
        case serverAuth = "server-auth"
        case clientAuth = "client-auth"
        case codeSigning = "code-signing"
        case emailProtection = "email-protection"
        case timeStamping = "time-stamping"

        var objectIdentifier: String {
            switch self {
            case .serverAuth: "1.3.6.1.5.5.7.3.1"
            case .clientAuth: "1.3.6.1.5.5.7.3.2"
            case .codeSigning: "1.3.6.1.5.5.7.3.3"
            case .emailProtection: "1.3.6.1.5.5.7.3.4"
            case .timeStamping: "1.3.6.1.5.5.7.3.8"
            }
        }
    }

    private static func validity(_ reader: ConfigurationReader) throws -> ValidityRule {
        let validity = try reader.mapping("validity")
        let years: ClosedRange<Duration> = .seconds(60) ... .seconds(100 * 366 * 86400)
        let standard =
            try validity?.duration("standard", default: .seconds(90 * 86400), in: years) ?? .seconds(90 * 86400)
        let maximum = try validity?.duration("maximum", default: standard, in: years) ?? standard
        guard standard <= maximum else { throw reader.error("validity", "standard is longer than maximum") }
        let rule = ValidityRule(
            standard: standard.wholeSeconds, maximum: maximum.wholeSeconds,
            backdating: try
                (validity?.duration(
                    "backdating", default: .seconds(300), in: .zero ... .seconds(7 * 86400)) ?? .seconds(300))
                .wholeSeconds,
            longer: try validity?.choice("longer", default: .clamp) ?? .clamp)
        try validity?.finish()
        return rule
    }

    private static func subject(_ reader: ConfigurationReader) throws -> SubjectRule {
        guard reader.contains("subject") else {
            return SubjectRule(attributes: [
                .init(type: AttributeName.commonName.objectIdentifier, required: true, pattern: nil, maximumCount: 1)
            ])
        }
        return SubjectRule(
            attributes: try reader.mappings("subject").map { attribute in
                let name = try attribute.string("attribute")
                guard
                    let type = AttributeName(rawValue: name)?.objectIdentifier
                        ?? (isObjectIdentifier(name) ? name : nil)
                else {
                    let known = AttributeName.allCases.map(\.rawValue).joined(separator: ", ")
                    throw attribute.error("attribute", "one of \(known), or a dotted object identifier is expected")
                }
                let rule = SubjectRule.Attribute(
                    type: type, required: try attribute.boolean("required", default: false),
                    pattern: try attribute.optionalString("pattern"),
                    maximumCount: try attribute.integer("maximum-count", default: 1, in: 1...64))
                try attribute.finish()
                return rule
            })
    }

    private enum AttributeName: String, CaseIterable {
        case commonName = "CN"
        case serialNumber = "serialNumber"
        case organization = "O"
        case organizationalUnit = "OU"
        case country = "C"
        case state = "ST"
        case locality = "L"
        case street = "street"
        case title = "title"
        case emailAddress = "emailAddress"
        case domainComponent = "DC"
        case userID = "UID"
        case qualifier = "dnQualifier"

        var objectIdentifier: String {
            switch self {
            case .commonName: "2.5.4.3"
            case .serialNumber: "2.5.4.5"
            case .country: "2.5.4.6"
            case .locality: "2.5.4.7"
            case .state: "2.5.4.8"
            case .street: "2.5.4.9"
            case .organization: "2.5.4.10"
            case .organizationalUnit: "2.5.4.11"
            case .title: "2.5.4.12"
            case .qualifier: "2.5.4.46"
            case .emailAddress: "1.2.840.113549.1.9.1"
            case .domainComponent: "0.9.2342.19200300.100.1.25"
            case .userID: "0.9.2342.19200300.100.1.1"
            }
        }
    }

    private static func names(_ reader: ConfigurationReader) throws -> AlternativeNameRule {
        let names = try reader.mapping("subject-alternative-names")
        let rule = AlternativeNameRule(
            dnsSuffixes: try names?.strings("dns", default: []) ?? [],
            dnsWildcards: try names?.strings("dns-wildcards", default: []) ?? [],
            ipNetworks: try names?.strings("ip", default: []) ?? [],
            uriPrefixes: try names?.strings("uri", default: []) ?? [],
            emailDomains: try names?.strings("email", default: []) ?? [],
            maximumCount: try names?.integer("maximum-count", default: 10, in: 0...100) ?? 10,
            reservedHosts: [])
        try names?.finish()
        return rule
    }

    private static func isObjectIdentifier(_ text: String) -> Bool {
        let arcs = text.split(separator: ".", omittingEmptySubsequences: false)
        return arcs.count >= 2 && text.utf8.count <= 128
            && arcs.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } && UInt64($0) != nil }
    }
}
