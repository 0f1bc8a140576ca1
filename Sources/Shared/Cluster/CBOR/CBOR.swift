/// The encoding of requests, replies and errors: a part of CBOR (RFC 8949).
///
/// A value is a map with the names of its properties as keys, an array, a text, bytes, a whole number, a double, true,
/// false or null. Readers look properties up by their names, skip those that they don't know, and refuse a value where
/// one is missing that it must have: so that messages may grow as JSON's do. Maps and arrays are written with a break
/// at their end, since nobody knows their length beforehand, and read with either. There are no tags, no texts in
/// pieces, and no keys other than texts.
package enum CBOR {
    /// How deep maps and arrays may be nested. A message of this program has five levels.
    static let maximumDepth = 24

    /// - Throws: `EncodingError`, and what the value's own `encode(to:)` throws.
    package static func encode<Value: Encodable>(_ value: Value) throws -> [UInt8] {
        let writer = CBORWriter()
        try writer.write(value)
        return writer.bytes
    }

    /// Reads exactly one value.
    ///
    /// - Throws: `DecodingError`, and what the value's own `init(from:)` throws. No bytes make it trap, and none make it
    ///   use more memory than a small multiple of their own.
    package static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        let reader = CBORReader(bytes)
        guard try reader.end(ofItemAt: 0) == bytes.count else {
            throw DecodingError.malformed("Something follows the value.")
        }
        return try reader.value(type, at: 0)
    }

    /// The first byte of an item: its major type in the three highest bits (RFC 8949 §3.1).
    enum Major: UInt8 {
        case unsigned = 0
        case negative = 1
        case bytes = 2
        case text = 3
        case array = 4
        case map = 5
        case tag = 6
        case simple = 7
    }

    static let indefiniteArray: UInt8 = 0x9f
    static let indefiniteMap: UInt8 = 0xbf
    static let `false`: UInt8 = 0xf4
    static let `true`: UInt8 = 0xf5
    static let null: UInt8 = 0xf6
    static let double: UInt8 = 0xfb
    static let `break`: UInt8 = 0xff
}

extension DecodingError {
    static func malformed(_ description: String) -> DecodingError {
        .dataCorrupted(Context(codingPath: [], debugDescription: description))
    }

    static func mismatch(_ type: any Any.Type) -> DecodingError {
        .typeMismatch(type, Context(codingPath: [], debugDescription: "The item is of another type."))
    }
}
