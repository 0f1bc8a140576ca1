internal import CLinux
internal import Foundation

/// What tells one version of a file's contents from the next.
struct FileVersion: Equatable {
    let size: Int64
    private let device: UInt64
    private let inode: UInt64
    /// Seconds and nanoseconds.
    private let modified: [Int64]
    private let changed: [Int64]

    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    /// - Throws: ``Missing`` where there is no such file, or it can't be looked at.
    init(path: String) throws(Missing) {
        var version = estuary_file_version()
        guard estuary_read_file_version(path, &version) == 0 else {
            throw Missing(description: String(cString: strerror(errno)))
        }
        size = version.size
        device = version.device
        inode = version.inode
        modified = [version.modified_seconds, version.modified_nanoseconds]
        changed = [version.changed_seconds, version.changed_nanoseconds]
    }
}
