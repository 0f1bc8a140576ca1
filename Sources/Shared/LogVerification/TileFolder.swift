internal import Foundation
internal import TransparencyLog

/// A log as C2SP tlog-tiles lays it out, wherever it is: `checkpoint`, `tile/…`, `tile/entries/…`.
package protocol TiledLog: Sendable {
    /// - Returns: nil where there is nothing.
    /// - Throws: ``VerificationError`` where it can't be told.
    func read(_ path: String) async throws -> [UInt8]?
}

/// Such a log as a folder: what `estuary audit export` makes, and what any web server can serve.
package struct TileFolder: TiledLog {
    package let path: String
    /// No file of such a log is larger: a bundle of 256 entries of 64 KiB.
    private static let maximumBytes = 256 * 65_537

    package init(path: String) {
        self.path = path
    }

    package func read(_ name: String) async throws -> [UInt8]? {
        try readFile(name)
    }

    func readFile(_ name: String) throws -> [UInt8]? {
        let file = "\(path)/\(name)"
        guard let handle = FileHandle(forReadingAtPath: file) else {
            guard !FileManager.default.fileExists(atPath: file) else {
                throw VerificationError("\(file) can't be read.")
            }
            return nil
        }
        do {
            let bytes = try handle.read(upToCount: Self.maximumBytes + 1) ?? Data()
            guard bytes.count <= Self.maximumBytes else { throw VerificationError("\(file) is too large.") }
            return Array(bytes)
        } catch let error as CocoaError {
            throw VerificationError("\(file) can't be read: \(error.localizedDescription)")
        }
    }

    /// The entries of a full bundle; those that are not there are nil.
    func entries(tile number: Int64) throws -> [[UInt8]?] {
        let full = TileAddress.fullWidth
        let bundle = try readFile(TileAddress(level: 0, index: number).entriesPath)
        let entries: [[UInt8]?] = bundle.flatMap { try? EntryBundle.decode($0) } ?? []
        return Array(entries.prefix(full)) + Array(repeating: nil, count: max(0, full - entries.count))
    }
}
