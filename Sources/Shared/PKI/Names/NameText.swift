internal import Foundation
internal import SwiftASN1

/// The text of a string in a distinguished name, whatever ASN.1 type carries it.
enum NameText {
    /// The text; nil where the element is no string, or its bytes are none of its type.
    static func decode(_ node: ASN1Node) -> String? {
        guard case .primitive(let bytes) = node.content else { return nil }
        switch node.identifier {
        case .utf8String:
            return String(validating: bytes, as: UTF8.self)
        case .printableString:
            return bytes.allSatisfy(isPrintable) ? String(decoding: bytes, as: UTF8.self) : nil
        case .numericString, .visibleString, .ia5String:
            return bytes.allSatisfy { $0 < 0x80 } ? String(decoding: bytes, as: UTF8.self) : nil
        case .teletexString:
            // T.61 is a maze that nobody implements; beyond ASCII the sender's meaning can't be known.
            return bytes.allSatisfy { (0x20..<0x7f).contains($0) } ? String(decoding: bytes, as: UTF8.self) : nil
        case .bmpString:
            guard bytes.count.isMultiple(of: 2) else { return nil }
            let start = bytes.startIndex
            return String(
                validating: stride(from: start, to: bytes.endIndex, by: 2).map {
                    UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1])
                }, as: UTF16.self)
        case .universalString:
            guard bytes.count.isMultiple(of: 4) else { return nil }
            return String(
                validating: stride(from: bytes.startIndex, to: bytes.endIndex, by: 4).map { index in
                    bytes[index..<index + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                }, as: UTF32.self)
        default:
            return nil
        }
    }

    /// The text as RFC 5280 §7.1 compares it: compatibility forms and case folded, spaces at the ends dropped and
    /// between words made one.
    static func comparable(_ text: String) -> String {
        if let folded = comparable(ascii: text.utf8) { return folded }
        let folded = text.precomposedStringWithCompatibilityMapping.lowercased()
        return folded.split(whereSeparator: { $0 == " " || $0 == "\u{a0}" }).joined(separator: " ")
    }

    /// The same for ASCII, without a look at every character's properties; nil for any other text.
    private static func comparable(ascii text: String.UTF8View) -> String? {
        var folded: [UInt8] = []
        folded.reserveCapacity(text.count)
        var hasSpace = false
        for byte in text {
            switch byte {
            case 0x80...: return nil
            case 0x20: hasSpace = true
            default:
                if hasSpace, !folded.isEmpty { folded.append(0x20) }
                hasSpace = false
                folded.append(lowercase(byte))
            }
        }
        return String(decoding: folded, as: UTF8.self)
    }

    /// Whether two texts are the same but for the case of letters.
    static func isSame(_ left: String, _ right: String) -> Bool {
        guard left.utf8.allSatisfy({ $0 < 0x80 }), right.utf8.allSatisfy({ $0 < 0x80 }) else {
            return left.lowercased() == right.lowercased()
        }
        return left.utf8.count == right.utf8.count
            && zip(left.utf8, right.utf8).allSatisfy { lowercase($0) == lowercase($1) }
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        (0x41...0x5a).contains(byte) ? byte | 0x20 : byte
    }

    /// The characters of a PrintableString (X.680 §41.4).
    static func isPrintable(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: " '()+,-./:=?".utf8.contains(byte)
        }
    }
}
