/// The public half of a CURVE key: what a node is known by in the cluster.
///
/// Kept as numbers rather than text, so that looking it up for every message allocates nothing.
package struct CurvePublicKey: Hashable, Sendable {
    /// The length of the text form.
    package static let z85Length = 40

    private let words: SIMD8<UInt32>

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
        var words = SIMD8<UInt32>()
        var start = characters.startIndex
        for index in 0..<8 {
            let end = characters.index(start, offsetBy: 5)
            guard let word = Z85.decode(characters[start..<end]) else { return nil }
            words[index] = word
            start = end
        }
        self.words = words
    }

    /// Reads the 32 bytes of a ZAP request's credentials; nil where there are more or fewer.
    init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        var words = SIMD8<UInt32>()
        for (index, byte) in bytes.enumerated() {
            words[index / 4] = words[index / 4] << 8 | UInt32(byte)
        }
        self.words = words
    }

    /// The text form.
    package var z85: String {
        String(decoding: (0..<8).flatMap { Z85.encode(words[$0]) }, as: UTF8.self)
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
