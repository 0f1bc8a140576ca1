package import Foundation
package import PKI

/// Everything that a frontend needs to know to serve: made and signed by the signer, kept by frontends.
///
/// With it a frontend answers `cacerts` and `csrattrs`, judges client certificates and refuses bad requests, also
/// while the signer is away. It holds no secret. What is revoked only the signer says, at each request.
package struct Catalogue: Codable, Sendable, Equatable {
    /// Raised with every change; a frontend never goes back to a lower one.
    package var version: Int
    /// In seconds since 1970.
    package var issuedAt: Int64
    package var authorities: [AuthorityDescription]
    /// Whose certificates the labels accept for a first enrollment.
    package var manufacturers: [ManufacturerDescription]
    package var labels: [LabelDescription]
    package var profiles: [Profile]

    package init(
        version: Int, issuedAt: Int64, authorities: [AuthorityDescription],
        manufacturers: [ManufacturerDescription] = [], labels: [LabelDescription], profiles: [Profile]
    ) {
        self.version = version
        self.issuedAt = issuedAt
        self.authorities = authorities
        self.manufacturers = manufacturers
        self.labels = labels
        self.profiles = profiles
    }

    package func label(_ name: String) -> LabelDescription? {
        labels.first { $0.name == name }
    }

    package func profile(_ name: String) -> Profile? {
        profiles.first { $0.name == name }
    }

    package func manufacturer(_ name: String) -> ManufacturerDescription? {
        manufacturers.first { $0.name == name }
    }

    package func authority(_ name: String) -> AuthorityDescription? {
        authorities.first { $0.name == name }
    }

    /// Whose certificates the frontends have for TLS: the authority of the first label.
    package var nodeAuthority: AuthorityDescription? {
        labels.first.flatMap { authority($0.authority) }
    }
}

/// An issuing authority: its certificate, the way from it up to the root, and what a roll-over of the root adds.
package struct AuthorityDescription: Codable, Sendable, Equatable {
    package var name: String
    /// The issuing certificate first, then every intermediate, the root last; DER.
    package var chain: [Data]
    /// Certificates for the root's key by other roots, during a roll-over: NewWithOld for a new root, OldWithNew for an
    /// old one (RFC 4210 §4.4); DER.
    package var crossCertificates: [Data]
    /// What else belongs into `cacerts` during a roll-over, roots last; DER.
    package var additionalCertificates: [Data]

    package init(
        name: String, chain: [Data], crossCertificates: [Data] = [], additionalCertificates: [Data] = []
    ) {
        self.name = name
        self.chain = chain
        self.crossCertificates = crossCertificates
        self.additionalCertificates = additionalCertificates
    }

    /// Reads also what a signer wrote that knew of no roll-over: a frontend may have kept it.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        chain = try container.decode([Data].self, forKey: .chain)
        crossCertificates = try container.decodeIfPresent([Data].self, forKey: .crossCertificates) ?? []
        additionalCertificates = try container.decodeIfPresent([Data].self, forKey: .additionalCertificates) ?? []
    }

    /// What a server with a certificate of this authority sends after it in TLS. The root is the client's to have; to a
    /// client that has another one, of a roll-over, the cross-certificates lead.
    package var serverChain: [Data] {
        intermediates + crossCertificates
    }

    /// What `cacerts` answers (RFC 7030 §4.1.3). Roots come last: a client that takes the first certificate which fits
    /// so finds the way to the root that it has.
    package var caCertificates: [Data] { caCertificates(after: []) }

    /// The same for a label with predecessors: their certificates too, without their roots, so that what they have issued
    /// verifies as well.
    package func caCertificates(after predecessors: [AuthorityDescription]) -> [Data] {
        let former = predecessors.flatMap(\.intermediates).filter { !intermediates.contains($0) }
        return intermediates + former + crossCertificates + additionalCertificates
            + chain.suffix(chain.count > 1 ? 1 : 0)
    }

    /// Whether a roll-over of the root is going on.
    package var isRollingOver: Bool {
        !crossCertificates.isEmpty || !additionalCertificates.isEmpty
    }

    /// The chain without its root; an issuing certificate that is a root itself stays.
    private var intermediates: [Data] {
        chain.dropLast(chain.count > 1 ? 1 : 0)
    }
}

