package import X509

/// The path from a certificate to its root, of certificates that came in any order.
package enum CertificateChain {
    /// More than any real path has.
    private static let maximumLength = 10

    /// The intermediate certificates that a peer needs beside the leaf, the leaf's own issuer first. Without the root,
    /// which a peer has to have itself. Where a new and an old root certify each other (RFC 4210 §4.4), the way goes on
    /// over that to the other one: a peer may have either.
    ///
    /// - Parameter others: each is taken only where its key made the signature before it.
    package static func intermediates(of leaf: Certificate, among others: [Certificate]) -> [Certificate] {
        var path: [Certificate] = []
        var last = leaf
        while !last.isSelfSigned, path.count < maximumLength {
            let issuers = others.filter { other in
                other.subject == last.issuer && !path.contains(other)
                    && other.publicKey.isValidSignature(last.signature, for: last)
            }
            guard let issuer = issuers.first(where: { !$0.isSelfSigned }) else { break }
            path.append(issuer)
            if others.contains(where: { $0.publicKey == issuer.publicKey && $0.isSelfSigned }) { break }
            last = issuer
        }
        return path
    }
}
