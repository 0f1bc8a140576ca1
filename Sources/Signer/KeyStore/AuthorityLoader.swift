internal import Foundation
internal import X509

/// Loads an issuing authority from its files.
enum AuthorityLoader {
    /// - Throws: ``KeyStoreError`` where a file is missing or wrong, or the CA has expired.
    static func load(_ files: SignerConfiguration.AuthorityFiles, at now: Date = Date()) throws -> IssuingAuthority {
        let passphrase = try files.passphraseFile.map(PrivateKeyFile.passphrase(path:))
        let key = try PrivateKeyFile.load(path: files.key, passphrase: passphrase)
        let certificates = try CertificateFile.load(path: files.certificate)
        guard let certificate = certificates.first, certificates.count == 1 else {
            throw KeyStoreError("\(files.certificate) must hold one certificate, the authority's own.")
        }
        for parent in [certificate] + (try CertificateFile.load(path: files.chain)) where parent.notValidAfter < now {
            throw KeyStoreError(
                "authority «\(files.name)»: the CA certificate «\(parent.subject)» expired on \(parent.notValidAfter).")
        }
        guard certificate.notValidBefore <= now else {
            throw KeyStoreError(
                "authority «\(files.name)»: the CA certificate is not valid before \(certificate.notValidBefore): "
                    + "check this host's clock.")
        }
        return try IssuingAuthority(
            name: files.name, certificate: certificate, parents: try CertificateFile.load(path: files.chain), key: key,
            services: files.services)
    }
}
