internal import Foundation
package import Logging

/// How log lines look.
package enum LogFormat: String, CaseIterable, Sendable {
    /// For people where standard error is a terminal, JSON otherwise.
    case automatic
    /// One JSON object a line.
    case json
    /// One readable line an entry.
    case text
}

/// Where log entries go, and in which form.
package struct LogOutput: Sendable {
    let writesJSON: Bool
    let write: @Sendable ([UInt8]) -> Void

    /// An output that hands each finished line, its line break included, to a closure.
    package init(json: Bool, write: @escaping @Sendable ([UInt8]) -> Void) {
        writesJSON = json
        self.write = write
    }

    /// Standard error of this process.
    package static func standardError(format: LogFormat = .automatic) -> LogOutput {
        let json =
            switch format {
            case .automatic: isatty(FileHandle.standardError.fileDescriptor) == 0
            case .json: true
            case .text: false
            }
        return LogOutput(json: json) { line in
            // One write a line: a pipe keeps lines of different threads apart. A reader that went away is no reason to
            // stop, and there is no place left to report it.
            line.withUnsafeBytes { bytes in
                var rest = bytes[...]
                while !rest.isEmpty {
                    let written = Foundation.write(
                        FileHandle.standardError.fileDescriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress,
                        rest.count)
                    if written < 0 && errno == EINTR { continue }
                    guard written > 0 else { return }
                    rest = rest.dropFirst(written)
                }
            }
        }
    }

    /// A logger of this output alone, whatever the process's logging system is.
    package func logger(label: String, level: Logger.Level = .info) -> Logger {
        Logger(label: label) { _ in LineLogHandler(label: label, level: level, output: self) }
    }

    /// Makes this output the process's own. To be called once, at the start of an executable.
    package func bootstrap(level: Logger.Level) {
        LoggingSystem.bootstrap { label in
            LineLogHandler(label: label, level: level, output: self)
        }
    }
}
