internal import Crypto
internal import DurableFiles
internal import Foundation
internal import SwiftASN1

/// The files that hold a frontend's TLS key and certificate chain.
struct IdentityFiles: Sendable {
    /// P-256, PKCS#8, PEM, readable by its owner only.
    var keyPath: String
    /// PEM, leaf first.
    var chainPath: String

    /// The key; made and kept if there is none.
    ///
    /// - Throws: ``IdentityError`` where others may read the file, or it holds something else.
    func loadOrMakeKey() throws -> P256.Signing.PrivateKey {
        if let key = try loadKey() { return key }
        let key = P256.Signing.PrivateKey()
        try DurableFile.create(path: keyPath, contents: Data(key.pemRepresentation.utf8), mode: 0o600)
        return key
    }

    private func loadKey() throws -> P256.Signing.PrivateKey? {
        guard FileManager.default.fileExists(atPath: keyPath) else { return nil }
        let attributes = try FileManager.default.attributesOfItem(atPath: keyPath)
        guard let mode = attributes[.posixPermissions] as? Int, mode & 0o077 == 0 else {
            throw IdentityError("\(keyPath): others can read this key; run: chmod 600 \(keyPath)")
        }
        do {
            return try P256.Signing.PrivateKey(pemRepresentation: String(contentsOfFile: keyPath, encoding: .utf8))
        } catch {
            throw IdentityError("\(keyPath): not a P-256 key in PEM")
        }
    }

    /// The identity as the files have it; nil where there is no chain yet, or one for another key.
    func load(key: P256.Signing.PrivateKey) -> ServerIdentity? {
        guard let text = try? String(contentsOfFile: chainPath, encoding: .utf8),
            let documents = try? PEMDocument.parseMultiple(pemString: text)
        else { return nil }
        return try? ServerIdentity(key: key, chain: documents.map { Data($0.derBytes) })
    }

    func write(_ identity: ServerIdentity) throws {
        let text = identity.chain
            .map { PEMDocument(type: "CERTIFICATE", derBytes: Array($0)).pemString + "\n" }
            .joined()
        try DurableFile.replace(path: chainPath, contents: Data(text.utf8), mode: 0o644)
    }
}
