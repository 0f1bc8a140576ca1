internal import X509

/// The way from a certificate up to a root, found among certificates in any order.
enum IssuerPath {
    /// Longer than any real one.
    private static let maximumLength = 10

    /// The certificates above the given one, its issuer first, as far as they lead. Where several fit, a root ends the way.
    static func parents(of certificate: Certificate, among others: [Certificate]) -> [Certificate] {
        var path: [Certificate] = []
        var last = certificate
        while !last.isSelfSigned, path.count < maximumLength {
            let issuers = others.filter { $0.subject == last.issuer && $0.hasSigned(last) && !path.contains($0) }
            guard let issuer = issuers.first(where: \.isSelfSigned) ?? issuers.first else { break }
            path.append(issuer)
            last = issuer
        }
        return path
    }
}

extension Certificate {
    /// Whether this certificate's key made the other's signature.
    func hasSigned(_ other: Certificate) -> Bool {
        publicKey.isValidSignature(other.signature, for: other)
    }

    /// Whether it is for the key that signed it: a root's.
    var isSelfSigned: Bool {
        subject == issuer && hasSigned(self)
    }
}
