internal import ClusterProtocol
internal import Foundation
internal import PKI

/// The catalogue that tests serve: three labels on one authority.
enum TestCatalogue {
    /// Takes secrets and certificates.
    static let secrets = "default"
    /// Takes certificates only.
    static let certificates = "strict"
    /// Takes a certificate and a secret together.
    static let both = "both"

    static func make(_ authority: TestAuthority, version: Int = 1) throws -> Catalogue {
        Catalogue(
            version: version, issuedAt: Int64(Date.now.timeIntervalSince1970),
            authorities: [AuthorityDescription(name: "devices", chain: try authority.chain)],
            labels: [
                label(secrets), label(certificates, acceptsSecrets: false), label(both, requires: .both),
            ],
            profiles: [profile])
    }

    static func label(
        _ name: String, acceptsSecrets: Bool = true, requires: LabelDescription.Requirement = .either
    ) -> LabelDescription {
        LabelDescription(
            name: name, authority: "devices", profile: "device", acceptsCertificates: true,
            acceptsSecrets: acceptsSecrets, requires: requires, renewal: .anyKey, predecessors: [],
            gracePeriod: 0, channelBindingRequired: false, acceptsRegistrationAuthorities: false,
            approval: .automatic, maximumConcurrentEnrollments: 1_000)
    }

    static let profile = Profile(
        name: "device", version: 3,
        keys: [.p256, .p384, .p521, .ed25519, .rsa(minimumBits: 2048, maximumBits: 4096, minimumExponent: 65537)],
        signatureAlgorithms: SignatureAlgorithm.allCases,
        keyUsage: KeyUsageRule(standard: [.digitalSignature], allowed: [.digitalSignature], narrows: true),
        extendedKeyUsage: ExtendedKeyUsageRule(
            standard: ["1.3.6.1.5.5.7.3.2"], allowed: ["1.3.6.1.5.5.7.3.2"]),
        validity: ValidityRule(standard: 86_400, maximum: 86_400, backdating: 60, longer: .clamp),
        subject: SubjectRule(attributes: [.init(type: "2.5.4.3", required: true, pattern: nil, maximumCount: 1)]),
        names: AlternativeNameRule(
            dnsSuffixes: ["example.com"], dnsWildcards: [], ipNetworks: [], uriPrefixes: [], emailDomains: [],
            maximumCount: 10, reservedHosts: []),
        allowsKeyReuse: false, ignoredExtensions: [])
}
