internal import Foundation

/// The bytes of one value, read at any place. No length is believed before it was compared with the bytes that are left.
final class CBORReader {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The first part of an item (RFC 8949 §3).
    private struct Head {
        var major: CBOR.Major
        /// The number, the length, or the count.
        var argument: UInt64
        var isIndefinite: Bool
        /// The place behind the head.
        var end: Int
    }

    private func head(at place: Int) throws -> Head {
        guard place < bytes.count, let major = CBOR.Major(rawValue: bytes[place] >> 5) else {
            throw DecodingError.malformed("The value ends early.")
        }
        let short = bytes[place] & 0x1f
        switch short {
        case 0..<24:
            return Head(major: major, argument: UInt64(short), isIndefinite: false, end: place + 1)
        case 24...27:
            let count = 1 << Int(short - 24)
            guard bytes.count - place - 1 >= count else { throw DecodingError.malformed("The value ends early.") }
            var argument: UInt64 = 0
            for index in 1...count {
                argument = argument << 8 | UInt64(bytes[place + index])
            }
            return Head(major: major, argument: argument, isIndefinite: false, end: place + 1 + count)
        case 31:
            return Head(major: major, argument: 0, isIndefinite: true, end: place + 1)
        default:
            throw DecodingError.malformed("The item's length is reserved.")
        }
    }

    // MARK: Structure

    /// The place behind the item that begins here. Everything within it is checked but for the texts being UTF-8.
    func end(ofItemAt place: Int, depth: Int = 0) throws -> Int {
        let head = try head(at: place)
        switch head.major {
        case .unsigned, .negative:
            guard !head.isIndefinite else { break }
            return head.end
        case .bytes, .text:
            return try contents(of: head).upperBound
        case .array, .map:
            guard depth < CBOR.maximumDepth else { throw DecodingError.malformed("The value is nested too deeply.") }
            var items = CBORItems(self, head.isIndefinite ? nil : head.argument, first: head.end)
            while !items.isAtEnd {
                if head.major == .map { _ = try text(at: items.place, next: &items.place) }
                items.place = try end(ofItemAt: items.place, depth: depth + 1)
                items.pass()
            }
            return items.end
        case .simple:
            switch bytes[place] {
            case CBOR.false, CBOR.true, CBOR.null, CBOR.double: return head.end
            default: break
            }
        case .tag:
            break
        }
        throw DecodingError.malformed("There is no such item in a message.")
    }

    /// Whether a break stands here, or nothing any more.
    func isBreak(at place: Int) -> Bool {
        place >= bytes.count || bytes[place] == CBOR.break
    }

    /// The items of an array, or the pairs of a map.
    func items(of major: CBOR.Major, at place: Int) throws -> CBORItems {
        let head = try head(at: place)
        guard head.major == major else { throw DecodingError.mismatch(major == .map ? [String: Any].self : [Any].self) }
        return CBORItems(self, head.isIndefinite ? nil : head.argument, first: head.end)
    }

    private func contents(of head: Head) throws -> Range<Int> {
        guard !head.isIndefinite, head.argument <= UInt64(bytes.count - head.end) else {
            throw DecodingError.malformed("A text or bytes have no end.")
        }
        return head.end..<head.end + Int(head.argument)
    }

    // MARK: Items

    func isNull(at place: Int) -> Bool {
        place < bytes.count && bytes[place] == CBOR.null
    }

    func flag(at place: Int) throws -> Bool {
        guard place < bytes.count, bytes[place] == CBOR.true || bytes[place] == CBOR.false else {
            throw DecodingError.mismatch(Bool.self)
        }
        return bytes[place] == CBOR.true
    }

    func integer<Number: FixedWidthInteger>(at place: Int) throws -> Number {
        let head = try head(at: place)
        let number: Number? =
            switch head.major {
            case .unsigned: Number(exactly: head.argument)
            case .negative: Int64(exactly: head.argument).flatMap { Number(exactly: -1 - $0) }
            default: nil
            }
        guard let number else { throw DecodingError.mismatch(Number.self) }
        return number
    }

    func double(at place: Int) throws -> Double {
        let head = try head(at: place)
        guard bytes[place] == CBOR.double else { throw DecodingError.mismatch(Double.self) }
        return Double(bitPattern: head.argument)
    }

    func text(at place: Int) throws -> String {
        var next = 0
        return try characters(at: text(at: place, next: &next))
    }

    func characters(at range: Range<Int>) throws -> String {
        let text = bytes.withUnsafeBufferPointer {
            String(validating: UnsafeBufferPointer(rebasing: $0[range]), as: UTF8.self)
        }
        guard let text else { throw DecodingError.malformed("A text is not in UTF-8.") }
        return text
    }

    func data(at place: Int) throws -> Data {
        let head = try head(at: place)
        guard head.major == .bytes else { throw DecodingError.mismatch(Data.self) }
        return Data(bytes[try contents(of: head)])
    }

    /// Where the bytes of a text stand.
    func text(at place: Int, next: inout Int) throws -> Range<Int> {
        let head = try head(at: place)
        guard head.major == .text else { throw DecodingError.mismatch(String.self) }
        let range = try contents(of: head)
        next = range.upperBound
        return range
    }

    /// Whether the bytes at a range are these characters.
    func isText(_ range: Range<Int>, _ text: String) -> Bool {
        text.utf8.count == range.count && bytes[range].elementsEqual(text.utf8)
    }

    func value<Value: Decodable>(_ type: Value.Type, at place: Int) throws -> Value {
        if type == String.self { return unsafeBitCast(try text(at: place), to: type) }
        if type == Data.self { return unsafeBitCast(try data(at: place), to: type) }
        return try Value(from: CBORDecoder(reader: self, place: place))
    }
}

/// Goes through the items of an array, or the pairs of a map.
struct CBORItems {
    private let reader: CBORReader
    /// nil where a break ends them.
    private var left: UInt64?
    /// Where the next one begins.
    var place: Int

    init(_ reader: CBORReader, _ count: UInt64?, first: Int) {
        self.reader = reader
        left = count
        place = first
    }

    var isAtEnd: Bool { left.map { $0 == 0 } ?? reader.isBreak(at: place) }

    /// Takes note that an item was passed over, and ``place`` stands behind it.
    mutating func pass() {
        if let left { self.left = left - 1 }
    }

    /// The place behind them all, once they are at their end.
    var end: Int { left == nil ? place + 1 : place }
}
