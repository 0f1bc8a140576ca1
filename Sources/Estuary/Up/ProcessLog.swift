internal import Foundation
internal import Synchronization

/// The file that a process's output goes to, and its predecessors `.1`, `.2` …: never more than so many bytes.
final class ProcessLog: Sendable {
    struct Limits: Sendable {
        var bytes = 10 << 20
        /// How many full files are kept beside the one that is written.
        var predecessors = 3
    }

    private struct State {
        var descriptor: Int32
        var size: Int
        /// The end of what was written, for a message that says why a process has ended.
        var lastLine: [UInt8] = []
        var isLineOpen = false
    }

    let path: String
    private let limits: Limits
    private let state: Mutex<State>
    private static let maximumLastLine = 500

    /// Opens the file, or makes it, for this user only.
    init(path: String, limits: Limits = Limits()) throws {
        self.path = path
        self.limits = limits
        let (descriptor, size) = try Self.open(path)
        state = Mutex(State(descriptor: descriptor, size: size))
    }

    deinit {
        _ = state.withLock { close($0.descriptor) }
    }

    /// Appends bytes. What can't be written is lost: a full disk must not stop the process that prints.
    func append(_ bytes: UnsafeRawBufferPointer) {
        state.withLock { state in
            if state.size + bytes.count > limits.bytes, state.size > 0 { rotate(&state) }
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = write(state.descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { break }
                state.size += count
                rest = rest.dropFirst(count)
            }
            remember(bytes, &state)
        }
    }

    /// The last line that was written, cut where it is long; nil where there is none.
    var lastLine: String? {
        let bytes = state.withLock { $0.lastLine }
        return bytes.isEmpty ? nil : PlainText.visible(String(decoding: bytes, as: UTF8.self))
    }

    private func remember(_ bytes: UnsafeRawBufferPointer, _ state: inout State) {
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                state.isLineOpen = false
            } else {
                if !state.isLineOpen { state.lastLine.removeAll(keepingCapacity: true) }
                state.isLineOpen = true
                if state.lastLine.count < Self.maximumLastLine { state.lastLine.append(byte) }
            }
        }
    }

    private func rotate(_ state: inout State) {
        for number in stride(from: limits.predecessors, to: 0, by: -1) {
            rename(number == 1 ? path : "\(path).\(number - 1)", "\(path).\(number)")
        }
        if limits.predecessors == 0 { unlink(path) }
        guard let (descriptor, size) = try? Self.open(path) else { return }
        close(state.descriptor)
        (state.descriptor, state.size) = (descriptor, size)
    }

    private static func open(_ path: String) throws -> (descriptor: Int32, size: Int) {
        let descriptor = Foundation.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Failure("\(path) can't be written: \(String(cString: strerror(errno))).")
        }
        return (descriptor, max(0, Int(lseek(descriptor, 0, SEEK_END))))
    }
}
