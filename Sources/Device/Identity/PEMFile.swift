internal import Foundation
internal import SwiftASN1
package import X509

/// Certificates and keys in PEM files. Text around the blocks, as `openssl` writes it, does not disturb.
package enum PEMFile {
    /// The most bytes that are read of one file: the largest bundles of authorities have a quarter of it.
    private static let maximumBytes = 1 << 20

    /// The certificates of a file, in its order; at least one.
    ///
    /// - Throws: ``DeviceError``, `invalidInput`.
    package static func certificates(_ path: String) throws -> [Certificate] {
        do {
            let certificates = try blocks(path).filter { $0.discriminator == "CERTIFICATE" }
                .map { try Certificate(derEncoded: $0.derBytes) }
            guard !certificates.isEmpty else {
                throw DeviceError(.invalidInput, "\(path) has no certificate in PEM (-----BEGIN CERTIFICATE-----).")
            }
            return certificates
        } catch let error as DeviceError {
            throw error
        } catch {
            throw DeviceError(.invalidInput, "\(path) has a certificate that can't be read: \(error)", cause: error)
        }
    }

    /// The one private key of a file: PKCS#8, SEC 1 or PKCS#1.
    ///
    /// - Throws: ``DeviceError``, `invalidInput`.
    package static func key(_ path: String) throws -> DeviceKey {
        do {
            let keys = try blocks(path).filter { $0.discriminator.hasSuffix("PRIVATE KEY") }
            if keys.contains(where: { $0.discriminator.hasPrefix("ENCRYPTED") }) {
                throw DeviceError(
                    .invalidInput,
                    "The key in \(path) is encrypted. Decrypt it with `openssl pkey -in \(path) -out FILE`.")
            }
            guard let key = keys.first, keys.count == 1 else {
                throw DeviceError(.invalidInput, "\(path) must have one private key in PEM; it has \(keys.count).")
            }
            return DeviceKey(try Certificate.PrivateKey(pemEncoded: key.pemString))
        } catch let error as DeviceError {
            throw error
        } catch {
            throw DeviceError(
                .invalidInput,
                "\(path) has no private key that can be read: P-256, P-384, P-521, Ed25519 or RSA, in PEM.",
                cause: error)
        }
    }

    private static func blocks(_ path: String) throws -> [PEMDocument] {
        let text: String
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? file.close() }
            let bytes = try file.read(upToCount: maximumBytes + 1) ?? Data()
            guard bytes.count <= maximumBytes else {
                throw DeviceError(.invalidInput, "\(path) is larger than any file of keys or certificates.")
            }
            text = String(decoding: bytes, as: UTF8.self)
        } catch let error as DeviceError {
            throw error
        } catch {
            throw DeviceError(.invalidInput, "\(path) can't be read: \(FileText.reason(error)).", cause: error)
        }
        return try PEMDocument.parseMultiple(pemString: text)
    }
}

/// What is wrong with a file, for people.
package enum FileText {
    package static func reason(_ error: any Error) -> String {
        switch (error as? CocoaError)?.code {
        case .fileReadNoSuchFile, .fileNoSuchFile: "there is no such file"
        case .fileReadNoPermission, .fileWriteNoPermission: "permission denied"
        default: "\(error)"
        }
    }
}
