internal import DurableFiles
internal import Foundation

/// Files of the signer's folder that a ceremony writes: whole or not at all, and the signer's user's own also where root
/// runs the ceremony.
enum CeremonyFile {
    /// Writes a file, in place of the one that may be there.
    static func replace(_ path: String, with text: String, mode: mode_t) throws {
        try perform(path) { try DurableFile.replace(path: path, contents: Data(text.utf8), mode: mode) }
        // The process's umask may be narrower than a file for everybody needs.
        guard chmod(path, mode) == 0 else { throw failure(path) }
        try giveToOwner(path)
    }

    /// Writes a file that must not be there yet.
    static func create(_ path: String, with text: String, mode: mode_t) throws {
        try perform(path) { try DurableFile.create(path: path, contents: Data(text.utf8), mode: mode) }
        try giveToOwner(path)
    }

    /// Makes a folder where it is missing.
    static func directory(_ path: String) throws {
        guard !FileManager.default.fileExists(atPath: path) else { return }
        try NewFile.directory(path)
        try giveToOwner(path)
    }

    static func remove(_ path: String) throws {
        guard unlink(path) == 0 || errno == ENOENT else { throw failure(path) }
    }

    /// The mode of a file that is there.
    static func mode(of path: String, default standard: mode_t) -> mode_t {
        attributes(path)?[.posixPermissions].flatMap { ($0 as? NSNumber)?.uint32Value } ?? standard
    }

    /// Gives a file to whom its folder belongs, where root has made it.
    static func giveToOwner(_ path: String) throws {
        guard geteuid() == 0 else { return }
        let folder = attributes(URL(fileURLWithPath: path).deletingLastPathComponent().path)
        guard let user = (folder?[.ownerAccountID] as? NSNumber)?.uint32Value,
            let group = (folder?[.groupOwnerAccountID] as? NSNumber)?.uint32Value, chown(path, user, group) == 0
        else { throw failure(path) }
    }

    private static func attributes(_ path: String) -> [FileAttributeKey: Any]? {
        try? FileManager.default.attributesOfItem(atPath: path)
    }

    private static func perform(_ path: String, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch {
            throw KeyStoreError("\(path) can't be written: \(error)")
        }
    }

    private static func failure(_ path: String) -> KeyStoreError {
        KeyStoreError("\(path) can't be written: \(String(cString: strerror(errno)))")
    }
}
