internal import Foundation

/// Reads the line of an event: JSON (RFC 8259) that may come from a hostile node.
///
/// Fields that are not known are skipped, so that an older program reads a newer one's lines; a known field that
/// stands twice is an error, since it could mean one thing to this reader and another to the next.
struct EventLineReader {
    /// How deep the value of an unknown field may be nested.
    private static let maximumDepth = 16

    private let bytes: UnsafeBufferPointer<UInt8>
    private var place = 0
    /// Where the next field is looked for first in ``EventField/all``.
    private var expected = 0
    /// The fields that had a value, a bit each.
    private var seen: UInt64 = 0

    /// - Parameter bytes: the line, valid UTF-8; not kept beyond the reader's life.
    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    // MARK: Fields

    /// Reads the whole line.
    ///
    /// - Parameter take: reads the value of one field, which is not null. Each field comes once at most.
    /// - Throws: ``EventLineError``, also where a field is missing that every event has.
    mutating func readFields(_ take: (EventField, inout EventLineReader) throws -> Void) throws {
        skipSpace()
        try expect(UInt8(ascii: "{"))
        skipSpace()
        if next != UInt8(ascii: "}") {
            repeat {
                skipSpace()
                let index = try fieldIndex()
                skipSpace()
                try expect(UInt8(ascii: ":"))
                skipSpace()
                guard let index else {
                    try skipValue(depth: 0)
                    continue
                }
                let bit = UInt64(1) << UInt64(index)
                guard seen & bit == 0 else { throw EventLineError("a field stands twice") }
                seen |= bit
                if next == UInt8(ascii: "n") {
                    try expect("null")
                    guard Self.required & bit == 0 else { throw EventLineError("a field is null that may not be") }
                } else {
                    try take(EventField.all[index].field, &self)
                }
            } while takesComma()
        }
        try expect(UInt8(ascii: "}"))
        skipSpace()
        guard place == bytes.count else { throw EventLineError("something follows the event") }
        guard seen & Self.required == Self.required else { throw EventLineError("a field is missing") }
    }

    private static let required = EventField.all.enumerated().reduce(into: UInt64(0)) { bits, entry in
        if EventField.required.contains(entry.element.field) { bits |= 1 << UInt64(entry.offset) }
    }

    /// Reads a field's name; nil where it is not known.
    private mutating func fieldIndex() throws -> Int? {
        let all = EventField.all
        let name = try string()
        // The next one is seldom far, since lines have the fields in their order.
        for step in 0..<all.count {
            let index = (expected + step) % all.count
            let isIt =
                switch name {
                case .plain(let raw): raw.count == all[index].name.count && raw.elementsEqual(all[index].name)
                case .escaped(let text): text.utf8.elementsEqual(all[index].name)
                }
            if isIt {
                expected = index + 1
                return index
            }
        }
        return nil
    }

    // MARK: Values

    mutating func text() throws -> String {
        switch try string() {
        case .plain(let raw): String(decoding: raw, as: UTF8.self)
        case .escaped(let text): text
        }
    }

    mutating func texts() throws -> [String] {
        try expect(UInt8(ascii: "["))
        skipSpace()
        var texts: [String] = []
        if next != UInt8(ascii: "]") {
            repeat {
                skipSpace()
                texts.append(try text())
            } while takesComma()
        }
        try expect(UInt8(ascii: "]"))
        return texts
    }

    /// A text that stands for a case of an enumeration.
    mutating func choice<Choice: RawRepresentable<String>>(_ type: Choice.Type) throws -> Choice {
        guard let choice = Choice(rawValue: try text()) else { throw EventLineError("a value is not known") }
        return choice
    }

    /// Bytes in base64.
    mutating func data() throws -> Data {
        let data =
            switch try string() {
            case .plain(let raw): Data(base64Encoded: Data(buffer: raw))
            case .escaped(let text): Data(base64Encoded: text)
            }
        guard let data else { throw EventLineError("a value is not in base64") }
        return data
    }

