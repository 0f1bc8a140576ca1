/// Decodes one value from its place.
struct CBORDecoder: Decoder, SingleValueDecodingContainer {
    let reader: CBORReader
    let place: Int

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(CBORMapDecoding(try CBORMap(reader, at: place)))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try CBORArrayDecoding(reader, at: place)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        self
    }

    func decodeNil() -> Bool { reader.isNull(at: place) }
    func decode(_ type: Bool.Type) throws -> Bool { try reader.flag(at: place) }
    func decode(_ type: String.Type) throws -> String { try reader.text(at: place) }
    func decode(_ type: Double.Type) throws -> Double { try reader.double(at: place) }
    func decode(_ type: Float.Type) throws -> Float { Float(try reader.double(at: place)) }
    func decode(_ type: Int.Type) throws -> Int { try reader.integer(at: place) }
    func decode(_ type: Int8.Type) throws -> Int8 { try reader.integer(at: place) }
    func decode(_ type: Int16.Type) throws -> Int16 { try reader.integer(at: place) }
    func decode(_ type: Int32.Type) throws -> Int32 { try reader.integer(at: place) }
    func decode(_ type: Int64.Type) throws -> Int64 { try reader.integer(at: place) }
    func decode(_ type: UInt.Type) throws -> UInt { try reader.integer(at: place) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try reader.integer(at: place) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try reader.integer(at: place) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try reader.integer(at: place) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try reader.integer(at: place) }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try reader.value(type, at: place) }
}

/// The pairs of a map. Where a key stands twice, which no encoder here writes, one of the two counts.
final class CBORMap {
    private struct Entry {
        var key: Range<Int>
        var value: Int
    }

    let reader: CBORReader
    private var entries: [Entry] = []
    /// Where to look first: values are mostly asked for in the order in which they were written.
    private var next = 0

    init(_ reader: CBORReader, at place: Int) throws {
        self.reader = reader
        var items = try reader.items(of: .map, at: place)
        entries.reserveCapacity(12)
        while !items.isAtEnd {
            var value = 0
            let key = try reader.text(at: items.place, next: &value)
            entries.append(Entry(key: key, value: value))
            items.place = try reader.end(ofItemAt: value)
            items.pass()
        }
    }

    /// Where a key's value is.
    func place(of key: some CodingKey) -> Int? {
        let name = key.stringValue
        for index in entries.indices[next...] where reader.isText(entries[index].key, name) {
            next = index
            return entries[index].value
        }
        for index in entries.indices[..<next] where reader.isText(entries[index].key, name) {
            next = index
            return entries[index].value
        }
        return nil
    }

    func keys<Key: CodingKey>(_ type: Key.Type) throws -> [Key] {
        try entries.compactMap { Key(stringValue: try reader.characters(at: $0.key)) }
    }
}

/// A map that is being read.
struct CBORMapDecoding<Key: CodingKey>: KeyedDecodingContainerProtocol {
    private let map: CBORMap

    init(_ map: CBORMap) {
        self.map = map
    }

    var codingPath: [any CodingKey] { [] }
    /// Keys that are no text are none of a type's.
    var allKeys: [Key] { (try? map.keys(Key.self)) ?? [] }

    private func place(of key: Key) throws -> Int {
        guard let place = map.place(of: key) else {
            throw DecodingError.keyNotFound(
                key, .init(codingPath: [], debugDescription: "The value lacks \(key.stringValue)."))
        }
        return place
    }

    /// nil where there is none, or null.
    private func presentPlace(of key: Key) -> Int? {
        map.place(of: key).flatMap { map.reader.isNull(at: $0) ? nil : $0 }
    }

    func contains(_ key: Key) -> Bool { map.place(of: key) != nil }
    func decodeNil(forKey key: Key) throws -> Bool { map.reader.isNull(at: try place(of: key)) }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try map.reader.flag(at: place(of: key)) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try map.reader.text(at: place(of: key)) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try map.reader.integer(at: place(of: key)) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try map.reader.integer(at: place(of: key)) }

    /// The other numbers too, which then decode themselves as single values.
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try map.reader.value(type, at: place(of: key))
    }

    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
        try presentPlace(of: key).map { try map.reader.text(at: $0) }
    }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        try presentPlace(of: key).map { try map.reader.value(type, at: $0) }
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        KeyedDecodingContainer(CBORMapDecoding<NestedKey>(try CBORMap(map.reader, at: place(of: key))))
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try CBORArrayDecoding(map.reader, at: place(of: key))
    }

    func superDecoder() throws -> any Decoder {
        throw DecodingError.malformed("No message has a superclass.")
    }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        CBORDecoder(reader: map.reader, place: try place(of: key))
    }
}

/// An array that is being read.
struct CBORArrayDecoding: UnkeyedDecodingContainer {
    private let reader: CBORReader
    private var items: CBORItems
    private(set) var currentIndex = 0

    init(_ reader: CBORReader, at place: Int) throws {
        self.reader = reader
        items = try reader.items(of: .array, at: place)
    }

    var codingPath: [any CodingKey] { [] }
    /// Not told: nobody is to reserve memory for what a peer claims to send.
    var count: Int? { nil }
    var isAtEnd: Bool { items.isAtEnd }

    /// The next item's place, which is then passed over.
    private mutating func next() throws -> Int {
        guard !items.isAtEnd else { throw DecodingError.malformed("An array has too few items.") }
        defer { currentIndex += 1 }
        let place = items.place
        items.place = try reader.end(ofItemAt: place)
        items.pass()
        return place
    }

    mutating func decodeNil() throws -> Bool {
        guard !items.isAtEnd, reader.isNull(at: items.place) else { return false }
        _ = try next()
        return true
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try reader.value(type, at: next())
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
        KeyedDecodingContainer(CBORMapDecoding<NestedKey>(try CBORMap(reader, at: next())))
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try CBORArrayDecoding(reader, at: next())
    }

    mutating func superDecoder() throws -> any Decoder {
        CBORDecoder(reader: reader, place: try next())
    }
}