/// A device maker's CA, whose certificates authenticate a device's first enrollment (design §6).
package struct ManufacturerDescription: Codable, Sendable, Equatable {
    package var name: String
    /// Where trust begins: the maker's CA certificates, self-signed or not; DER.
    package var anchors: [Data]
    /// For devices that send their leaf alone; DER.
    package var intermediates: [Data]

    package init(name: String, anchors: [Data], intermediates: [Data]) {
        self.name = name
        self.anchors = anchors
        self.intermediates = intermediates
    }
}

/// A label (`/.well-known/est/LABEL/…`): authority, profile and rules of admission (design §6).
package struct LabelDescription: Codable, Sendable, Equatable {
    package enum Requirement: String, Codable, Sendable, CaseIterable {
        /// A certificate or a secret.
        case either
        /// A certificate and a secret, on `simpleenroll`.
        case both
    }

    package enum Renewal: String, Codable, Sendable, CaseIterable {
        case anyKey = "any-key"
        case sameKey = "same-key"
    }

    package enum Approval: String, Codable, Sendable, CaseIterable {
        case automatic
        case manual
    }

    /// What the label does at `serverkeygen` (RFC 7030 §4.4).
    package enum ServerKeyGeneration: String, Codable, Sendable, CaseIterable {
        /// There is no such operation.
        case off
        /// Keys go out protected by TLS alone, or encrypted where the request asks for that.
        case plain
        /// Only requests that ask for an encrypted key are served.
        case encrypted
    }

    package var name: String
    package var authority: String
    package var profile: String
    /// Whether a certificate of the authority or a predecessor authenticates here.
    package var acceptsCertificates: Bool
    /// Whether enrollment secrets authenticate here.
    package var acceptsSecrets: Bool
    package var requires: Requirement
    package var renewal: Renewal
    /// Authorities of this signer whose certificates may renew here.
    package var predecessors: [String]
    /// How long after its end a certificate may still renew, in seconds.
    package var gracePeriod: Int64
    package var channelBindingRequired: Bool
    /// Whether a certificate with id-kp-cmcRA is exempt from the comparison of channel bindings.
    package var acceptsRegistrationAuthorities: Bool
    package var approval: Approval
    /// How many enrollments of this label a frontend runs or lets wait at once.
    package var maximumConcurrentEnrollments: Int
    /// The ``ManufacturerDescription``s whose certificates authenticate `simpleenroll` here, by name.
    package var manufacturers: [String]
    /// Which names their certificates may ask for here.
    package var manufacturerNames: [ManufacturerNameRule]
    /// Whether a renewal may take a new name with ChangeSubjectName (RFC 6402 §2.8), as far as the profile goes.
    package var allowsChangeOfSubjectName: Bool
    package var serverKeyGeneration: ServerKeyGeneration
    /// In which forms `csrattrs` says what a request should contain; with none it says nothing (204).
    package var csrAttributes: [CSRAttributes.Form]

    package init(
        name: String, authority: String, profile: String, acceptsCertificates: Bool, acceptsSecrets: Bool,
        requires: Requirement, renewal: Renewal, predecessors: [String], gracePeriod: Int64,
        channelBindingRequired: Bool, acceptsRegistrationAuthorities: Bool, approval: Approval,
        maximumConcurrentEnrollments: Int, manufacturers: [String] = [],
        manufacturerNames: [ManufacturerNameRule] = [], allowsChangeOfSubjectName: Bool = false,
        serverKeyGeneration: ServerKeyGeneration = .off,
        csrAttributes: [CSRAttributes.Form] = CSRAttributes.Form.allCases
    ) {
        self.name = name
        self.authority = authority
        self.profile = profile
        self.acceptsCertificates = acceptsCertificates
        self.acceptsSecrets = acceptsSecrets
        self.requires = requires
        self.renewal = renewal
        self.predecessors = predecessors
        self.gracePeriod = gracePeriod
        self.channelBindingRequired = channelBindingRequired
        self.acceptsRegistrationAuthorities = acceptsRegistrationAuthorities
        self.approval = approval
        self.maximumConcurrentEnrollments = maximumConcurrentEnrollments
        self.manufacturers = manufacturers
        self.manufacturerNames = manufacturerNames
        self.allowsChangeOfSubjectName = allowsChangeOfSubjectName
        self.serverKeyGeneration = serverKeyGeneration
        self.csrAttributes = csrAttributes
    }
}
