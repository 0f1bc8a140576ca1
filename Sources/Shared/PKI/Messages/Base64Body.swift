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
        let text = body.filter { !isWhiteSpace($0) }
        guard !text.isEmpty else { throw malformed("The body is empty.") }
        return try decodeStrictly(try withoutArmour(text[...]))
    }

    /// The layout to answer a request with: the one that its body had.
    package static func layout(of requestBody: some Collection<UInt8>) -> Layout {
        var lineEnded = false
        for byte in requestBody {
            if byte == 0x0a || byte == 0x0d {
                lineEnded = true
            } else if lineEnded, !isWhiteSpace(byte) {
                return .lines
            }
        }
        return .oneLine
    }

    /// The base64 of the bytes, with a final newline.
    package static func encode(_ der: [UInt8], layout: Layout) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(der.count / 3 * 4 + der.count / 48 + 6)
        var column = 0
        for start in stride(from: 0, to: der.count, by: 3) {
            let group = der[start..<min(start + 3, der.count)]
            var bits: UInt32 = 0
            for byte in group { bits = bits << 8 | UInt32(byte) }
            bits <<= UInt32(8 * (3 - group.count))
            for position in 0..<4 {
                let value = Int(bits >> UInt32(18 - 6 * position) & 63)
                text.append(position <= group.count ? alphabet[value] : UInt8(ascii: "="))
            }
            column += 4
            if layout == .lines, column == 64 {
                text.append(0x0a)
                column = 0
            }
        }
        if text.last != 0x0a { text.append(0x0a) }
        return String(decoding: text, as: UTF8.self)
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static let values: [UInt8?] = {
        var values = [UInt8?](repeating: nil, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
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
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var bits: UInt32 = 0
        var count = 0
        for character in text.dropLast(padding) {
            guard let value = values[Int(character)] else {
                throw malformed("The body is not base64: a character that base64 does not have.")
            }
            bits = bits << 6 | UInt32(value)
            count += 1
            if count == 4 {
                bytes += [UInt8(truncatingIfNeeded: bits >> 16), UInt8(truncatingIfNeeded: bits >> 8)]
                bytes.append(UInt8(truncatingIfNeeded: bits))
                bits = 0
                count = 0
            }
        }
        if count == 3 {
            bytes += [UInt8(truncatingIfNeeded: bits >> 10), UInt8(truncatingIfNeeded: bits >> 2)]
        } else if count == 2 {
            bytes.append(UInt8(truncatingIfNeeded: bits >> 4))
        }
        let rest = count == 3 ? bits & 3 : count == 2 ? bits & 15 : 0
        guard count != 1, rest == 0 else { throw malformed("The body is not base64: it ends within a byte.") }
        return bytes
    }
}
