/// A URI (RFC 3986), as far as a rule looks at it.
struct URIOutline {
    let text: String
    /// Without user information and port, and without the brackets of an IPv6 address; nil where there is none.
    let host: String?
    let hasDotSegment: Bool

    /// nil for what is no absolute URI.
    init?(_ bytes: [UInt8]) {
        guard bytes.count <= 2_048, bytes.allSatisfy(URIOutline.isAllowed),
            let colon = bytes.firstIndex(of: UInt8(ascii: ":")), colon + 1 < bytes.count,
            let first = bytes.first, URIOutline.isLetter(first),
            bytes[..<colon].allSatisfy({ URIOutline.isLetter($0) || "0123456789+-.".utf8.contains($0) })
        else { return nil }
        text = String(decoding: bytes, as: UTF8.self)
        var rest = bytes[(colon + 1)...]
        if rest.starts(with: "//".utf8) {
            let authority = rest.dropFirst(2).prefix { !"/?#".utf8.contains($0) }
            rest = rest[authority.endIndex...]
            let afterUser = authority.lastIndex(of: UInt8(ascii: "@")).map { authority[($0 + 1)...] } ?? authority
            if afterUser.first == UInt8(ascii: "[") {
                host = String(decoding: afterUser.dropFirst().prefix { $0 != UInt8(ascii: "]") }, as: UTF8.self)
            } else {
                let name = afterUser.prefix { $0 != UInt8(ascii: ":") }
                // Two spellings of a host that some readers take for the same as the plain one.
                guard !name.contains(UInt8(ascii: "%")), name.last != UInt8(ascii: ".") else { return nil }
                host = String(decoding: name, as: UTF8.self)
            }
        } else {
            host = nil
        }
        let path = String(decoding: rest.prefix { !"?#".utf8.contains($0) }, as: UTF8.self).lowercased()
        hasDotSegment = path.split(separator: "/").contains { segment in
            let dots = String(segment).replacing("%2e", by: ".")
            return dots == "." || dots == ".."
        }
    }

    /// Whether the URI begins with the prefix, and the prefix does not end within a host name or a path segment.
    func isBelow(_ prefix: String) -> Bool {
        guard !prefix.isEmpty, text.hasPrefix(prefix) else { return false }
        guard text.utf8.count > prefix.utf8.count else { return true }
        if let last = prefix.utf8.last, "/:?#=&".utf8.contains(last) { return true }
        return text.utf8.dropFirst(prefix.utf8.count).first.map { "/?#".utf8.contains($0) } ?? true
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5a).contains(byte & 0xdf)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        (0x21...0x7e).contains(byte) && !"\"<>\\^`{|}".utf8.contains(byte)
    }
}

extension String {
    /// This text with one text put in another's place. Foundation has the same; this module reads names without it.
    fileprivate func replacing(_ part: String, by other: String) -> String {
        var result = ""
        var rest = self[...]
        while let first = rest.first {
            if rest.hasPrefix(part) {
                result += other
                rest = rest.dropFirst(part.count)
            } else {
                result.append(first)
                rest = rest.dropFirst()
            }
        }
        return result
    }
}
