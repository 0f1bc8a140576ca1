internal import ClusterProtocol
internal import Foundation
internal import NIOCore
internal import PKI
internal import X509

/// A label with everything that its requests need, worked out once for each catalogue.
final class ServedLabel: Sendable {
    let description: LabelDescription
    let profile: Profile
    let authority: AuthorityDescription
    let signer: SignerLink
    /// Whose certificates authenticate here: the label's authority, then its predecessors.
    let acceptedIssuers: [ClientCertificate.Authority]
    /// Whose devices may enroll here with the certificates that they were made with.
    let manufacturers: [ManufacturerTrust]
    /// All authorities of the catalogue: what they have signed is never a manufacturer's.
    let authorities: [ClientCertificate.Authority]
    /// The first end of an accepted issuer, in seconds since 1970.
    let issuersValidUntil: Int64
    /// What a 401 offers: a `WWW-Authenticate` for each scheme.
    let challenges: [String]
    private let certificates: Base64Buffers
    private let attributes: Base64Buffers?

    /// All labels of a catalogue.
    ///
    /// - Throws: ``CatalogueError`` where a label names an authority, a profile or a manufacturer that is not there.
    static func all(of catalogue: Catalogue, signer: SignerLink) throws -> [ServedLabel] {
        try catalogue.labels.map { try ServedLabel($0, of: catalogue, signer: signer) }
    }

    private init(_ label: LabelDescription, of catalogue: Catalogue, signer: SignerLink) throws {
        func authority(_ name: String) throws -> AuthorityDescription {
            guard let found = catalogue.authority(name), !found.chain.isEmpty else {
                throw CatalogueError("label «\(label.name)» names the authority «\(name)», which is not there")
            }
            return found
        }
        guard let profile = catalogue.profile(label.profile) else {
            throw CatalogueError("label «\(label.name)» names the profile «\(label.profile)», which is not there")
        }
        description = label
        self.profile = profile
        self.authority = try authority(label.authority)
        self.signer = signer
        acceptedIssuers = try ([label.authority] + label.predecessors).map { name in
            try ClientCertificate.Authority(name: name, chain: try authority(name).chain)
        }
        authorities = try catalogue.authorities.map { try ClientCertificate.Authority(name: $0.name, chain: $0.chain) }
        manufacturers = try label.manufacturers.map { name in
            guard let found = catalogue.manufacturer(name) else {
                throw CatalogueError("label «\(label.name)» names the manufacturer «\(name)», which is not there")
            }
            return try ManufacturerTrust(name: name, anchors: found.anchors, intermediates: found.intermediates)
        }
        issuersValidUntil =
            acceptedIssuers.map { Int64($0.issuing.notValidAfter.timeIntervalSince1970) }.min() ?? 0
        // Basic first: some clients look at the first challenge only.
        challenges = label.acceptsSecrets ? ["Basic realm=\"estuary\"", "Bearer realm=\"estuary\""] : []
        certificates = Base64Buffers(
            CertsOnlyMessage.encode(
                self.authority.caCertificates(after: try label.predecessors.map(authority)).map { Array($0) },
                keepsOrder: self.authority.isRollingOver))
        let attributes = try CSRAttributes(
            profile: profile, requiresChannelBinding: label.channelBindingRequired, forms: label.csrAttributes)
        self.attributes = attributes.isEmpty ? nil : Base64Buffers(try attributes.encoded())
    }

    /// The body of `cacerts`: the authority's certificate, every intermediate, the root, those of the label's
    /// predecessors, and during a roll-over the old and the new root and how they certify each other (RFC 7030 §4.1.3).
    func caCertificates(_ layout: Base64Body.Layout) -> ByteBuffer {
        certificates[layout]
    }

    /// The body of `csrattrs` (RFC 7030 §4.5.2); nil where there is nothing to say.
    func csrAttributes(_ layout: Base64Body.Layout) -> ByteBuffer? {
        attributes?[layout]
    }
}

/// A body in each of its layouts.
private struct Base64Buffers: Sendable {
    private let lines: ByteBuffer
    private let oneLine: ByteBuffer

    init(_ der: [UInt8]) {
        lines = ByteBuffer(string: Base64Body.encode(der, layout: .lines))
        oneLine = ByteBuffer(string: Base64Body.encode(der, layout: .oneLine))
    }

    subscript(layout: Base64Body.Layout) -> ByteBuffer {
        layout == .oneLine ? oneLine : lines
    }
}
