internal import Foundation
internal import SwiftASN1
internal import X509

/// A private key in a file of its own: PKCS#8 in PEM, mode 0600, optionally encrypted (RFC 5958).
enum PrivateKeyFile {
    /// A PEM file of a private key is some kilobytes at most.
    private static let maximumBytes = 64 * 1024

    /// Reads a private key.
    ///
    /// - Parameter passphrase: decrypts an `ENCRYPTED PRIVATE KEY`; not used for a plain one.
    /// - Throws: ``KeyStoreError`` where the file is missing, open to others than its owner, too long, no private key,
    ///   or not to be decrypted with the passphrase.
    static func load(path: String, passphrase: String?) throws -> Certificate.PrivateKey {
        let pem = try read(path: path)
        let document: PEMDocument
        do {
            document = try PEMDocument(pemString: pem)
        } catch {
            throw KeyStoreError("\(path) is not a PEM file with one private key: \(error)")
        }
        do {
            if document.discriminator == "ENCRYPTED PRIVATE KEY" {
                guard let passphrase else {
                    throw KeyStoreError(
                        "\(path) is encrypted: set `key-passphrase-file` to a file with its passphrase.")
                }
                let plain = try EncryptedPrivateKey.decrypt(pem: pem, passphrase: passphrase)
                return try Certificate.PrivateKey(pemDocument: PEMDocument(type: "PRIVATE KEY", derBytes: plain))
            }
            return try Certificate.PrivateKey(pemDocument: document)
        } catch let error as KeyStoreError {
            throw error.message.contains(path) ? error : KeyStoreError("\(path): \(error.message)")
        } catch {
            // The library's error may quote the key's bytes: it stays out of the message.
            throw KeyStoreError(
                "\(path) holds no private key that can be used (P-256, P-384, P-521, Ed25519 or RSA, PKCS#8).")
        }
    }

    /// Reads a file that nobody but its owner can read.
    static func read(path: String) throws -> String {
        let attributes: [FileAttributeKey: Any]
        do {
            attributes = try FileManager.default.attributesOfItem(atPath: path)
        } catch {
            throw KeyStoreError("\(path) can't be read: \(error.localizedDescription)")
        }
        let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0o777
        guard mode & 0o077 == 0 else {
            throw KeyStoreError(
                "\(path) can be read by others (mode \(String(mode, radix: 8))). Run: chmod 600 \(path)")
        }
        guard let size = (attributes[.size] as? NSNumber)?.intValue, size <= maximumBytes else {
            throw KeyStoreError("\(path) is longer than \(maximumBytes) bytes: it holds no key.")
        }
        guard let contents = FileManager.default.contents(atPath: path),
            let text = String(data: contents, encoding: .utf8)
        else {
            throw KeyStoreError("\(path) can't be read as text.")
        }
        return text
    }

    /// Reads a passphrase: the first line of a file that nobody but its owner can read.
    static func passphrase(path: String) throws -> String {
        let text = try read(path: path)
        guard let line = text.split(separator: "\n", omittingEmptySubsequences: false).first, !line.isEmpty else {
            throw KeyStoreError("\(path) has no passphrase in its first line.")
        }
        return String(line)
    }
}

/// What is wrong with a key, its file or its passphrase. Never holds any of them.
struct KeyStoreError: Error, Equatable, CustomStringConvertible {
    var message: String

    init(_ message: String) {
        self.message = message
    }

    var description: String { message }
}
