internal import DurableFiles
internal import Foundation
internal import SwiftASN1
package import X509

/// A device's key and certificate, each in a file, that always belong together, whatever interrupts a renewal.
///
/// A new key is kept beside the old one, as `KEY.new`, before any server hears of it: an enrollment that was cut off is
/// taken up with the same key, and gets the same certificate. The certificate that comes is kept as `CERTIFICATE.new`;
/// then both are renamed, the certificate last. ``load()`` completes what was interrupted in between.
package struct CredentialFiles: Sendable {
    package let key: String
    package let certificate: String

    package init(key: String, certificate: String) {
        self.key = key
        self.certificate = certificate
    }

    private var newKey: String { "\(key).new" }
    private var newCertificate: String { "\(certificate).new" }

    /// The key with its certificate, leaf first; nil where the device has none yet.
    ///
    /// - Throws: ``DeviceError``, `invalidInput`, for files that can't be read or don't belong together.
    package func load() throws -> ClientTLS.Identity? {
        try completeInterrupted()
        guard FileManager.default.fileExists(atPath: certificate) else { return nil }
        let identity = ClientTLS.Identity(chain: try Self.certificates(certificate), key: try Self.key(key))
        guard identity.chain.first?.publicKey == identity.key.publicKey else {
            throw DeviceError(.invalidInput, "\(certificate) is not for the key in \(key).")
        }
        return identity
    }

    /// The key for the next certificate: the one of an enrollment that was interrupted, the present one, or a new one.
    ///
    /// - Parameter renews: whether a key that has a certificate is replaced.
    package func keyForRequest(_ kind: DeviceKey.Kind, renews: Bool) throws -> DeviceKey {
        if FileManager.default.fileExists(atPath: newKey) { return try Self.key(newKey) }
        if !renews, FileManager.default.fileExists(atPath: key) { return try Self.key(key) }
        let made = try DeviceKey.generate(kind)
        try DurableFile.create(path: newKey, contents: Data(made.pem.utf8), mode: 0o600)
        return made
    }

    /// Puts a new certificate, and its key where that is a new one, in place of the old.
    package func install(_ chain: [Certificate]) throws {
        let pem = try chain.map { try $0.serializeAsPEM().pemString + "\n" }.joined()
        try DurableFile.replace(path: newCertificate, contents: Data(pem.utf8), mode: 0o600)
        try completeInterrupted()
    }

    private func completeInterrupted() throws {
        guard FileManager.default.fileExists(atPath: newCertificate) else { return }
        let leaf = try Self.certificates(newCertificate).first
        if FileManager.default.fileExists(atPath: newKey), try Self.key(newKey).publicKey == leaf?.publicKey {
            try DurableFile.move(newKey, to: key)
        }
        guard try Self.key(key).publicKey == leaf?.publicKey else {
            throw DeviceError(.invalidInput, "\(newCertificate) is for no key of this device; remove it.")
        }
        try DurableFile.move(newCertificate, to: certificate)
    }

    private static func key(_ path: String) throws -> DeviceKey {
        do {
            return try DeviceKey(pem: String(contentsOfFile: path, encoding: .utf8))
        } catch {
            throw DeviceError(.invalidInput, "\(path) has no private key in PEM that can be read.", cause: error)
        }
    }

    private static func certificates(_ path: String) throws -> [Certificate] {
        do {
            let text = try String(contentsOfFile: path, encoding: .utf8)
            let certificates = try PEMDocument.parseMultiple(pemString: text)
                .filter { $0.discriminator == "CERTIFICATE" }
                .map { try Certificate(derEncoded: $0.derBytes) }
            guard !certificates.isEmpty else { throw DeviceError(.invalidInput, "there is no certificate") }
            return certificates
        } catch {
            throw DeviceError(.invalidInput, "\(path) has no certificate in PEM that can be read.", cause: error)
        }
    }
}
