/// The base64 bodies of EST, as RFC 8951 §3.1 clarified them: read tolerantly, written as the client can read them.
package enum Base64Body {
    /// How an answer's base64 is laid out. Some clients fail on a long line, others on line breaks (H2 of conformance).
    package enum Layout: Sendable, Equatable {
        case oneLine
        /// 64 characters a line.
        case lines
    }

    /// The bytes that a body stands for. White space may be anywhere; PEM armour around a certification request is
    /// taken off.
    /// - Throws: ``CertificationRequestError``, malformed.
    package static func decode(_ body: some Collection<UInt8>) throws -> [UInt8] {
        let text = bytes(of: body, withoutWhiteSpace)
        guard !text.isEmpty else { throw malformed("The body is empty.") }
        return try decodeStrictly(try withoutArmour(text[...]))
    }

    /// The layout to answer a request with: the one that its body had.
    package static func layout(of requestBody: some Collection<UInt8>) -> Layout {
        bytes(of: requestBody) { body in
            var lineEnded = false
            for byte in body {
                if byte == 0x0a || byte == 0x0d {
                    lineEnded = true
                } else if lineEnded, !isWhiteSpace(byte) {
                    return .lines
                }
            }
            return .oneLine
        }
    }

    /// The base64 of the bytes, with a final newline.
    package static func encode(_ der: [UInt8], layout: Layout) -> String {
        let groups = (der.count + 2) / 3
        return String(unsafeUninitializedCapacity: 4 * groups + groups / 16 + 1) { text in
            var end = 0
            for group in 0..<groups {
                let start = 3 * group
                let count = min(3, der.count - start)
                var bits = UInt32(der[start]) << 16
                if count > 1 { bits |= UInt32(der[start + 1]) << 8 }
                if count > 2 { bits |= UInt32(der[start + 2]) }
                text[end] = character(bits >> 18)
                text[end + 1] = character(bits >> 12 & 63)
                text[end + 2] = count > 1 ? character(bits >> 6 & 63) : UInt8(ascii: "=")
                text[end + 3] = count > 2 ? character(bits & 63) : UInt8(ascii: "=")
                end += 4
                if layout == .lines, group % 16 == 15 {
                    text[end] = 0x0a
                    end += 1
                }
            }
            if end == 0 || text[end - 1] != 0x0a {
                text[end] = 0x0a
                end += 1
            }
            return end
        }
    }

    /// Hands on a collection's bytes as they lie in memory: the collections of other modules are slow byte by byte.
    private static func bytes<Result>(
        of collection: some Collection<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Result
    ) -> Result {
        collection.withContiguousStorageIfAvailable(body) ?? Array(collection).withUnsafeBufferPointer(body)
    }

    private static func withoutWhiteSpace(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: bytes.count) { text, count in
            for byte in bytes where !isWhiteSpace(byte) {
                text[count] = byte
                count += 1
            }
        }
    }

    /// - Parameter value: below 64.
    private static func character(_ value: UInt32) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: value)
        return switch value {
        case 0..<26: value + 0x41
        case 26..<52: value - 26 + 0x61
        case 52..<62: value - 52 + 0x30
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }

    /// What a character stands for; 255 where base64 does not have it.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for value in UInt8(0)..<64 { values[Int(character(UInt32(value)))] = value }
        return values
    }()

    private static func isWhiteSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0d).contains(byte)
    }

    private static func malformed(_ message: String) -> CertificationRequestError {
        CertificationRequestError(.malformed, message)
    }

    /// The text between the lines of a PEM armour, or the text itself where there is none. White space is gone already.
    private static func withoutArmour(_ text: ArraySlice<UInt8>) throws -> ArraySlice<UInt8> {
        guard text.first == UInt8(ascii: "-") else { return text }
        for label in ["CERTIFICATEREQUEST", "NEWCERTIFICATEREQUEST"] {
            let begin = Array("-----BEGIN\(label)-----".utf8)
            let end = Array("-----END\(label)-----".utf8)
            guard text.starts(with: begin), text.count >= begin.count + end.count, text.suffix(end.count) == end[...]
            else { continue }
            return text.dropFirst(begin.count).dropLast(end.count)
        }
        throw malformed("The body has PEM armour that is not that of one certificate request.")
    }

    /// RFC 4648 §4 to the letter: padding, and zero bits behind the last byte.
    private static func decodeStrictly(_ text: ArraySlice<UInt8>) throws -> [UInt8] {
        guard text.count.isMultiple(of: 4) else {
            // DER begins with a SEQUENCE, which is no text at all.
            if text.contains(where: { $0 >= 0x80 }) { throw malformed("The body is not base64: binary bytes.") }
            throw malformed("The body is not base64: its length is not a multiple of four.")
        }
        let padding = text.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
        let digits = text.dropLast(padding)
        let values = values
        var isUnknown = false
        var rest: UInt32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: digits.count / 4 * 3 + 2) { bytes, end in
            func append(_ bits: UInt32) {
                bytes[end] = UInt8(truncatingIfNeeded: bits)
                end += 1
            }
            var bits: UInt32 = 0
            var count = 0
            for character in digits {
                let value = values[Int(character)]
                if value == 255 { isUnknown = true }
                bits = bits << 6 | UInt32(value)
                count += 1
                if count == 4 {
                    append(bits >> 16)
                    append(bits >> 8)
                    append(bits)
                    bits = 0
                    count = 0
                }
            }
            if count == 3 {
                append(bits >> 10)
                append(bits >> 2)
            } else if count == 2 {
                append(bits >> 4)
            }
            rest = count == 3 ? bits & 3 : count == 2 ? bits & 15 : 0
        }
        guard !isUnknown else { throw malformed("The body is not base64: a character that base64 does not have.") }
        guard digits.count % 4 != 1, rest == 0 else {
            throw malformed("The body is not base64: it ends within a byte.")
        }
        return bytes
    }
}
