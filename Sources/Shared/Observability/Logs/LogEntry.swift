internal import Foundation
internal import Logging

/// One log entry, and its two forms as a line.
struct LogEntry {
    var time: Date
    var level: Logger.Level
    var logger: String
    var message: String
    var fields: Logger.Metadata

    /// One JSON object and a line break. Metadata stand beside the fixed fields, nested ones under dotted names.
    var json: [UInt8] {
        var line = "{\"time\":\"\(timestamp)\",\"level\":\"\(level.rawValue)\",\"logger\":"
        Self.appendQuoted(logger, to: &line)
        line += ",\"message\":"
        Self.appendQuoted(message, to: &line)
        for (name, value) in flattened {
            line += ","
            Self.appendQuoted(Self.fixedNames.contains(name) ? "metadata.\(name)" : name, to: &line)
            line += ":"
            Self.append(value, to: &line)
        }
        line += "}\n"
        return Array(line.utf8)
    }

    /// A line for a person: time, level, logger, message, `name=value` pairs.
    var text: [UInt8] {
        var line = "\(timestamp) \(level.rawValue) \(logger): \(Self.escaped(message))"
        for (name, value) in flattened {
            line += " \(Self.escaped(name))=\(Self.escaped(value.description))"
        }
        line += "\n"
        return Array(line.utf8)
    }

    private static let fixedNames: Set<String> = ["time", "level", "logger", "message"]

    private var timestamp: String {
        time.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    private var flattened: [(String, Logger.MetadataValue)] {
        var pairs: [(String, Logger.MetadataValue)] = []
        func flatten(_ name: String, _ value: Logger.MetadataValue) {
            guard case .dictionary(let nested) = value else { return pairs.append((name, value)) }
            for (key, value) in nested {
                flatten("\(name).\(key)", value)
            }
        }
        for (name, value) in fields {
            flatten(name, value)
        }
        return pairs.sorted { $0.0 < $1.0 }
    }

    private static func append(_ value: Logger.MetadataValue, to line: inout String) {
        switch value {
        case .string(let text): appendQuoted(text, to: &line)
        case .stringConvertible(let convertible): appendQuoted(convertible.description, to: &line)
        case .array(let values):
            line += "["
            for (index, value) in values.enumerated() {
                if index > 0 { line += "," }
                append(value, to: &line)
            }
            line += "]"
        case .dictionary: appendQuoted(value.description, to: &line)
        }
    }

    private static func appendQuoted(_ text: String, to line: inout String) {
        line += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": line += "\\\""
            case "\\": line += "\\\\"
            case _ where mustEscape(scalar): appendEscape(scalar, to: &line)
            default: line.unicodeScalars.append(scalar)
            }
        }
        line += "\""
    }

    /// The text with everything escaped that could break the line or show it as another than it is.
    private static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: mustEscape) else { return text }
        var line = ""
        for scalar in text.unicodeScalars {
            if mustEscape(scalar) {
                appendEscape(scalar, to: &line)
            } else {
                line.unicodeScalars.append(scalar)
            }
        }
        return line
    }

    /// Control characters, and those that turn the reading direction or break lines.
    private static func mustEscape(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0...0x1f, 0x7f...0x9f, 0x61c, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f, 0xfeff: true
        default: false
        }
    }

    private static func appendEscape(_ scalar: Unicode.Scalar, to line: inout String) {
        let digits = String(scalar.value, radix: 16)
        line += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
