internal import Dispatch
internal import Foundation
internal import Logging
internal import Synchronization

/// The manufacturers' revocation lists as their files have them now, and what they say of devices.
///
/// Whoever fetches the lists replaces the files; each use looks at whether one has changed. A file that can't be read
/// any more, half written perhaps, leaves the list that was read before in force, until that is too old.
///
/// All of it, files, parsing and signatures over lists of megabytes, happens on a queue of its own: it holds up other
/// devices of manufacturers with lists, and nobody else.
final class ManufacturerCRLStore: Sendable {
    /// A larger file is not read.
    static let maximumBytes = 16 << 20

    private struct Entry {
        var version: FileVersion?
        var lists: [ManufacturerCRL] = []
        var failure: String?
    }

    /// Used on the queue alone.
    private let entries = Mutex<[String: Entry]>([:])
    private let queue = DispatchQueue(label: "estuary.manufacturer-lists")
    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }

    /// Whether the manufacturer has revoked a certificate of a path, by the files as they are now.
    ///
    /// - Parameters:
    ///   - path: the leaf first, the anchor last; DER.
    ///   - now: in seconds since 1970.
    func judge(
        _ path: [[UInt8]], by rule: Manufacturer.RevocationRule, now: Int64
    ) async -> ManufacturerRevocation.Finding {
        await onQueue { [self] in
            ManufacturerRevocation(rule: rule, lists: refreshed(rule.paths), now: now).judge(path)
        }
    }

    /// Looks at the files, and tells what is wrong with them, by path.
    func failures(_ paths: Set<String>) async -> [String: String] {
        await onQueue { [self] in
            _ = refreshed(paths.sorted())
            return entries.withLock { $0.filter { paths.contains($0.key) }.compactMapValues(\.failure) }
        }
    }

    /// Reads the files of a policy that comes into force, and forgets all others.
    func prepare(_ paths: Set<String>) async {
        await onQueue { [self] in
            _ = refreshed(paths.sorted())
            entries.withLock { entries in
                entries = entries.filter { paths.contains($0.key) }
            }
        }
    }

    /// As many wait as there are enrollments at once, which the lane bounds.
    private func onQueue<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: body()) }
        }
    }

    /// The lists in the files. What can't be read is left out, and logged once.
    private func refreshed(_ paths: [String]) -> [ManufacturerCRL] {
        dispatchPrecondition(condition: .onQueue(queue))
        return entries.withLock { entries in
            paths.flatMap { path in
                refresh(path, &entries[path, default: Entry()])
                return entries[path]?.lists ?? []
            }
        }
    }

    private func refresh(_ path: String, _ entry: inout Entry) {
        do {
            let version = try FileVersion(path: path)
            guard version != entry.version else { return }
            // Also where it fails: the same bytes would fail again.
            entry.version = version
            guard version.size <= Self.maximumBytes else {
                throw ManufacturerCRL.Unreadable(description: "the file has more than \(Self.maximumBytes) bytes")
            }
            entry.lists = try ManufacturerCRL.read(try Self.contents(path))
            entry.failure = nil
            logger.info("manufacturer's CRL read", metadata: ["path": "\(path)", "lists": "\(entry.lists.count)"])
        } catch {
            if error is FileVersion.Missing {
                // Back again it is read, whatever it looks like.
                entry.version = nil
            }
            let failure = "\(error)"
            guard failure != entry.failure else { return }
            entry.failure = failure
            logger.error(
                "manufacturer's CRL can't be read; the one before stays in force",
                metadata: ["path": "\(path)", "error": "\(failure)", "kept": "\(entry.lists.count)"])
        }
    }

    /// At most so many bytes, also where the file grows meanwhile.
    private static func contents(_ path: String) throws -> Data {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { try? file.close() }
        return try file.read(upToCount: maximumBytes) ?? Data()
    }
}
