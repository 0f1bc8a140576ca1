/// The few DER encodings that are put together from parts which are DER already, and so cannot fail.
enum DERWriter {
    static let sequence: UInt8 = 0x30
    static let set: UInt8 = 0x31
    static let octetString: UInt8 = 0x04
    static let boolean: UInt8 = 0x01
    static let enumerated: UInt8 = 0x0a
    static let integer: UInt8 = 0x02
    static let bitString: UInt8 = 0x03

    /// One element: tag, length in the fewest bytes, contents.
    static func element(_ tag: UInt8, _ contents: [UInt8]) -> [UInt8] {
        element(tag, [contents])
    }

    /// Tag and length, for contents that are too long to be copied for each element around them.
    static func header(_ tag: UInt8, _ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        appendHeader(tag, count, to: &bytes)
        return bytes
    }

    static func appendHeader(_ tag: UInt8, _ count: Int, to bytes: inout [UInt8]) {
        bytes.append(tag)
        guard count >= 0x80 else { return bytes.append(UInt8(count)) }
        let length = (Int.bitWidth - count.leadingZeroBitCount + 7) / 8
        bytes.append(0x80 | UInt8(length))
        for place in (0..<length).reversed() { bytes.append(UInt8(truncatingIfNeeded: count >> (8 * place))) }
    }

    /// A positive INTEGER of a number's bytes, the highest first, in the fewest bytes.
    static func positiveInteger(_ magnitude: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        appendPositiveInteger(magnitude, to: &bytes)
        return bytes
    }

    static func appendPositiveInteger(_ magnitude: [UInt8], to bytes: inout [UInt8]) {
        let start = magnitude.firstIndex { $0 != 0 } ?? magnitude.endIndex
        let needsZero = start == magnitude.endIndex || magnitude[start] & 0x80 != 0
        appendHeader(integer, magnitude.endIndex - start + (needsZero ? 1 : 0), to: &bytes)
        if needsZero { bytes.append(0) }
        bytes += magnitude[start...]
    }

    /// A BIT STRING of whole bytes.
    static func bitString(_ bytes: [UInt8]) -> [UInt8] {
        element(bitString, [0] + bytes)
    }

    static func element(_ tag: UInt8, _ parts: [[UInt8]]) -> [UInt8] {
        let count = parts.reduce(0) { $0 + $1.count }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(10 + count)
        appendHeader(tag, count, to: &bytes)
        for part in parts { bytes += part }
        return bytes
    }

    /// The parts in the order that X.690 §11.6 prescribes for a SET OF.
    static func sorted(_ parts: [[UInt8]]) -> [[UInt8]] {
        parts.sorted { $0.lexicographicallyPrecedes($1) }
    }
}
