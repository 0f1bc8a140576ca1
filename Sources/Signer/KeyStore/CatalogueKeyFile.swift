internal import Crypto
internal import Foundation
internal import SwiftASN1
internal import X509

/// The Ed25519 key that signs the catalogue: PKCS#8 in PEM, mode 0600.
enum CatalogueKeyFile {
    static func load(path: String) throws -> Curve25519.Signing.PrivateKey {
        let document: PEMDocument
        do {
            document = try PEMDocument(pemString: try PrivateKeyFile.read(path: path))
            // RFC 8410 §7: the 32 bytes of the key end the structure that has no public key in it.
            let prefix: [UInt8] = [
                0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
            ]
            guard document.discriminator == "PRIVATE KEY", document.derBytes.starts(with: prefix),
                document.derBytes.count == prefix.count + 32
            else {
                throw KeyStoreError("\(path) holds no Ed25519 private key in PKCS#8.")
            }
            return try Curve25519.Signing.PrivateKey(rawRepresentation: document.derBytes.suffix(32))
        } catch let error as KeyStoreError {
            throw error
        } catch {
            throw KeyStoreError("\(path) holds no Ed25519 private key in PKCS#8.")
        }
    }

    static func pem(_ key: Curve25519.Signing.PrivateKey) throws -> String {
        try Certificate.PrivateKey(key).serializeAsPEM().pemString
    }
}
