internal import Crypto
internal import Foundation
internal import PKI

/// Files that are copied whole, and are on the disk when they are.
enum BackupFile {
    /// Writes a new file that only its owner can read until it is whole.
    ///
    /// - Returns: the SHA-256 of what was written, hexadecimal.
    @discardableResult
    static func write(_ contents: Data, to path: String, mode: mode_t) throws -> String {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure(path) }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
        defer { close(descriptor) }
        do {
            try file.write(contentsOf: contents)
        } catch {
            throw Failure("\(path) can't be written: \(error.localizedDescription).")
        }
        guard fchmod(descriptor, mode) == 0, fsync(descriptor) == 0 else { throw failure(path) }
        return SHA256.hash(data: contents).hexadecimal
    }

    /// Copies a file of any size.
    ///
    /// - Returns: how many bytes, and their SHA-256, hexadecimal.
    static func copy(_ source: String, to path: String, mode: mode_t) throws -> (bytes: Int, sha256: String) {
        let input = open(source, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard input >= 0 else { throw failure(source) }
        defer { close(input) }
        let output = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard output >= 0 else { throw failure(path) }
        defer { close(output) }
        let (reading, writing) = (
            FileHandle(fileDescriptor: input, closeOnDealloc: false),
            FileHandle(fileDescriptor: output, closeOnDealloc: false)
        )
        var hash = SHA256()
        var bytes = 0
        do {
            while let part = try reading.read(upToCount: 1 << 20), !part.isEmpty {
                hash.update(data: part)
                bytes += part.count
                try writing.write(contentsOf: part)
            }
        } catch {
            throw Failure("\(path) can't be written: \(error.localizedDescription).")
        }
        guard fchmod(output, mode) == 0, fsync(output) == 0 else { throw failure(path) }
        return (bytes, hash.finalize().hexadecimal)
    }

    /// - Returns: how many bytes, and their SHA-256, hexadecimal.
    static func digest(_ path: String) throws -> (bytes: Int, sha256: String) {
        let input = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard input >= 0 else { throw failure(path) }
        defer { close(input) }
        let reading = FileHandle(fileDescriptor: input, closeOnDealloc: false)
        var hash = SHA256()
        var bytes = 0
        do {
            while let part = try reading.read(upToCount: 1 << 20), !part.isEmpty {
                hash.update(data: part)
                bytes += part.count
            }
        } catch {
            throw Failure("\(path) can't be read: \(error.localizedDescription).")
        }
        return (bytes, hash.finalize().hexadecimal)
    }

    /// Makes a file's folder below another one, and those between them, for the owner alone.
    static func makeFolders(of path: String, below folder: String) throws {
        var current = folder
        for part in path.split(separator: "/").dropLast() {
            current += "/" + part
            if mkdir(current, 0o700) != 0, errno != EEXIST { throw failure(current) }
        }
    }

    static func syncFolder(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(path) }
    }

    static func syncFolders(below path: String) throws {
        for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: path + "/" + name, isDirectory: &isFolder), isFolder.boolValue {
                try syncFolder(path + "/" + name)
            }
        }
        try syncFolder(path)
    }

    static func failure(_ path: String) -> Failure {
        Failure("\(path): \(String(cString: strerror(errno))).")
    }
}
