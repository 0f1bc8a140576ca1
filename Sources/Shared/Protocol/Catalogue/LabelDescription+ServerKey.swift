internal import ClusterTransport
package import PKI

extension LabelDescription {
    /// Requires that a `serverkeygen` request asks for an encrypted key where the label sends no others (RFC 7030 §4.4.1:
    /// «if server policy requires that the key be delivered in such a form»).
    ///
    /// - Throws: `keyEncryptionRequired`.
    package func requireKeyProtection(of request: CertificationRequest) throws {
        guard serverKeyGeneration != .encrypted || request.keyProtection != nil else {
            throw ServiceError(
                .keyEncryptionRequired,
                "This label sends encrypted keys only: the request needs a DecryptKeyIdentifier or an "
                    + "AsymmetricDecryptKeyIdentifier, and SMIMECapabilities (RFC 7030 §4.4.1).")
        }
    }
}
