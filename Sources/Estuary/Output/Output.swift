internal import Foundation

/// What a command prints: facts on standard output, everything else on standard error.
enum Output {
    /// Prints a line at once, also where standard output is a pipe that someone waits at.
    static func line(_ text: String) {
        write(text + "\n", to: STDOUT_FILENO)
    }

    /// Prints a remark that is no fact: progress, a warning.
    static func remark(_ text: String) {
        write(text + "\n", to: STDERR_FILENO)
    }

    /// Prints a value as one line of JSON.
    static func json(_ value: some Encodable) throws {
        line(try JSONText.line(value))
    }

    private static func write(_ text: String, to descriptor: Int32) {
        Array(text.utf8).withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let written = Foundation.write(
                    descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if written < 0 && errno == EINTR { continue }
                // Nobody reads any more: there is no one left to tell.
                guard written > 0 else { return }
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
