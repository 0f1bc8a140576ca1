internal import CLinux
internal import Foundation

#if canImport(Glibc)
internal import Glibc
#endif

extension CurveKeyPair {
    /// A key file is one line; anything longer than this is not one.
    private static let maximumFileBytes = 1024

    /// Reads the secret half from a file.
    ///
    /// - Throws: ``TransportError`` with code `keyFile` where the file is not there, is no regular file, or gives its
    ///   group or others any right; `invalidKey` where it holds something else.
    package static func load(path: String) throws -> CurveKeyPair {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw failure("cannot be opened", path) }
        defer { _ = close(descriptor) }
        // Asked of the open descriptor: the name could be made to point elsewhere in between.
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("cannot be examined", path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw TransportError(.keyFile, "The CURVE key \(path) is not a regular file.")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw TransportError(
                .keyFile, "The CURVE key \(path) can be used by others than its owner: chmod 600 \(path)")
        }
        var bytes = [UInt8](repeating: 0, count: maximumFileBytes)
        let count = read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw failure("cannot be read", path) }
        let text = String(decoding: bytes[..<count], as: UTF8.self)
        do {
            return try CurveKeyPair(secretKey: text.trimmingCharacters(in: .whitespacesAndNewlines))
        } catch {
            throw TransportError(.invalidKey, "\(path) holds no CURVE key (one line, 40 characters of Z85).")
        }
    }

    /// Writes the secret half to a new file with mode 0600, and the public half to `path` + `.pub` with mode 0644.
    ///
    /// Each file appears whole under its name or not at all, and no existing file is ever replaced.
    ///
    /// - Throws: ``TransportError`` with code `keyFile`.
    package func write(path: String) throws {
        guard access(path, F_OK) != 0, access(path + ".pub", F_OK) != 0 else {
            throw TransportError(.keyFile, "There is a key at \(path) already; it is not replaced.")
        }
        // The public half first: a crash in between leaves no secret key that nobody knows the public half of.
        try Self.create(path + ".pub", contents: publicKey.z85 + "\n", mode: 0o644)
        do {
            try Self.create(path, contents: secretKey + "\n", mode: 0o600)
        } catch {
            unlink(path + ".pub")
            throw error
        }
    }

    private static func create(_ path: String, contents: String, mode: mode_t) throws {
        let temporary = "\(path).\(getpid())-\(UInt32.random(in: .min ... .max)).new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw failure("cannot be made", path) }
        defer { unlink(temporary) }
        let bytes = Array(contents.utf8)
        let written = Glibc.write(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
        guard close(descriptor) == 0, written else { throw failure("cannot be written", path) }
        // link(2) fails where the name exists, which rename(2) would not.
        guard link(temporary, path) == 0 else { throw failure("cannot be put in place", path) }
    }

    private static func failure(_ what: String, _ path: String) -> TransportError {
        TransportError(.keyFile, "The CURVE key \(path) \(what): \(String(cString: strerror(errno))).")
    }
}
