/// Text from hostile input, made fit to be shown in an answer, a log or a terminal.
package enum DisplayText {
    /// The text with everything escaped that a reader can't see, at most `limit` characters long.
    package static func escape(_ text: String, limit: Int = 96) -> String {
        var shown = ""
        var count = 0
        for scalar in text.unicodeScalars {
            guard count < limit else { return shown + "…" }
            count += 1
            if isVisible(scalar) {
                shown.unicodeScalars.append(scalar)
            } else {
                shown += "\\u{\(String(scalar.value, radix: 16))}"
            }
        }
        return shown
    }

    /// The bytes as text where they are UTF-8, and as hexadecimal digits where they are not.
    package static func escape(bytes: some Collection<UInt8>, limit: Int = 96) -> String {
        let start = Array(bytes.prefix(4 * limit))
        if bytes.count == start.count, let text = String(validating: start, as: UTF8.self) {
            return escape(text, limit: limit)
        }
        if bytes.count > start.count { return escape(String(decoding: start, as: UTF8.self), limit: limit) }
        return "0x" + escape(start.hexadecimal, limit: limit)
    }

    /// Whether the character shows and changes nothing around it: no control, format, bidirectional, separator,
    /// private or unassigned character.
    static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        // Of ASCII without a look-up: only the control characters don't show.
        if scalar.isASCII { return (0x20..<0x7f).contains(scalar.value) }
        return switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}
