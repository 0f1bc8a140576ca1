internal import Foundation

/// Writes items one after another, and knows how many maps and arrays are still open.
///
/// Swift's encoding does not tell when a container is complete. But whatever is written into one that was opened earlier
/// shows that those opened since are; so a container remembers how many were open with it, and closes the later ones.
final class CBORWriter {
    private(set) var bytes: [UInt8] = []
    private(set) var openContainers = 0

    init() {
        // An enrollment's request and reply have from one to two thousand.
        bytes.reserveCapacity(2048)
    }

    // MARK: Containers

    func beginMap() -> Int {
        bytes.append(CBOR.indefiniteMap)
        openContainers += 1
        return openContainers
    }

    func beginArray() -> Int {
        bytes.append(CBOR.indefiniteArray)
        openContainers += 1
        return openContainers
    }

    /// Ends the maps and arrays that were opened after the first so many.
    func close(downTo count: Int) {
        while openContainers > count {
            bytes.append(CBOR.break)
            openContainers -= 1
        }
    }

    // MARK: Items

    func write(_ text: String) {
        writeHead(.text, UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    func write(_ data: Data) {
        writeHead(.bytes, UInt64(data.count))
        data.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }

    func write(_ flag: Bool) {
        bytes.append(flag ? CBOR.true : CBOR.false)
    }

    func writeNull() {
        bytes.append(CBOR.null)
    }

    func write(_ number: Double) {
        bytes.append(CBOR.double)
        append(bigEndian: number.bitPattern, count: 8)
    }

    func write(_ number: Int64) {
        if number < 0 {
            writeHead(.negative, UInt64(bitPattern: -1 - number))
        } else {
            writeHead(.unsigned, UInt64(number))
        }
    }

    func write(unsigned number: UInt64) {
        writeHead(.unsigned, number)
    }

    /// A value of any type: texts and bytes as what they are, others as they encode themselves.
    func write<Value: Encodable>(_ value: Value) throws {
        if Value.self == String.self {
            write(unsafeBitCast(value, to: String.self))
        } else if Value.self == Data.self {
            write(unsafeBitCast(value, to: Data.self))
        } else {
            let (start, count) = (bytes.count, openContainers)
            try value.encode(to: CBOREncoder(writer: self))
            close(downTo: count)
            guard bytes.count > start else {
                throw EncodingError.invalidValue(
                    value, .init(codingPath: [], debugDescription: "The value encodes nothing."))
            }
        }
    }

    private func writeHead(_ major: CBOR.Major, _ argument: UInt64) {
        let type = major.rawValue << 5
        switch argument {
        case 0..<24: bytes.append(type | UInt8(argument))
        case 24...0xff:
            bytes.append(type | 24)
            bytes.append(UInt8(argument))
        case 0x100...0xffff:
            bytes.append(type | 25)
            append(bigEndian: argument, count: 2)
        case 0x1_0000...0xffff_ffff:
            bytes.append(type | 26)
            append(bigEndian: argument, count: 4)
        default:
            bytes.append(type | 27)
            append(bigEndian: argument, count: 8)
        }
    }

    private func append(bigEndian number: UInt64, count: Int) {
        for index in stride(from: count - 1, through: 0, by: -1) {
            bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(index * 8)))
        }
    }
}
