internal import DurableFiles
internal import Foundation
package import X509

/// A device's key and certificate, each in a file, that always belong together, whatever interrupts a renewal.
///
/// A new key is kept beside the old one, as `KEY.new`, before any server hears of it: an enrollment that was cut off is
/// taken up with the same key, and gets the same certificate. The certificate that comes is kept as `CERTIFICATE.new`;
/// then both are renamed, the certificate last. ``recover()`` completes what was interrupted in between: as long as there
/// is a `CERTIFICATE.new`, its key is there too.
package struct CredentialFiles: Sendable {
    package let key: String
    package let certificate: String

    package init(key: String, certificate: String) {
        self.key = key
        self.certificate = certificate
    }

    var newKey: String { "\(key).new" }
    var newCertificate: String { "\(certificate).new" }

    /// For the files' owner alone.
    private static let mode: mode_t = 0o600

    /// The key with its certificate, leaf first; nil where the device has none yet.
    ///
    /// - Throws: ``DeviceError``, `invalidInput`, for files that can't be read or don't belong together.
    package func load() throws -> ClientTLS.Identity? {
        try recover()
        guard Self.exists(certificate) else { return nil }
        let identity = ClientTLS.Identity(
            chain: try PEMFile.certificates(certificate), key: try PEMFile.key(key))
        guard identity.chain.first?.publicKey == identity.key.publicKey else {
            throw DeviceError(.invalidInput, "The first certificate in \(certificate) is not for the key in \(key).")
        }
        return identity
    }

    // MARK: Keys

    /// The key for a first certificate: the one of an enrollment that was interrupted, the one that is there, or a new
    /// one.
    ///
    /// - Parameters:
    ///   - kind: for a new key.
    ///   - insists: whether a key of another kind will not do.
    package func keyForEnrollment(_ kind: DeviceKey.Kind, insists: Bool) throws -> DeviceKey {
        // A new key that an interrupted renewal left is for the next renewal; here it is only one for a first enrollment.
        guard Self.exists(key) else { return try begunKey(kind, insists: insists) ?? makeNewKey(kind) }
        let present = try PEMFile.key(key)
        guard !insists || present.kind == kind else {
            throw DeviceError(
                .invalidInput,
                "The key in \(key) is of another kind than \(kind.rawValue). Name another file, or leave out the kind.")
        }
        return present
    }

    /// A key to replace the present one with: that of a renewal that was interrupted, or a new one.
    package func keyForReplacement(_ kind: DeviceKey.Kind, insists: Bool) throws -> DeviceKey {
        try begunKey(kind, insists: insists) ?? makeNewKey(kind)
    }

    private func begunKey(_ kind: DeviceKey.Kind, insists: Bool) throws -> DeviceKey? {
        guard Self.exists(newKey) else { return nil }
        let begun = try PEMFile.key(newKey)
        return insists && begun.kind != kind ? nil : begun
    }

    private func makeNewKey(_ kind: DeviceKey.Kind) throws -> DeviceKey {
        let made = try DeviceKey.generate(kind)
        try write(newKey, try made.pem)
        return made
    }

    // MARK: Certificates

    /// Puts a new certificate, and its key where that is a new one, in place of the old.
    ///
    /// - Parameter chain: leaf first.
    package func install(_ chain: [Certificate], key new: DeviceKey) throws {
        if try !hasKey(newKey, new.publicKey), try !hasKey(key, new.publicKey) {
            try write(newKey, try new.pem)
        }
        try write(newCertificate, try chain.map { try $0.pem }.joined())
        try recover()
    }

    /// Completes an installation that was interrupted.
    ///
    /// - Returns: whether there was one.
    @discardableResult
    package func recover() throws -> Bool {
        guard Self.exists(newCertificate) else { return false }
        guard let leaf = try PEMFile.certificates(newCertificate).first else { return false }
        do {
            if try hasKey(newKey, leaf.publicKey) {
                try DurableFile.move(newKey, to: key)
            }
            guard try hasKey(key, leaf.publicKey) else {
                throw DeviceError(.invalidInput, "\(newCertificate) is for no key of this device; remove it.")
            }
            try DurableFile.move(newCertificate, to: certificate)
        } catch let error as FileFailure {
            throw DeviceError(.invalidInput, "\(error)", cause: error)
        }
        return true
    }

    private func hasKey(_ path: String, _ publicKey: Certificate.PublicKey) throws -> Bool {
        try Self.exists(path) && PEMFile.key(path).publicKey == publicKey
    }

    private func write(_ path: String, _ text: String) throws {
        do {
            try DurableFile.replace(path: path, contents: Data(text.utf8), mode: Self.mode)
        } catch {
            throw DeviceError(.invalidInput, "A file can't be written: \(error)", cause: error)
        }
    }

    private static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: path)
    }
}
