internal import ClusterProtocol
internal import ConfigurationFile
internal import Crypto
internal import Foundation
internal import PKI

/// Reads `policy.yaml`: profiles and labels (design §6, §8; every key is in docs/configuration.md).
struct PolicyFile {
    /// The label's name stands in the path beside the operations' names, so that it can be none of them (RFC 7030 §3.2.2).
    private static let operations: Set<String> = [
        "cacerts", "simpleenroll", "simplereenroll", "fullcmc", "serverkeygen", "csrattrs",
    ]

    var path: String
    /// The authorities that the signer's configuration names.
    var authorities: Set<String>
    /// Their public keys and those of what is above them, DER: no manufacturer's.
    var authorityKeys: Set<[UInt8]> = []

    /// The same file for other authorities.
    func naming(_ authorities: [IssuingAuthority]) throws -> PolicyFile {
        PolicyFile(
            path: path, authorities: Set(authorities.map(\.name)),
            authorityKeys: try IssuingAuthority.publicKeys(of: authorities))
    }

    /// - Throws: `ConfigurationError` with file, line and what is allowed.
    func load() throws -> Policy {
        try read(ConfigurationReader.load(path: path))
    }

    /// Reads a whole file's keys.
    func read(_ reader: ConfigurationReader) throws -> Policy {
        let profiles = try reader.mappings("profiles").map(ProfileReader.profile)
        guard !profiles.isEmpty else { throw reader.error("profiles", "at least one profile is needed") }
        try refuseDuplicates(of: profiles.map(\.name), in: reader, key: "profiles")
        let manufacturers = try reader.mappings("manufacturers")
            .map(ManufacturerReader(authorityKeys: authorityKeys).manufacturer)
        try refuseDuplicates(of: manufacturers.map(\.trust.name), in: reader, key: "manufacturers")
        var labelRates: [String: Rate] = [:]
        let labels = try reader.mappings("labels").map { reader in
            let rate = try reader.rate("rate", default: nil)
            let label = try label(reader, profiles: profiles, manufacturers: manufacturers)
            labelRates[label.name] = rate
            return label
        }
        guard !labels.isEmpty else { throw reader.error("labels", "at least one label is needed") }
        try refuseDuplicates(of: labels.map(\.name), in: reader, key: "labels")
        try reader.finish()
        return Policy(
            profiles: profiles, labels: labels, sha256: Self.sha256(of: reader.contents, manufacturers),
            manufacturers: manufacturers, labelRates: labelRates)
    }

    /// Without manufacturers the hash of the file alone, as `sha256sum` gives it.
    private static func sha256(of contents: [UInt8], _ manufacturers: [Manufacturer]) -> String {
        var hash = SHA256()
        hash.update(data: contents)
        for certificate in manufacturers.flatMap({ $0.description.anchors + $0.description.intermediates }) {
            hash.update(data: certificate)
        }
        return hash.finalize().hexadecimal
    }

    private func refuseDuplicates(of names: [String], in reader: ConfigurationReader, key: String) throws {
        var seen: Set<String> = []
        for (index, name) in names.enumerated() where !seen.insert(name).inserted {
            throw reader.error(key, at: index, "«\(name)» is there twice")
        }
    }

    private func label(
        _ reader: ConfigurationReader, profiles: [Profile], manufacturers: [Manufacturer]
    ) throws -> LabelDescription {
        let name = try reader.string("name")
        guard !Self.operations.contains(name) else {
            throw reader.error("name", "«\(name)» is the name of an EST operation; a label needs another one")
        }
        guard PathSegment.isName(name) else {
            throw reader.error("name", "a label is \(PathSegment.rule), as it stands in a path")
        }
        let profile = try reader.string("profile")
        guard profiles.contains(where: { $0.name == profile }) else {
            throw reader.error(
                "profile", "no profile «\(profile)»; there are: \(profiles.map(\.name).joined(separator: ", "))")
        }
        let authority = try self.authority(try reader.string("authority"), key: "authority", reader)
        let ways: [AuthenticationWay] = try reader.choices("authentication", default: [.certificate, .secret])
        guard !ways.isEmpty else {
            throw reader.error("authentication", "at least one of certificate, secret is needed")
        }
        let requires: LabelDescription.Requirement = try reader.choice("require", default: .either)
        guard requires == .either || ways.count == 2 else {
            throw reader.error("require", "«both» needs certificate and secret under authentication")
        }
        let (trusted, names) = try ManufacturerReader(authorityKeys: authorityKeys)
            .label(reader, acceptsCertificates: ways.contains(.certificate), manufacturers: manufacturers)
        let serverKeyGeneration: LabelDescription.ServerKeyGeneration = try reader.choice(
            "server-key-generation", default: .off)
        guard serverKeyGeneration == .off || profiles.contains(where: { $0.name == profile && $0.serverKey != nil })
        else {
            throw reader.error(
                "server-key-generation",
                "the profile «\(profile)» does not say what kind of key to make: give it a `server-key`, one of "
                    + ServerKey.allCases.map(\.rawValue).joined(separator: ", "))
        }
        let description = LabelDescription(
            name: name, authority: authority, profile: profile,
            acceptsCertificates: ways.contains(.certificate), acceptsSecrets: ways.contains(.secret),
            requires: requires,
            renewal: try reader.choice("renewal", default: .anyKey),
            predecessors: try reader.strings("predecessors", default: []).map {
                try self.authority($0, key: "predecessors", reader)
            },
            gracePeriod: try reader.duration("grace-period", default: .zero, in: .zero ... .seconds(366 * 86400))
                .wholeSeconds,
            channelBindingRequired: try reader.choice("channel-binding", default: ChannelBinding.optional) == .required,
            acceptsRegistrationAuthorities: try reader.boolean("accept-registration-authorities", default: false),
            approval: try reader.choice("approval", default: .automatic),
            maximumConcurrentEnrollments: try reader.integer(
                "maximum-concurrent-enrollments", default: 1000, in: 1...100_000),
            manufacturers: trusted, manufacturerNames: names,
            allowsChangeOfSubjectName: try reader.choice("change-subject-name", default: Permission.refuse) == .allow,
            serverKeyGeneration: serverKeyGeneration,
            csrAttributes: try reader.choices("csr-attributes", default: CSRAttributes.Form.allCases))
        try reader.finish()
        return description
    }

    private func authority(_ name: String, key: String, _ reader: ConfigurationReader) throws -> String {
        guard authorities.contains(name) else {
            throw reader.error(
                key, "no authority «\(name)»; there are: \(authorities.sorted().joined(separator: ", "))")
        }
        return name
    }

    private enum AuthenticationWay: String, CaseIterable {
        case certificate
        case secret
    }

    private enum Permission: String, CaseIterable {
        case allow
        case refuse
    }

    private enum ChannelBinding: String, CaseIterable {
        case optional
        case required
    }
}

extension Duration {
    /// The duration in seconds, rounded down.
    var wholeSeconds: Int64 { components.seconds }
}
