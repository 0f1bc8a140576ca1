internal import Crypto
internal import Foundation
internal import SwiftASN1
internal import X509

extension AuthorityCeremonies {
    func requireNew(_ name: String) throws {
        guard PathSegment.isName(name) else {
            throw KeyStoreError(
                "an authority's name is \(PathSegment.rule): it stands in /crl/NAME.crl and /ocsp/NAME.")
        }
        guard !configuration.authorities.contains(where: { $0.name == name }) else {
            throw KeyStoreError(
                "there is an authority «\(name)» already. `estuary ca renew` certifies its key for longer; a new key has "
                    + "a new name.")
        }
    }

    /// Certificates and CRLs name their authority by its subject: two with one subject could not be told apart.
    func requireSubject(_ subject: DistinguishedName, forNew name: String) throws {
        for chain in try chains() where chain.issuing.subject == subject && chain.files.name != name {
            throw KeyStoreError("authority «\(chain.files.name)» has the subject «\(subject)» already.")
        }
    }

    /// The private key of an authority.
    func key(of files: SignerConfiguration.AuthorityFiles) throws -> Certificate.PrivateKey {
        try PrivateKeyFile.load(path: files.key, passphrase: try files.passphraseFile.map(PrivateKeyFile.passphrase))
    }

    /// The private key of an authority that is to be: made where it is missing, else the one that an interrupted
    /// ceremony or `estuary ca request` has left.
    func keyForNew(_ files: SignerConfiguration.AuthorityFiles) throws -> Certificate.PrivateKey {
        guard !FileManager.default.fileExists(atPath: files.key) else { return try key(of: files) }
        let folder = URL(fileURLWithPath: files.key).deletingLastPathComponent()
        try CeremonyFile.directory(folder.deletingLastPathComponent().path)
        try CeremonyFile.directory(folder.path)
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let plain = try key.serializeAsPEM()
        let pem =
            if let file = files.passphraseFile {
                try EncryptedPrivateKey.encrypt(
                    pkcs8: plain.derBytes, passphrase: try PrivateKeyFile.passphrase(path: file))
            } else {
                plain.pemString + "\n"
            }
        try CeremonyFile.create(files.key, with: pem, mode: 0o600)
        return key
    }

    static func absolute(_ path: String) -> String {
        URL(fileURLWithPath: path).standardizedFileURL.path
    }
}
