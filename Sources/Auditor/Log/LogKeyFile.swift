internal import Foundation
internal import TransparencyLog

/// The file of the key that signs checkpoints, beside it one with the public key.
enum LogKeyFile {
    /// Reads the key.
    ///
    /// - Parameter mayCreate: Whether the log has no checkpoint yet, so that a new key contradicts none.
    /// - Throws: ``EventStoreError`` where the file is missing, others may read it, or it holds no key.
    static func load(path: String, mayCreate: Bool) throws -> NoteSigner {
        guard FileManager.default.fileExists(atPath: path) else {
            guard mayCreate else {
                throw EventStoreError(
                    "\(path), the key of this log's checkpoints, can't be found. Put it back from where the auditor's"
                        + " keys are kept: whoever verifies this log knows its key.")
            }
            return try create(path: path)
        }
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        guard let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue, mode & 0o077 == 0 else {
            throw EventStoreError("\(path) may be read by others; it needs the mode 0600: chmod 600 \(path)")
        }
        do {
            return try NoteSigner(parsingPrivate: String(contentsOfFile: path, encoding: .utf8))
        } catch {
            throw EventStoreError("\(path): \(error)")
        }
    }

    private static func create(path: String) throws -> NoteSigner {
        let random = (0..<4).map { _ in UInt8.random(in: .min ... .max) }
        let digits = random.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
        do {
            let signer = try NoteSigner(newKeyOf: "estuary/\(digits)", type: .ed25519)
            try write(signer.verifierKey.description + "\n", to: path + ".pub", mode: 0o644)
            try write(signer.privateText + "\n", to: path, mode: 0o600)
            return signer
        } catch let error as TransparencyLogError {
            throw EventStoreError("\(path) can't be made: \(error)")
        }
    }

    private static func write(_ text: String, to path: String, mode: mode_t) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else {
            throw EventStoreError("\(path) can't be made: \(String(cString: strerror(errno))).")
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try file.write(contentsOf: Data(text.utf8))
            try file.synchronize()
        } catch {
            throw EventStoreError("\(path) can't be written: \(error)")
        }
    }
}
