/// The names of nodes: they become folder names and parts of events.
package enum NodeName {
    package static let maximumLength = 64

    package static func isValid(_ name: String) -> Bool {
        (1...maximumLength).contains(name.utf8.count) && name.first != "-" && name.utf8.allSatisfy(isCharacter)
    }

    /// A frontend's name that is made of its host's: `frontend-` and what a name may have of the first part of it.
    package static func frontend(host: String) -> String {
        let first = host.split(separator: ".").first.map { $0.lowercased() } ?? ""
        var letters = first.utf8.map { isCharacter($0) ? $0 : UInt8(ascii: "-") }[...]
        while letters.first == UInt8(ascii: "-") { letters.removeFirst() }
        let prefix = "frontend-"
        letters = letters.prefix(maximumLength - prefix.utf8.count)
        while letters.last == UInt8(ascii: "-") { letters.removeLast() }
        let name = String(decoding: letters, as: UTF8.self)
        if name.isEmpty { return "frontend" }
        return name.hasPrefix(prefix) ? name : prefix + name
    }

    private static func isCharacter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || byte == UInt8(ascii: "-")
    }
}
