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
        let ascii = text.utf8.allSatisfy { $0 < 0x80 }
        let folded = ascii ? text.lowercased() : text.precomposedStringWithCompatibilityMapping.lowercased()
        return folded.split(whereSeparator: { $0 == " " || $0 == "\u{a0}" }).joined(separator: " ")
    }

    /// The characters of a PrintableString (X.680 §41.4).
    static func isPrintable(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: " '()+,-./:=?".utf8.contains(byte)
        }
    }
}
