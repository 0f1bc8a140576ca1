internal import Crypto
internal import FaultInjection
internal import Foundation
internal import Synchronization

/// Encrypts the operator's named keys for the ledger, under a key in a file beside it.
///
/// In the ledger as they are, they would be in each of its backups; with them whoever finds a backup and has recorded
/// answers could open the keys of devices. The wrapping key is in a file of its own, so that it goes its own way.
final class KeyWrapping: Sendable {
    private let path: String
    private let faults: FaultHook
    private let key = Mutex<SymmetricKey?>(nil)

    /// - Parameter path: the file, mode 0600; made when the first key is wrapped.
    init(path: String, faults: FaultHook = .none) {
        self.path = path
        self.faults = faults
    }

    /// - Parameter context: what the key belongs to; without the same it is not unwrapped.
    func wrap(_ bytes: SensitiveBytes, context: Data) throws -> Data {
        let wrappingKey = try wrappingKey(makes: true)
        let box = try bytes.withUnsafeBytes { try AES.GCM.seal($0, using: wrappingKey, authenticating: context) }
        // Without a nonce of another size there always is one.
        guard let combined = box.combined else { throw KeyStoreError("a key can't be wrapped.") }
        return combined
    }

    /// - Throws: ``KeyStoreError`` where the file is missing, or is not the one that the key was wrapped with.
    func unwrap(_ record: KeyEncryptionKeyRecord) throws -> SymmetricKey {
        let wrappingKey = try wrappingKey(makes: false)
        do {
            var opened = try AES.GCM.open(
                try AES.GCM.SealedBox(combined: record.wrapped), using: wrappingKey, authenticating: record.context)
            defer { opened.resetBytes(in: opened.indices) }
            return SymmetricKey(data: opened)
        } catch {
            throw KeyStoreError(
                "the named key «\(KeyEncryptionKeyName.text(of: record.identifier))» was not wrapped with \(path), "
                    + "or was changed in the ledger: bring back that file, or remove the key and add it anew.")
        }
    }

    private func wrappingKey(makes: Bool) throws -> SymmetricKey {
        try key.withLock { known in
            if let known { return known }
            if makes, !FileManager.default.fileExists(atPath: path) {
                try faults.around(.wrappingKeyFile) { try make() }
            }
            let text = try PrivateKeyFile.read(path: path).trimmingCharacters(in: .whitespacesAndNewlines)
            guard let bytes = Data(base64Encoded: text), bytes.count == 32 else {
                throw KeyStoreError("\(path) is not a wrapping key: 32 bytes in base64 are expected.")
            }
            let loaded = SymmetricKey(data: bytes)
            known = loaded
            return loaded
        }
    }

    /// Whole or not at all, and durable before anything is wrapped with it.
    private func make() throws {
        let text = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0).base64EncodedString() }
        let temporary = path + ".new"
        unlink(temporary)
        try NewFile.write(text + "\n", path: temporary, mode: 0o600)
        guard rename(temporary, path) == 0 else {
            throw KeyStoreError("\(path) can't be made: \(String(cString: strerror(errno)))")
        }
        let folder = open((path as NSString).deletingLastPathComponent, O_RDONLY | O_CLOEXEC)
        guard folder >= 0 else {
            throw KeyStoreError("\(path) can't be made durable: \(String(cString: strerror(errno)))")
        }
        defer { close(folder) }
        guard fsync(folder) == 0 else {
            throw KeyStoreError("\(path) can't be made durable: \(String(cString: strerror(errno)))")
        }
    }
}
