internal import Foundation

/// Folders and files that only their owner may use.
enum PrivateFolder {
    static func create(_ path: String) throws {
        guard mkdir(path, 0o700) == 0 else {
            throw Failure("\(path) can't be made: \(String(cString: strerror(errno))).")
        }
    }

    /// Writes a new file, on the disk when this returns.
    static func write(_ text: String, to path: String) throws {
        let file = try PrivateFile.create(path)
        try file.write(contentsOf: Data(text.utf8))
        try file.synchronize()
        try file.close()
    }
}
