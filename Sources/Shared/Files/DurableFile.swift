package import Foundation

/// Files that are there whole or not at all, also after a loss of power.
package enum DurableFile {
    /// Writes a file that must not exist.
    package static func create(path: String, contents: Data, mode: mode_t) throws {
        let temporary = try writeTemporary(beside: path, contents: contents, mode: mode)
        defer { unlink(temporary) }
        guard link(temporary, path) == 0 else { throw failure(path) }
        syncFolder(of: path)
    }

    /// Writes a file, in place of the one that may be there.
    package static func replace(path: String, contents: Data, mode: mode_t) throws {
        let temporary = try writeTemporary(beside: path, contents: contents, mode: mode)
        guard rename(temporary, path) == 0 else {
            let error = failure(path)
            unlink(temporary)
            throw error
        }
        syncFolder(of: path)
    }

    /// Gives a file another name, in place of the one that may have it.
    package static func move(_ path: String, to name: String) throws {
        guard rename(path, name) == 0 else { throw failure(name) }
        syncFolder(of: name)
    }

    private static func writeTemporary(beside path: String, contents: Data, mode: mode_t) throws -> String {
        let temporary = "\(path).\(UUID().uuidString).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw failure(temporary) }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
        defer { close(descriptor) }
        do {
            try handle.write(contentsOf: contents)
            guard fsync(descriptor) == 0 else { throw failure(temporary) }
        } catch {
            unlink(temporary)
            throw error
        }
        return temporary
    }

    private static func syncFolder(of path: String) {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private static func failure(_ path: String) -> FileFailure {
        FileFailure(path: path, reason: String(cString: strerror(errno)))
    }
}

/// A file can't be written.
package struct FileFailure: Error, CustomStringConvertible {
    package var path: String
    package var reason: String
    package var description: String { "\(path): \(reason)" }
}
