internal import Foundation
internal import SwiftASN1
internal import X509

/// What `cacerts` and the frontends' TLS have beside an authority's chain while its root rolls over (RFC 4210 §4.4):
/// the other root, and the certificates of each root by the other.
struct RollOverCertificates: Sendable, Equatable {
    /// The catalogue with all authorities has to fit into a message.
    static let maximumCount = 12
    static let maximumBytes = 24 * 1024

    /// For the key of the chain's root, by other roots; DER.
    private(set) var crossCertificates: [Data] = []
    /// The others, roots last; DER.
    private(set) var additionalCertificates: [Data] = []

    /// None: no roll-over is going on.
    init() {}

    /// Sorts and checks what an operator's file has. What is in the chain already and what has expired is left out: the
    /// end of the old root must keep no signer from starting.
    ///
    /// - Parameter chain: the authority's, the root last.
    /// - Throws: ``KeyStoreError`` where one is no CA certificate, or has nothing to do with the others.
    init(_ certificates: [Certificate], chain: [Certificate], authority: String, at now: Date) throws {
        var kept: [Certificate] = []
        for certificate in certificates
        where certificate.notValidAfter >= now && !chain.contains(certificate) && !kept.contains(certificate) {
            kept.append(certificate)
        }
        let roots = (kept + chain).filter(\.isSelfSigned)
        for certificate in kept {
            guard try certificate.isAuthority else {
                throw KeyStoreError(
                    "authority «\(authority)»: the additional certificate «\(certificate.subject)» is not a CA's "
                        + "(basicConstraints, and keyCertSign in keyUsage).")
            }
            guard certificate.isSelfSigned || roots.contains(where: { $0.hasSigned(certificate) }) else {
                throw KeyStoreError(
                    "authority «\(authority)»: the additional certificate «\(certificate.subject)» is neither a root nor "
                        + "signed by a root of the chain or of the additional certificates.")
            }
        }
        let encoded = try kept.map { ($0, Data(try $0.derEncoded())) }
        let bytes = encoded.reduce(0) { $0 + $1.1.count }
        guard kept.count <= Self.maximumCount, bytes <= Self.maximumBytes else {
            throw KeyStoreError(
                "authority «\(authority)»: there are \(kept.count) additional certificates of \(bytes) bytes; at most "
                    + "\(Self.maximumCount) of \(Self.maximumBytes) bytes together fit into the catalogue.")
        }
        let root = chain.last
        func isCross(_ certificate: Certificate) -> Bool {
            !certificate.isSelfSigned && certificate.subject == root?.subject
                && certificate.publicKey == root?.publicKey
        }
        crossCertificates = encoded.filter { isCross($0.0) }.map(\.1)
        let others = encoded.filter { !isCross($0.0) }
        additionalCertificates =
            (others.filter { !$0.0.isSelfSigned } + others.filter { $0.0.isSelfSigned }).map(\.1)
    }
}

extension Certificate {
    /// Whether it may sign certificates (RFC 5280 §4.2.1.3, §4.2.1.9).
    var isAuthority: Bool {
        get throws {
            guard case .isCertificateAuthority = try extensions.basicConstraints else { return false }
            return try extensions.keyUsage?.keyCertSign ?? true
        }
    }
}
