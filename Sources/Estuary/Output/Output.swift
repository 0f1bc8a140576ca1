internal import Foundation

/// What a command prints: facts on standard output, everything else on standard error.
enum Output {
    /// Prints a line at once, also where standard output is a pipe that someone waits at.
    ///
    /// - Throws: ``Failure`` where it can't be written: who relies on the output must not take it for complete.
    static func line(_ text: String) throws {
        try write(text + "\n", to: STDOUT_FILENO)
    }

    /// Prints a remark that is no fact: progress, a warning. Where nobody can read it there is no one left to tell.
    static func remark(_ text: String) {
        try? write(text + "\n", to: STDERR_FILENO)
    }

    /// Prints a value as one line of JSON.
    static func json(_ value: some Encodable) throws {
        try line(try JSONText.line(value))
    }

    static func write(_ text: String, to descriptor: Int32) throws {
        try Array(text.utf8).withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let written = Foundation.write(
                    descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if written < 0 && errno == EINTR { continue }
                if written < 0 && errno == EAGAIN {
                    // Someone has made it non-blocking: wait for room.
                    var event = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    _ = poll(&event, 1, -1)
                    continue
                }
                guard written > 0 else {
                    let reason = String(cString: strerror(errno))
                    throw Failure("The output can't be written, and is not complete: \(reason).")
                }
                rest = rest.dropFirst(written)
            }
        }
    }
}

/// Facts for programs.
enum JSONText {
    /// One line, the fields in the order of their names, written as events write them: `not_after`.
    static func line(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
