internal import Foundation
internal import X509

/// Loads an issuing authority from its files.
enum AuthorityLoader {
    /// - Throws: ``KeyStoreError`` where a file is missing or wrong, or the CA has expired.
    static func load(_ files: SignerConfiguration.AuthorityFiles, at now: Date = Date()) throws -> IssuingAuthority {
        let passphrase = try files.passphraseFile.map(PrivateKeyFile.passphrase(path:))
        let key = try PrivateKeyFile.load(path: files.key, passphrase: passphrase)
        let certificate = try issuingCertificate(files)
        let parents = try parents(of: certificate, in: files)
        for parent in [certificate] + parents where parent.notValidAfter < now {
            throw KeyStoreError(
                "authority «\(files.name)»: the CA certificate «\(parent.subject)» expired on \(parent.notValidAfter).")
        }
        guard certificate.notValidBefore <= now else {
            throw KeyStoreError(
                "authority «\(files.name)»: the CA certificate is not valid before \(certificate.notValidBefore): "
                    + "check this host's clock.")
        }
        return try IssuingAuthority(
            name: files.name, certificate: certificate, parents: parents, key: key, services: files.services,
            rollOver: RollOverCertificates(
                try additional(files), chain: [certificate] + parents, authority: files.name, at: now))
    }

    static func issuingCertificate(_ files: SignerConfiguration.AuthorityFiles) throws -> Certificate {
        let certificates = try CertificateFile.load(path: files.certificate)
        guard let certificate = certificates.first, certificates.count == 1 else {
            throw KeyStoreError("\(files.certificate) must hold one certificate, the authority's own.")
        }
        return certificate
    }

    /// The way from the certificate up to its root.
    ///
    /// Certificates of the file that are not on it are left out: while `estuary ca renew` puts an authority under another
    /// root, the file has both, so that there is no moment at which a signer could not start.
    static func parents(
        of certificate: Certificate, in files: SignerConfiguration.AuthorityFiles
    ) throws -> [Certificate] {
        let all = try CertificateFile.load(path: files.chain)
        let parents = IssuerPath.parents(of: certificate, among: all)
        let last = parents.last ?? certificate
        guard last.isSelfSigned || parents.count == all.count else {
            throw KeyStoreError(
                "authority «\(files.name)»: the chain does not lead to a root: nothing in \(files.chain) has signed "
                    + "«\(last.subject)».")
        }
        return parents
    }

    /// What is in the file of additional certificates; nothing where it is missing.
    static func additional(_ files: SignerConfiguration.AuthorityFiles) throws -> [Certificate] {
        guard FileManager.default.fileExists(atPath: files.additional) else { return [] }
        return try CertificateFile.load(path: files.additional)
    }
}
