internal import Crypto
internal import Foundation
internal import PKI

extension AuditEvent {
    /// The most bytes that an event's line may have.
    package static let maximumLineBytes = 32 * 1024

    /// The event as one line of JSON, without the line break: what is stored, hashed and sent.
    ///
    /// Fields stand in the order of their names. Control and bidirectional characters are escaped, so that no terminal
    /// and no page shows a line as another than it is. Where the line would be longer than `maximumBytes`, every list and
    /// text is cut, the names with their count and hash: no event is longer, whatever went into it.
    package func line(maximumBytes: Int = AuditEvent.maximumLineBytes) throws -> String {
        let full = try encoded()
        guard full.utf8.count > maximumBytes else { return full }
        var cut = self
        if let names, !names.isEmpty {
            cut.namesCount = names.count
            cut.namesSHA256 = SHA256.hash(data: Data(names.joined(separator: "\n").utf8)).hexadecimal
            cut.names = AuditEvent.prefix(of: names, maximumBytes: maximumBytes / 8)
        }
        for text in AuditEvent.texts {
            cut[keyPath: text] = cut[keyPath: text].map { AuditEvent.cut($0, maximumBytes: maximumBytes / 64) }
        }
        cut.remarks = remarks.map { AuditEvent.prefix(of: $0, maximumBytes: maximumBytes / 16) }
        let line = try cut.encoded()
        guard line.utf8.count > maximumBytes else { return line }
        // Only the certificate can still be that long. Its fingerprint stays.
        cut.certificate = nil
        return try cut.encoded()
    }

    /// Every text that comes from outside of the process that makes the event.
    private static var texts: [WritableKeyPath<AuditEvent, String?>] {
        [
            \.reason, \.reasonText, \.node, \.label, \.profile, \.operation, \.principal, \.operator, \.remoteAddress,
            \.subject, \.namesSHA256, \.spkiSHA256, \.requestDigest, \.authority, \.serial, \.device, \.fingerprint,
            \.notBefore, \.notAfter, \.revocationReason, \.requestID,
        ]
    }

    /// An event read back from its line.
    package init(line: String) throws {
        self = try JSONDecoder().decode(AuditEvent.self, from: Data(line.utf8))
    }

    private func encoded() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return AuditEvent.escapingInvisible(String(decoding: try encoder.encode(self), as: UTF8.self))
    }

    /// Escapes what JSON allows bare and a reader can't see: C1 controls, bidirectional and line-breaking characters.
    private static func escapingInvisible(_ json: String) -> String {
        guard json.unicodeScalars.contains(where: isInvisible) else { return json }
        var escaped = ""
        for scalar in json.unicodeScalars {
            if isInvisible(scalar) {
                let digits = String(scalar.value, radix: 16)
                escaped += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            } else {
                escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x7f...0x9f, 0x61c, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f, 0xfeff: true
        default: false
        }
    }

    private static func prefix(of list: [String], maximumBytes: Int) -> [String] {
        var left = maximumBytes
        return Array(
            list.prefix { text in
                left -= 6 * text.utf8.count + 3
                return left >= 0
            })
    }

    private static func cut(_ text: String, maximumBytes: Int) -> String {
        guard 6 * text.utf8.count > maximumBytes else { return text }
        return String(text.unicodeScalars.prefix(maximumBytes / 24)) + "…"
    }
}
