internal import Foundation
internal import PKI

/// How people write the octets of a DecryptKeyIdentifier: as text, or with `hex:` in hexadecimal digits.
enum KeyEncryptionKeyName {
    static let maximumBytes = 64
    private static let prefix = "hex:"

    /// - Returns: nil for what is no name: empty, too long, or with characters that don't show.
    static func identifier(_ text: String) -> Data? {
        guard text.hasPrefix(prefix) else {
            guard (1...maximumBytes).contains(text.utf8.count), DisplayText.escape(text) == text else { return nil }
            return Data(text.utf8)
        }
        let digits = Array(text.utf8.dropFirst(prefix.utf8.count))
        guard digits.count.isMultiple(of: 2), (2...2 * maximumBytes).contains(digits.count) else { return nil }
        var bytes = Data()
        for start in stride(from: 0, to: digits.count, by: 2) {
            let pair = String(decoding: digits[start..<start + 2], as: UTF8.self)
            guard pair.allSatisfy(\.isHexDigit), let byte = UInt8(pair, radix: 16) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    /// The name of an identifier; the same for every spelling.
    static func text(of identifier: Data) -> String {
        if let text = String(data: identifier, encoding: .utf8), !text.hasPrefix(prefix), self.identifier(text) != nil {
            return text
        }
        return prefix + identifier.hexadecimal
    }
}
