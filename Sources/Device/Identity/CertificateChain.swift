package import X509

/// The path from a certificate to its root, of certificates that came in any order.
package enum CertificateChain {
    /// More than any real path has.
    private static let maximumLength = 10

    /// The intermediate certificates that a peer needs beside the leaf, the leaf's own issuer first. Without the root,
    /// which a peer has to have itself.
    ///
    /// - Parameter others: each is taken only where its key made the signature before it.
    package static func intermediates(of leaf: Certificate, among others: [Certificate]) -> [Certificate] {
        var path: [Certificate] = []
        var last = leaf
        while !last.isSelfIssued, path.count < maximumLength {
            let issuer = others.first { other in
                other.subject == last.issuer && !path.contains(other)
                    && other.publicKey.isValidSignature(last.signature, for: last)
            }
            guard let issuer, !issuer.isSelfIssued else { break }
            path.append(issuer)
            last = issuer
        }
        return path
    }
}
