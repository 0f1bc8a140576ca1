internal import Foundation

/// Held by the one process that may work on something: a ledger, an event store, a state directory.
///
/// The kernel lets it go when the process ends, however it ends. The file stays and names the last holder.
package final class ExclusiveLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock.
    ///
    /// - Parameter path: the lock's own file, made with mode 0600 where it is missing.
    /// - Throws: ``ExclusiveLockError`` where another process holds it, or the file can't be opened.
    package init(path: String) throws {
        // The stored property is set last: a class whose properties are all set runs its `deinit` when its initializer
        // throws, and that would empty the holder's file and close a number that is another thread's by then.
        let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard opened >= 0 else {
            throw ExclusiveLockError(path: path, reason: .unusable(String(cString: strerror(errno))))
        }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            var digits = [UInt8](repeating: 0, count: 20)
            let count = max(0, pread(opened, &digits, digits.count, 0))
            close(opened)
            throw ExclusiveLockError(
                path: path, reason: .held(by: Int32(String(decoding: digits[..<count], as: UTF8.self))))
        }
        // Only a hint for people: what counts is the kernel's lock.
        let identifier = Array(String(getpid()).utf8)
        _ = ftruncate(opened, 0)
        _ = pwrite(opened, identifier, identifier.count, 0)
        descriptor = opened
    }

    deinit {
        _ = ftruncate(descriptor, 0)
        close(descriptor)
    }
}

/// Why a lock was not taken.
package struct ExclusiveLockError: Error, Equatable, CustomStringConvertible {
    package enum Reason: Equatable, Sendable {
        /// Another process has it; its number where it is known.
        case held(by: Int32?)
        case unusable(String)
    }

    package var path: String
    package var reason: Reason

    package var description: String {
        switch reason {
        case .held(let process):
            "another process works here already" + (process.map { " (process \($0))" } ?? "")
                + ": \(path) is locked. Stop that one first."
        case .unusable(let text): "\(path) can't be opened: \(text)."
        }
    }
}
