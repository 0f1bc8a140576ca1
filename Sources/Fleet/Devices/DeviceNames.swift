/// How the devices of a fleet are named: a text with one place for a number, such as `device-%08d.example.com`.
package struct DeviceNames: Sendable, Equatable {
    private let before: String
    private let after: String
    private let digits: Int

    /// - Returns: nil where there is not exactly one place for a number (`%d`, `%8d` or `%08d`), or the names would not
    ///   be host names.
    package init?(pattern: String) {
        guard let match = pattern.firstMatch(of: #/%0?(\d{0,2})d/#) else { return nil }
        before = String(pattern[..<match.range.lowerBound])
        after = String(pattern[match.range.upperBound...])
        digits = Int(match.output.1) ?? 1
        guard digits <= 20, !after.contains("%"), !before.contains("%") else { return nil }
        let example = name(1)
        let isHostName = example.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
            }
        }
        // 64 characters are the most that a common name has (RFC 5280, appendix A).
        guard isHostName, !example.hasPrefix("."), example.utf8.count <= 64 else { return nil }
    }

    /// Names that no earlier run has had.
    package static func random() -> DeviceNames {
        let run = String(UInt32.random(in: 0 ... .max), radix: 16)
        let padded = String(repeating: "0", count: 8 - run.count) + run
        return DeviceNames(before: "r\(padded)-", after: ".fleet.example.com", digits: 8)
    }

    private init(before: String, after: String, digits: Int) {
        self.before = before
        self.after = after
        self.digits = digits
    }

    package func name(_ number: Int) -> String {
        let text = String(number)
        return before + String(repeating: "0", count: max(0, digits - text.count)) + text + after
    }
}
