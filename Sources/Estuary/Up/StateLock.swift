internal import Foundation

/// Held for as long as a process runs a cluster: two of them on one state directory would fight.
///
/// The kernel lets it go when the process ends, however it ends.
final class StateLock {
    private let descriptor: Int32

    /// - Throws: ``Failure`` where another process holds it.
    init(_ state: StateDirectory) throws {
        descriptor = open(state.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Failure(
                "\(state.lock) can't be opened: \(String(cString: strerror(errno))).",
                hint: "Run the command as the user who owns \(state.path).")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            var digits = [UInt8](repeating: 0, count: 20)
            let count = max(0, pread(descriptor, &digits, digits.count, 0))
            close(descriptor)
            let holder = Int32(String(decoding: digits[..<count], as: UTF8.self)).map { " (process \($0))" } ?? ""
            throw Failure(
                "The cluster in \(state.path) is running already\(holder).",
                hint: "See how it is with `estuary status --state \(state.quoted)`.")
        }
        let identifier = Array(String(getpid()).utf8)
        ftruncate(descriptor, 0)
        pwrite(descriptor, identifier, identifier.count, 0)
    }

    deinit {
        ftruncate(descriptor, 0)
        close(descriptor)
    }
}
