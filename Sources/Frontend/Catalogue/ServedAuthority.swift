internal import ClusterProtocol
internal import Crypto
internal import PKI
internal import SwiftASN1
internal import X509

/// An authority with what requests for its CRL and for OCSP need, worked out once for each catalogue.
final class ServedAuthority: Sendable {
    /// The same for as long as the authority signs with the same name and key: CRLs and OCSP responses stay good while its
    /// certificate is renewed.
    struct ID: Hashable, Sendable {
        /// The signer's place in the configuration.
        let signer: Int
        let name: String
        /// Of the issuing certificate's subject and key.
        let fingerprint: String
    }

    let id: ID
    let issuing: Certificate
    /// What OCSP requests call it by.
    let identifiers: OCSPIssuer
    let signer: SignerLink

    /// - Throws: ``CatalogueError`` where its certificate can't be read.
    init(_ description: AuthorityDescription, signer: SignerLink) throws {
        guard let first = description.chain.first, let issuing = try? Certificate(derEncoded: Array(first)),
            let identifiers = try? OCSPIssuer(certificate: Array(first))
        else { throw CatalogueError("the certificate of the authority «\(description.name)» can't be read") }
        let name = identifiers.sha256.name + identifiers.sha256.key
        id = ID(
            signer: signer.index, name: description.name, fingerprint: SHA256.hash(data: name).hexadecimal)
        self.issuing = issuing
        self.identifiers = identifiers
        self.signer = signer
    }
}
