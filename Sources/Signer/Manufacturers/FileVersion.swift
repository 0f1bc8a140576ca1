internal import Glibc

/// What tells one version of a file's contents from the next.
struct FileVersion: Equatable {
    let size: Int64
    private let device: UInt64
    private let inode: UInt64
    private let modified: [Int]
    private let changed: [Int]

    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    /// - Throws: ``Missing`` where there is no such file, or it can't be looked at.
    init(path: String) throws(Missing) {
        var status = stat()
        guard stat(path, &status) == 0 else { throw Missing(description: String(cString: strerror(errno))) }
        size = Int64(status.st_size)
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        modified = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
        changed = [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
    }
}
