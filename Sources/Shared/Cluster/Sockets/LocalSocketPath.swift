internal import Foundation

/// The path of an `ipc://` endpoint, and the folder that keeps others out.
struct LocalSocketPath {
    /// Room is left to the system's limit of 107 bytes, so that a path that works here works everywhere.
    static let maximumBytes = 90

    let path: String

    /// - Throws: ``TransportError`` with code `endpoint` where it is no `ipc://` endpoint with a path, `localSocket`
    ///   where the path is too long.
    init(endpoint: String) throws {
        let scheme = "ipc://"
        guard endpoint.hasPrefix(scheme + "/") else {
            throw TransportError(.endpoint, "\(endpoint): a local socket's endpoint is ipc:// and an absolute path.")
        }
        path = String(endpoint.dropFirst(scheme.count))
        guard path.utf8.count <= Self.maximumBytes else {
            throw TransportError(
                .localSocket,
                "The socket path \(path) has \(path.utf8.count) bytes; \(Self.maximumBytes) are allowed. "
                    + "Use a state directory with a shorter path.")
        }
    }

    /// Makes the folder with mode 0700, or sees that an existing one is ours and lets nobody else in.
    func prepareFolder() throws {
        let folder = (path as NSString).deletingLastPathComponent
        if mkdir(folder, 0o700) != 0, errno != EEXIST {
            throw TransportError(
                .localSocket, "The folder \(folder) cannot be made: \(String(cString: strerror(errno))).")
        }
        var status = stat()
        guard lstat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw TransportError(.localSocket, "\(folder) is no folder.")
        }
        guard status.st_uid == geteuid(), status.st_mode & 0o077 == 0 else {
            throw TransportError(
                .localSocket,
                "Others can enter \(folder), which holds a local socket: chmod 700 \(folder), as its owner.")
        }
    }

    /// Takes the rights of others from the bound socket.
    ///
    /// libzmq makes it 0755. What protects it in between, and anyway, is the folder with mode 0700; the umask is the
    /// process's, not the thread's, and would change what other threads create meanwhile.
    func restrictSocket() throws {
        guard chmod(path, 0o600) == 0 else {
            throw TransportError(
                .localSocket, "The mode of \(path) cannot be set: \(String(cString: strerror(errno))).")
        }
    }
}
