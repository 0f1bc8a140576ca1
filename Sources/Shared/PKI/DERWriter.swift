/// The few DER encodings that are put together from parts which are DER already, and so cannot fail.
enum DERWriter {
    static let sequence: UInt8 = 0x30
    static let set: UInt8 = 0x31
    static let octetString: UInt8 = 0x04
    static let boolean: UInt8 = 0x01
    static let enumerated: UInt8 = 0x0a

    /// One element: tag, length in the fewest bytes, contents.
    static func element(_ tag: UInt8, _ contents: [UInt8]) -> [UInt8] {
        var element = [tag]
        if contents.count < 0x80 {
            element.append(UInt8(contents.count))
        } else {
            let length = withUnsafeBytes(of: UInt64(contents.count).bigEndian) { Array($0.drop { $0 == 0 }) }
            element.append(0x80 | UInt8(length.count))
            element += length
        }
        return element + contents
    }

    static func element(_ tag: UInt8, _ parts: [[UInt8]]) -> [UInt8] {
        element(tag, Array(parts.joined()))
    }

    /// The parts in the order that X.690 §11.6 prescribes for a SET OF.
    static func sorted(_ parts: [[UInt8]]) -> [[UInt8]] {
        parts.sorted { $0.lexicographicallyPrecedes($1) }
    }
}
