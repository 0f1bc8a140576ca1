internal import Foundation
internal import SwiftASN1
internal import X509

/// Loads an issuing authority from its files.
enum AuthorityLoader {
    /// - Throws: ``KeyStoreError`` where a file is missing or wrong, or the CA has expired.
    static func load(_ files: SignerConfiguration.AuthorityFiles, at now: Date = Date()) throws -> IssuingAuthority {
        let passphrase = try files.passphraseFile.map(PrivateKeyFile.passphrase(path:))
        let key = try PrivateKeyFile.load(path: files.key, passphrase: passphrase)
        let certificates = try self.certificates(path: files.certificate)
        guard let certificate = certificates.first, certificates.count == 1 else {
            throw KeyStoreError("\(files.certificate) must hold one certificate, the authority's own.")
        }
        for parent in [certificate] + (try self.certificates(path: files.chain)) where parent.notValidAfter < now {
            throw KeyStoreError(
                "authority «\(files.name)»: the CA certificate «\(parent.subject)» expired on \(parent.notValidAfter).")
        }
        guard certificate.notValidBefore <= now else {
            throw KeyStoreError(
                "authority «\(files.name)»: the CA certificate is not valid before \(certificate.notValidBefore): "
                    + "check this host's clock.")
        }
        return try IssuingAuthority(
            name: files.name, certificate: certificate, parents: try self.certificates(path: files.chain), key: key,
            services: files.services)
    }

    private static func certificates(path: String) throws -> [Certificate] {
        guard let contents = FileManager.default.contents(atPath: path), contents.count <= 1 << 20 else {
            throw KeyStoreError("\(path) can't be read, or is longer than 1 MiB.")
        }
        do {
            return try PEMDocument.parseMultiple(pemString: String(decoding: contents, as: UTF8.self))
                .map(Certificate.init(pemDocument:))
        } catch {
            throw KeyStoreError("\(path) is not a PEM file of certificates: \(error)")
        }
    }
}
