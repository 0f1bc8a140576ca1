internal import ClusterProtocol

/// The terms that an event is found by, as the full-text table takes them: ASCII words, one beside the other.
///
/// Three kinds that can't be taken for one another: an equal value is `x`, a letter for its field and a hash; a word of a
/// text is `w` and the word; three characters of a name in a row are `g` and their UTF-8 in hexadecimal, `s` for those of
/// the subject. Hashes may collide, and three characters don't make a name: whoever finds something compares it.
struct SearchTerms {
    enum Field: Character {
        case type = "t"
        case label = "l"
        case source = "s"
        case decision = "d"
        case principal = "p"
        case serial = "n"
    }

    /// A part of a name has this many characters at least.
    static let minimumPart = 3
    /// A question is answered by so many terms at most.
    static let maximumTerms = 32
    /// The words of one event that are found: lines have 32 KiB at most.
    private static let maximumWords = 400
    private static let maximumParts = 4000

    private(set) var terms: [String] = []

    init() {}

    init(of event: AuditEvent) {
        add(.type, event.type.rawValue)
        add(.label, event.label)
        add(.source, event.source)
        add(.decision, event.decision?.rawValue)
        add(.principal, event.principal)
        add(.serial, event.serial?.lowercased())
        if let subject = event.subject {
            addParts(of: subject.lowercased(), "s", maximum: Self.maximumParts)
            addParts(of: subject.lowercased(), "g", maximum: Self.maximumParts)
        }
        for name in event.names ?? [] { addParts(of: name.lowercased(), "g", maximum: Self.maximumParts) }
        let texts: [String?] = [
            event.type.rawValue, event.label, event.source, event.decision?.rawValue, event.principal, event.serial,
            event.id, event.reason, event.reasonText, event.node, event.profile, event.operation,
            event.authentication?.rawValue, event.operator, event.remoteAddress, event.subject, event.spkiSHA256,
            event.requestDigest, event.authority, event.device, event.fingerprint, event.revocationReason,
            event.requestID, event.run,
        ]
        for case let text? in texts + (event.names ?? []) + (event.remarks ?? []) { addWords(of: text) }
    }

    /// As the full-text table stores it.
    var text: String { Array(Set(terms)).joined(separator: " ") }

    mutating func add(_ field: Field, _ value: String?) {
        guard let value else { return }
        // FNV-1a: it needn't withstand anybody, since what is found is compared.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in value.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        terms.append("x\(field.rawValue)" + String(hash, radix: 16))
    }

    mutating func addWords(of text: String) {
        for word in Self.words(of: text) where terms.count < Self.maximumWords + Self.maximumParts {
            terms.append("w" + word)
        }
    }

    /// - Parameter kind: `s` for the subject, `g` for subject and names.
    mutating func addParts(of text: String, _ kind: Character, maximum: Int) {
        let bytes = text.unicodeScalars.map { scalar in
            String(scalar.value, radix: 16)
        }
        guard bytes.count >= Self.minimumPart else { return }
        let count = bytes.count - Self.minimumPart + 1
        // Spread over the whole text where there are too many.
        let step = max(1, (count + maximum - 1) / maximum)
        for start in stride(from: 0, to: count, by: step) where terms.count < Self.maximumWords + Self.maximumParts {
            terms.append("\(kind)\(bytes[start])z\(bytes[start + 1])z\(bytes[start + 2])")
        }
    }

    /// Letters and digits that stand together, in lower case.
    static func words(of text: String) -> [String] {
        var words: [String] = []
        var word = ""
        for scalar in text.lowercased().unicodeScalars {
            if scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
                word.unicodeScalars.append(scalar)
            } else if !word.isEmpty {
                words.append(word)
                word = ""
            }
        }
        if !word.isEmpty { words.append(word) }
        return words
    }
}
