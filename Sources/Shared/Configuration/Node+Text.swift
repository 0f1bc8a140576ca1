internal import Yams

extension Node {
    /// What kind of value this is, in words for an error.
    var kind: String {
        switch self {
        case .scalar: isNull ? "nothing" : "a single value"
        case .mapping: "keys with values"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }

    /// The value as an error shows it.
    var shown: String {
        guard let scalar, !isNull else { return kind }
        let text = scalar.string.count > 60 ? String(scalar.string.prefix(60)) + "…" : scalar.string
        return scalar.isQuoted ? "the quoted text \"\(text)\"" : "«\(text)»"
    }

    /// The text of a value that stands without quotes.
    var plainText: String? {
        guard let scalar, !scalar.isQuoted, !isNull else { return nil }
        return scalar.string
    }

    /// Whether there is no value: nothing at all, `~` or `null`, without quotes.
    var isNull: Bool {
        guard let scalar, !scalar.isQuoted else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }
}

extension Node.Scalar {
    fileprivate var isQuoted: Bool {
        switch style {
        case .singleQuoted, .doubleQuoted, .literal, .folded: true
        case .any, .plain: false
        }
    }
}

extension String {
    /// Whether this is an optional minus and decimal digits.
    var isDecimal: Bool {
        let digits = hasPrefix("-") ? utf8.dropFirst() : utf8[...]
        return !digits.isEmpty && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}

/// The candidate that `word` is probably meant to be, if one is near enough.
func nearest(to word: String, of candidates: [String]) -> String? {
    let limit = word.count < 4 ? 1 : max(2, min(3, word.count / 3))
    return
        candidates
        .map { (candidate: $0, distance: editDistance(word.prefix(64), $0.prefix(64))) }
        .filter { $0.distance <= limit }
        .min { $0.distance < $1.distance }?.candidate
}

private func editDistance(_ left: Substring, _ right: Substring) -> Int {
    let right = Array(right)
    var previous = Array(0...right.count)
    for (row, character) in left.enumerated() {
        var current = [row + 1]
        for (column, other) in right.enumerated() {
            let replaced = previous[column] + (character == other ? 0 : 1)
            current.append(min(replaced, previous[column + 1] + 1, current[column] + 1))
        }
        previous = current
    }
    return previous[right.count]
}
