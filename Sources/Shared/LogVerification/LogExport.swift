internal import DurableFiles
internal import Foundation
package import TransparencyLog

/// Copies a log into a folder, as C2SP tlog-tiles lays it out: any web server can serve that, and it verifies by itself.
///
/// A folder that was exported to before is gone on with: what is full there stays as it is. The checkpoint is written
/// last, so that a folder whose export was cut short is that of the time before.
package struct LogExport<Log: TiledLog> {
    private let log: Log
    private let folder: TileFolder
    private let size: Int64
    private let former: Checkpoint?

    /// - Throws: ``VerificationError``, ``TransparencyLogError`` or ``FileFailure`` where it can't be done.
    package static func run(_ log: Log, to path: String, key: NoteVerifierKey) async throws -> ExportOutcome {
        guard let bytes = try await log.read("checkpoint") else { throw VerificationError("There is no checkpoint.") }
        let note = try SignedNote(parsing: bytes)
        let size = try Checkpoint.verified(note, by: key).size
        let folder = TileFolder(path: path)
        let former = try folder.readFile("checkpoint").map {
            try Checkpoint.verified(SignedNote(parsing: $0), by: key)
        }
        guard former?.size ?? 0 <= size else {
            throw VerificationError(
                "\(path) has \(former?.size ?? 0) events, and the log has \(size): it is older, or another.")
        }
        let export = LogExport(log: log, folder: folder, size: size, former: former)
        let absent = try await export.copy()
        try export.write(bytes, to: "checkpoint", replacing: true)
        export.removeFormerEdge()
        var options = VerificationOptions(key: key)
        options.since = former
        let report = try await TiledVerification.run(folder, options)
        return ExportOutcome(size: size, formerSize: former?.size ?? 0, absent: absent, report: report)
    }

    private func copy() async throws -> Int64 {
        var absent: Int64 = 0
        for level in 0...TileAddress.maximumLevel {
            let full = Int64(TileAddress.fullWidth)
            let count = TileAddress.hashCount(level: level, treeSize: size)
            guard count > 0 else { break }
            for index in 0..<((count + full - 1) / full) {
                guard let address = TileAddress(level: level, index: index, treeSize: size) else { break }
                guard try await copy(address.path) else {
                    throw VerificationError("\(address.path) is not there: the log can't be exported.")
                }
                guard level == 0, try await !copy(address.entriesPath) else { continue }
                guard absent == index * full, !address.isPartial else {
                    throw VerificationError("\(address.entriesPath) is not there: the log can't be exported.")
                }
                absent += full
            }
        }
        return absent
    }

    /// - Returns: whether the file is there now.
    private func copy(_ name: String) async throws -> Bool {
        if FileManager.default.fileExists(atPath: "\(folder.path)/\(name)") { return true }
        guard let bytes = try await log.read(name) else { return false }
        try write(bytes, to: name, replacing: false)
        return true
    }

    private func write(_ bytes: [UInt8], to name: String, replacing: Bool) throws {
        let file = "\(folder.path)/\(name)"
        let parent = URL(fileURLWithPath: file).deletingLastPathComponent().path
        do {
            try FileManager.default.createDirectory(
                atPath: parent, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw VerificationError("\(parent) can't be made: \(error.localizedDescription)")
        }
        if replacing {
            try DurableFile.replace(path: file, contents: Data(bytes), mode: 0o600)
        } else {
            try DurableFile.create(path: file, contents: Data(bytes), mode: 0o600)
        }
    }

    /// The tiles that were partial at the former size stand elsewhere now. Where one stays it does no harm.
    private func removeFormerEdge() {
        guard let former, former.size < size else { return }
        for level in 0...TileAddress.maximumLevel {
            let count = TileAddress.hashCount(level: level, treeSize: former.size)
            guard count > 0 else { break }
            let index = count / Int64(TileAddress.fullWidth)
            guard let old = TileAddress(level: level, index: index, treeSize: former.size),
                old != TileAddress(level: level, index: index, treeSize: size)
            else { continue }
            for path in level == 0 ? [old.path, old.entriesPath] : [old.path] {
                try? FileManager.default.removeItem(atPath: "\(folder.path)/\(path)")
            }
        }
    }
}

/// What an export came to.
package struct ExportOutcome: Sendable {
    package var size: Int64
    /// How many events the folder had before.
    package var formerSize: Int64
    /// How many events of the beginning are neither in the log nor in the folder.
    package var absent: Int64
    /// The folder, verified.
    package var report: VerificationReport
}