    /// A whole number, without fraction or exponent.
    mutating func integer<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) throws -> Number {
        let start = place
        if next == UInt8(ascii: "-") { place += 1 }
        let first = place
        while isDigit(next) { place += 1 }
        guard place > first, place == first + 1 || bytes[first] != UInt8(ascii: "0"), !isFractionOrExponent(next),
            let number = Number(String(decoding: bytes[start..<place], as: UTF8.self))
        else { throw EventLineError("a whole number is needed that is not too large") }
        return number
    }

    /// A text as it stands in the line, or as its escapes make it.
    private enum Characters {
        case plain(UnsafeBufferPointer<UInt8>)
        case escaped(String)
    }

    private mutating func string() throws -> Characters {
        try expect(UInt8(ascii: "\""))
        let start = place
        while place < bytes.count {
            switch bytes[place] {
            case UInt8(ascii: "\""):
                defer { place += 1 }
                return .plain(UnsafeBufferPointer(rebasing: bytes[start..<place]))
            case UInt8(ascii: "\\"):
                return .escaped(try escapedText(from: start))
            case 0..<0x20:
                throw EventLineError("a text holds a control character")
            default:
                place += 1
            }
        }
        throw EventLineError("a text does not end")
    }

    /// Reads on at the first escape of a text that begins at `start`.
    private mutating func escapedText(from start: Int) throws -> String {
        var text = Array(bytes[start..<place])
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            switch byte {
            case UInt8(ascii: "\""):
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                text.append(contentsOf: UTF8.encode(try escape()) ?? UTF8.encodedReplacementCharacter)
            case 0..<0x20:
                throw EventLineError("a text holds a control character")
            default:
                text.append(byte)
            }
        }
        throw EventLineError("a text does not end")
    }

    /// Reads what follows a backslash.
    private mutating func escape() throws -> Unicode.Scalar {
        let kind = next
        place += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(kind)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "u"):
            let unit = try codeUnit()
            if let scalar = Unicode.Scalar(unit) { return scalar }
            // The first half of a pair (RFC 8259 §7); its second half must follow.
            guard UTF16.isLeadSurrogate(unit), next == UInt8(ascii: "\\") else { throw EventLineError.escape }
            place += 1
            guard next == UInt8(ascii: "u") else { throw EventLineError.escape }
            place += 1
            let second = try codeUnit()
            guard UTF16.isTrailSurrogate(second),
                let scalar = Unicode.Scalar(0x1_0000 + (UInt32(unit) - 0xd800) << 10 + (UInt32(second) - 0xdc00))
            else { throw EventLineError.escape }
            return scalar
        default: throw EventLineError.escape
        }
    }

    /// Reads the four digits of `\u`.
    private mutating func codeUnit() throws -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(next)).hexDigitValue else { throw EventLineError.escape }
            unit = unit << 4 | UInt16(digit)
            place += 1
        }
        return unit
    }

    /// Passes over a value that nobody wants, of any kind.
    private mutating func skipValue(depth: Int) throws {
        guard depth <= Self.maximumDepth else { throw EventLineError("a value is nested too deeply") }
        switch next {
        case UInt8(ascii: "\""):
            _ = try string()
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            let isObject = next == UInt8(ascii: "{")
            let end = isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
            place += 1
            skipSpace()
            if next != end {
                repeat {
                    skipSpace()
                    if isObject {
                        _ = try string()
                        skipSpace()
                        try expect(UInt8(ascii: ":"))
                        skipSpace()
                    }
                    try skipValue(depth: depth + 1)
                } while takesComma()
            }
            try expect(end)
        case UInt8(ascii: "t"): try expect("true")
        case UInt8(ascii: "f"): try expect("false")
        case UInt8(ascii: "n"): try expect("null")
        default: try skipNumber()
        }
    }

    private mutating func skipNumber() throws {
        if next == UInt8(ascii: "-") { place += 1 }
        try skipDigits()
        if next == UInt8(ascii: ".") {
            place += 1
            try skipDigits()
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            place += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { place += 1 }
            try skipDigits()
        }
    }

    private mutating func skipDigits() throws {
        guard isDigit(next) else { throw EventLineError("a value is needed") }
        while isDigit(next) { place += 1 }
    }

    private func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private func isFractionOrExponent(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E")
    }

    // MARK: Characters

    /// The byte at the place; 0, which stands nowhere in JSON, at the end.
    private var next: UInt8 { place < bytes.count ? bytes[place] : 0 }

    private mutating func expect(_ byte: UInt8) throws {
        guard next == byte else { throw EventLineError("\(Unicode.Scalar(byte)) is needed at byte \(place)") }
        place += 1
    }

    private mutating func expect(_ word: StaticString) throws {
        for byte in UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount) {
            try expect(byte)
        }
    }

    private mutating func skipSpace() {
        while next == UInt8(ascii: " ") || (0x9...0xd).contains(next) && next != 0xb && next != 0xc { place += 1 }
    }

    /// Passes over a comma and the space before it, where there is one.
    private mutating func takesComma() -> Bool {
        skipSpace()
        guard next == UInt8(ascii: ",") else { return false }
        place += 1
        return true
    }
}

/// Why a line is no event.
struct EventLineError: Error, Equatable, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }

    static let escape = EventLineError("a text holds an escape that means nothing")
}
