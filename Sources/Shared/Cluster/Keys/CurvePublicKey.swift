/// The public half of a CURVE key: what a node is known by in the cluster.
///
/// Kept as numbers rather than text, so that looking it up for every message allocates nothing.
package struct CurvePublicKey: Hashable, Sendable {
    /// The length of the text form.
    package static let z85Length = 40

    // Four words rather than a SIMD vector: values aligned to 32 bytes break the stack of async functions that hold
    // one across an await (Swift 6.3: "freed pointer was not the last allocation").
    private let word0: UInt64
    private let word1: UInt64
    private let word2: UInt64
    private let word3: UInt64

    /// Reads the text form, forty characters of Z85.
    ///
    /// - Throws: ``TransportError`` with code `invalidKey`.
    package init(z85: String) throws {
        guard let key = Self(z85Characters: Array(z85.utf8)) else {
            throw TransportError(.invalidKey, "A CURVE key is 40 characters of Z85.")
        }
        self = key
    }

    /// Reads the text form; nil where it is not forty characters of Z85.
    init?(z85Characters characters: some RandomAccessCollection<UInt8>) {
        guard characters.count == Self.z85Length else { return nil }
        func word(_ index: Int) -> UInt64? {
            let start = characters.index(characters.startIndex, offsetBy: index * 10)
            let middle = characters.index(start, offsetBy: 5)
            let end = characters.index(middle, offsetBy: 5)
            guard let high = Z85.decode(characters[start..<middle]), let low = Z85.decode(characters[middle..<end])
            else { return nil }
            return UInt64(high) << 32 | UInt64(low)
        }
        guard let word0 = word(0), let word1 = word(1), let word2 = word(2), let word3 = word(3) else { return nil }
        (self.word0, self.word1, self.word2, self.word3) = (word0, word1, word2, word3)
    }

    /// Reads the 32 bytes of a ZAP request's credentials; nil where there are more or fewer.
    init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        let bytes = Array(bytes)
        func word(_ index: Int) -> UInt64 {
            bytes[index * 8..<index * 8 + 8].reduce(0) { $0 << 8 | UInt64($1) }
        }
        (word0, word1, word2, word3) = (word(0), word(1), word(2), word(3))
    }

    /// The text form.
    package var z85: String {
        let groups = [word0, word1, word2, word3].flatMap { word in
            Z85.encode(UInt32(word >> 32)) + Z85.encode(UInt32(truncatingIfNeeded: word))
        }
        return String(decoding: groups, as: UTF8.self)
    }
}

extension CurvePublicKey: CustomStringConvertible {
    package var description: String { z85 }
}

extension CurvePublicKey: Codable {
    package init(from decoder: any Decoder) throws {
        try self.init(z85: decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(z85)
    }
}
