/// The parts of a `multipart/mixed` body (RFC 2046 §5.1), as `serverkeygen` answers with (RFC 7030 §4.4.2).
struct MultipartBody: Equatable {
    struct Part: Equatable {
        /// In lower case, without parameters; `text/plain` where there is none (RFC 2046 §5.1).
        var type: String
        /// The parameters of the type, names in lower case.
        var parameters: [String: String]
        var content: [UInt8]
    }

    let parts: [Part]

    /// More parts than this are refused: `serverkeygen` has two.
    private static let maximumParts = 16

    /// - Parameter contentType: the answer's, with its boundary.
    /// - Throws: ``DeviceError``, `badAnswer`: also where the last delimiter is missing, as in a body that was cut off.
    init(contentType: String, body: some Collection<UInt8>) throws {
        let (type, parameters) = Self.mediaType(contentType)
        guard type.hasPrefix("multipart/"), let boundary = parameters["boundary"], !boundary.isEmpty,
            boundary.utf8.count <= 70
        else {
            throw DeviceError(.badAnswer, "The server's answer is «\(contentType.visible)», and no multipart/mixed.")
        }
        let body = Array(body)
        let lines = Self.lines(body)
        let delimiter = Array("--\(boundary)".utf8)
        var parts: [Part] = []
        var current: [ArraySlice<UInt8>]?
        var isComplete = false
        for line in lines {
            // White space may follow a delimiter.
            let trimmed = line.trimmedEnd
            guard trimmed == delimiter[...] || trimmed == (delimiter + Array("--".utf8))[...] else {
                current?.append(line)
                continue
            }
            if let lines = current { parts.append(Self.part(lines, of: body)) }
            guard parts.count <= Self.maximumParts else {
                throw DeviceError(.badAnswer, "The server's answer has too many parts.")
            }
            current = []
            if trimmed.count > delimiter.count {
                isComplete = true
                break
            }
        }
        guard isComplete else { throw DeviceError(.badAnswer, "The server's multipart answer has no end.") }
        self.parts = parts
    }

    /// Lines without their ends, CRLF or LF.
    private static func lines(_ body: [UInt8]) -> [ArraySlice<UInt8>] {
        body.split(separator: 0x0a, omittingEmptySubsequences: false).map { $0.last == 0x0d ? $0.dropLast() : $0 }
    }

    /// - Parameter lines: the part's, slices of `body`.
    private static func part(_ lines: [ArraySlice<UInt8>], of body: [UInt8]) -> Part {
        let end = lines.firstIndex { $0.isEmpty } ?? lines.endIndex
        var (type, parameters) = ("text/plain", [String: String]())
        for line in unfolded(lines[..<end]) {
            guard let colon = line.firstIndex(of: ":"),
                line[..<colon].lowercased().trimmed == "content-type"
            else { continue }
            (type, parameters) = mediaType(String(line[line.index(after: colon)...]))
        }
        let content = lines[min(end + 1, lines.endIndex)...]
        // As it stands in the body: a part need not be text. The last line's end is the delimiter's.
        let bytes = content.first.flatMap { first in content.last.map { body[first.startIndex..<$0.endIndex] } }
        return Part(type: type, parameters: parameters, content: Array(bytes ?? []))
    }

    /// Header lines, those that go on in the next one put together.
    private static func unfolded(_ lines: ArraySlice<ArraySlice<UInt8>>) -> [String] {
        lines.reduce(into: []) { result, line in
            let text = String(decoding: line, as: UTF8.self)
            if let first = text.first, first == " " || first == "\t", let last = result.popLast() {
                result.append(last + " " + text.trimmed)
            } else {
                result.append(text)
            }
        }
    }

    /// A media type and its parameters, quoted or not (RFC 9110 §8.3.1).
    static func mediaType(_ text: String) -> (type: String, parameters: [String: String]) {
        var fields: [String] = [""]
        var (isQuoted, isEscaped) = (false, false)
        for character in text {
            if isEscaped {
                fields[fields.count - 1].append(character)
                isEscaped = false
            } else if isQuoted, character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
            } else if character == ";", !isQuoted {
                fields.append("")
            } else {
                fields[fields.count - 1].append(character)
            }
        }
        var parameters: [String: String] = [:]
        for field in fields.dropFirst() {
            guard let equals = field.firstIndex(of: "=") else { continue }
            parameters[field[..<equals].lowercased().trimmed] = String(field[field.index(after: equals)...]).trimmed
        }
        return (fields[0].trimmed.lowercased(), parameters)
    }
}

extension ArraySlice<UInt8> {
    fileprivate var trimmedEnd: ArraySlice<UInt8> {
        self[..<(lastIndex { $0 != 0x20 && $0 != 0x09 }.map { $0 + 1 } ?? startIndex)]
    }
}

extension StringProtocol {
    fileprivate var trimmed: String {
        let start = drop { $0.isWhitespace }
        return String(start.reversed().drop { $0.isWhitespace }.reversed())
    }
}
