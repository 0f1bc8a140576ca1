internal import Foundation

/// The checks of a configuration file's bytes that come before YAML.
enum ConfigurationText {
    /// The bytes of a regular file of at most `maximumBytes`.
    static func read(path: String, maximumBytes: Int) throws -> [UInt8] {
        func failure(_ message: String) -> ConfigurationError {
            ConfigurationError(file: path, line: nil, keyPath: "", message: message)
        }
        let attributes: [FileAttributeKey: Any]
        do {
            attributes = try FileManager.default.attributesOfItem(
                atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
        } catch {
            throw failure("this file does not exist or cannot be read")
        }
        // Reading a pipe or a terminal could wait for ever.
        guard attributes[.type] as? FileAttributeType == .typeRegular else { throw failure("this is not a file") }
        guard let handle = FileHandle(forReadingAtPath: path) else { throw failure("this file cannot be read") }
        defer { try? handle.close() }
        var bytes: [UInt8] = []
        do {
            while bytes.count <= maximumBytes, let more = try handle.read(upToCount: maximumBytes + 1 - bytes.count),
                !more.isEmpty
            {
                bytes += more
            }
        } catch {
            throw failure("this file cannot be read: \(error.localizedDescription)")
        }
        return bytes
    }

    /// The text of the bytes, refused where it is too long, not UTF-8, or holds a control character.
    static func decode(_ bytes: [UInt8], file: String, maximumBytes: Int) throws -> String {
        guard bytes.count <= maximumBytes else {
            throw ConfigurationError(
                file: file, line: nil, keyPath: "",
                message: "the file is too large; at most \(maximumBytes) bytes are read")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigurationError(
                file: file, line: lineOfInvalidUTF8(bytes), keyPath: "", message: "the file is not UTF-8")
        }
        var line = 1
        for byte in bytes {
            if byte == 0x0a { line += 1 }
            guard byte >= 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d else {
                throw ConfigurationError(
                    file: file, line: line, keyPath: "", message: "a control character is not allowed here")
            }
        }
        return text
    }

    /// Refuses anchors (`&name`), and so every alias (`*name`): a few lines of them can stand for gigabytes, and the
    /// YAML library follows them before anyone can count.
    ///
    /// An anchor stands where a value may begin: after nothing, an indicator or a tag. A whole line of comment is
    /// skipped, and so are texts in quotes that end on their line: keys in Z85 are full of indicators. In a quoted text
    /// of several lines something like `[a, &b]` is refused too, which is the price of not lexing YAML twice.
    static func refuseAnchors(_ text: String, file: String) throws {
        for (index, line) in text.utf8.split(omittingEmptySubsequences: false, whereSeparator: isLineBreak).enumerated()
        {
            var before: [UInt8] = []
            var position = line.startIndex
            while position < line.endIndex {
                let byte = line[position]
                if byte == UInt8(ascii: "#"), before.isEmpty { break }
                if let end = endOfQuotedText(in: line[position...], after: before) {
                    before.append(byte)
                    position = line.index(after: end)
                    continue
                }
                if byte == UInt8(ascii: "&"), mayBeginValue(after: before) {
                    throw ConfigurationError(
                        file: file, line: index + 1, keyPath: "",
                        message: "anchors (&…) and aliases (*…) are not allowed; a text that begins with & needs quotes"
                    )
                }
                if !before.isEmpty || (byte != 0x20 && byte != 0x09) { before.append(byte) }
                position = line.index(after: position)
            }
        }
    }

    /// The closing quote of the text in quotes that begins here, or nil where none does or it goes on on the next line.
    private static func endOfQuotedText(in rest: Substring.UTF8View, after before: [UInt8]) -> String.Index? {
        guard let quote = rest.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else { return nil }
        let previous = before.last { $0 != 0x20 && $0 != 0x09 }
        let isAfterDashes = before.allSatisfy { "- \t".utf8.contains($0) }
        let isAfterColon = previous == UInt8(ascii: ":") && before.last != previous
        guard isAfterDashes || isAfterColon || previous.map({ "[{,".utf8.contains($0) }) == true else { return nil }
        var isEscaped = false
        for index in rest.indices.dropFirst() {
            if rest[index] == quote, !isEscaped { return index }
            isEscaped = !isEscaped && quote == UInt8(ascii: "\"") && rest[index] == UInt8(ascii: "\\")
        }
        return nil
    }

    private static func isLineBreak(_ byte: UInt8) -> Bool { byte == 0x0a || byte == 0x0d }

    private static func mayBeginValue(after before: [UInt8]) -> Bool {
        guard let last = before.last else { return true }
        guard last == 0x20 || last == 0x09 else { return "[{,".utf8.contains(last) }
        let word = before.split(whereSeparator: { $0 == 0x20 || $0 == 0x09 }).last ?? []
        guard let end = word.last else { return true }
        return ":-?,[{".utf8.contains(end) || word.first == UInt8(ascii: "!")
    }

    private static func lineOfInvalidUTF8(_ bytes: [UInt8]) -> Int? {
        let lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
        return lines.firstIndex { String(validating: $0, as: UTF8.self) == nil }.map { $0 + 1 }
    }
}
