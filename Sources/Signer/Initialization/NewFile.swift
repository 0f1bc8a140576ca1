internal import Foundation

/// Writes files that must not be there yet, with their mode from the first byte on.
enum NewFile {
    static func directory(_ path: String) throws {
        if mkdir(path, 0o700) != 0 && errno != EEXIST {
            throw KeyStoreError("\(path) can't be made: \(String(cString: strerror(errno)))")
        }
    }

    /// Writes a file durably.
    ///
    /// - Throws: ``KeyStoreError`` where the file is there already or can't be written.
    static func write(_ text: String, path: String, mode: mode_t) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else {
            throw KeyStoreError("\(path) can't be made: \(String(cString: strerror(errno)))")
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            // The process's umask may be narrower than a file for everybody needs.
            guard fchmod(descriptor, mode) == 0 else { throw POSIXError(.EPERM) }
            try file.write(contentsOf: Data(text.utf8))
            try file.synchronize()
            try file.close()
        } catch {
            throw KeyStoreError("\(path) can't be written: \(error.localizedDescription)")
        }
    }
}
