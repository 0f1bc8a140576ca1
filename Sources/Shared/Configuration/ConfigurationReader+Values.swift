internal import Foundation
internal import Yams

extension ConfigurationReader {
    /// A text that is not empty. Numbers and words such as `yes` are texts here.
    package func string(_ key: String, default standard: String? = nil) throws -> String {
        guard let value = try optionalString(key) ?? standard else { throw missing(key) }
        return value
    }

    /// A text that is not empty, or nil where the key is missing.
    package func optionalString(_ key: String) throws -> String? {
        guard let entry = entry(key) else { return nil }
        return try text(entry.node) { error(key, $0) }
    }

    /// A whole number in decimal digits, without quotes.
    package func integer(_ key: String, default standard: Int? = nil, in range: ClosedRange<Int>) throws -> Int {
        guard let value = try optionalInteger(key, in: range) ?? standard else { throw missing(key) }
        return value
    }

    /// A whole number in decimal digits, without quotes, or nil where the key is missing.
    package func optionalInteger(_ key: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let entry = entry(key) else { return nil }
        let allowed = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        guard let text = entry.node.plainText, text.isDecimal else {
            throw error(key, "\(allowed) is expected here, not \(entry.node.shown)")
        }
        guard let value = Int(text), range.contains(value) else {
            throw error(key, "\(entry.node.shown) is out of bounds; allowed is \(allowed)")
        }
        return value
    }

    /// `true` or `false`.
    package func boolean(_ key: String, default standard: Bool? = nil) throws -> Bool {
        guard let entry = entry(key) else {
            guard let standard else { throw missing(key) }
            return standard
        }
        switch entry.node.plainText {
        case "true": return true
        case "false": return false
        default: throw error(key, "true or false is expected here, not \(entry.node.shown)")
        }
    }

    /// A whole number and its unit: `500ms`, `15s`, `5m`, `12h`, `7d`.
    package func duration(
        _ key: String, default standard: Duration? = nil, in range: ClosedRange<Duration>
    ) throws -> Duration {
        guard let value = try optionalDuration(key, in: range) ?? standard else { throw missing(key) }
        return value
    }

    /// A whole number and its unit, or nil where the key is missing.
    package func optionalDuration(_ key: String, in range: ClosedRange<Duration>) throws -> Duration? {
        guard let entry = entry(key) else { return nil }
        guard let value = entry.node.plainText.flatMap(DurationText.parse) else {
            throw error(
                key, "a duration such as 500ms, 15s, 5m, 12h or 7d is expected here, not \(entry.node.shown)")
        }
        guard range.contains(value) else {
            let bounds = "from \(DurationText.format(range.lowerBound)) to \(DurationText.format(range.upperBound))"
            throw error(key, "\(entry.node.shown) is out of bounds; allowed is a duration \(bounds)")
        }
        return value
    }

    /// A list of texts, none of them empty and none there twice. The list itself may be empty.
    package func strings(_ key: String, default standard: [String]? = nil) throws -> [String] {
        guard let entry = entry(key) else {
            guard let standard else { throw missing(key) }
            return standard
        }
        guard let sequence = entry.node.sequence else {
            throw error(key, "a list is expected here, such as [a, b], not \(entry.node.kind)")
        }
        var values: [String] = []
        var seen: Set<String> = []
        for (index, node) in sequence.enumerated() {
            let value = try text(node) { error(key, at: index, $0) }
            guard seen.insert(value).inserted else { throw error(key, at: index, "«\(value)» is there twice") }
            values.append(value)
        }
        return values
    }

    /// One of the values of an enumeration.
    package func choice<T: RawRepresentable & CaseIterable>(
        _ key: String, default standard: T? = nil
    ) throws -> T where T.RawValue == String {
        guard let entry = entry(key) else {
            guard let standard else { throw missing(key) }
            return standard
        }
        return try choice(try text(entry.node) { error(key, $0) }) { error(key, $0) }
    }

    /// A list of values of an enumeration, none there twice.
    package func choices<T: RawRepresentable & CaseIterable>(
        _ key: String, default standard: [T]? = nil
    ) throws -> [T] where T.RawValue == String {
        guard entry(key) != nil else {
            guard let standard else { throw missing(key) }
            return standard
        }
        return try strings(key).enumerated().map { index, text in
            try choice(text) { error(key, at: index, $0) }
        }
    }

    /// The path of a file or folder; a relative one starts at the configuration file's folder.
    package func path(_ key: String, default standard: String? = nil) throws -> String {
        let path = try string(key, default: standard)
        return try absolute(path) { error(key, $0) }
    }

    /// A list of paths, none of them there twice.
    package func paths(_ key: String, default standard: [String]? = nil) throws -> [String] {
        try strings(key, default: standard).enumerated().map { index, path in
            try absolute(path) { error(key, at: index, $0) }
        }
    }

    private func absolute(_ path: String, _ failure: (String) -> ConfigurationError) throws -> String {
        guard !path.utf8.contains(0) else { throw failure("a path has no NUL character") }
        guard !path.hasPrefix("/") else { return path }
        return URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent(path).standardizedFileURL
            .path
    }

    /// The mapping under `key`, or nil where the key is missing. This reader's ``finish()`` finishes it too.
    package func mapping(_ key: String) throws -> ConfigurationReader? {
        guard let entry = entry(key) else { return nil }
        return try child(entry.node, keyPath: path(to: key))
    }

    /// The list of mappings under `key`, empty where the key is missing. This reader's ``finish()`` finishes them too.
    package func mappings(_ key: String) throws -> [ConfigurationReader] {
        guard let entry = entry(key) else { return [] }
        guard let sequence = entry.node.sequence else {
            throw error(key, "a list of mappings is expected here, each after «- », not \(entry.node.kind)")
        }
        return try sequence.enumerated().map { index, node in
            try child(node, keyPath: "\(path(to: key))[\(index)]")
        }
    }

    private func text(_ node: Node, _ failure: (String) -> ConfigurationError) throws -> String {
        guard let scalar = node.scalar else { throw failure("a text is expected here, not \(node.kind)") }
        guard !node.isNull else { throw failure("a value is missing here") }
        guard !scalar.string.isEmpty else { throw failure("an empty text is not allowed here") }
        return scalar.string
    }

    private func choice<T: RawRepresentable & CaseIterable>(
        _ text: String, _ failure: (String) -> ConfigurationError
    ) throws -> T where T.RawValue == String {
        if let value = T(rawValue: text) { return value }
        let allowed = T.allCases.map(\.rawValue)
        let hint = nearest(to: text, of: allowed).map { "; did you mean «\($0)»?" } ?? ""
        throw failure("«\(text)» is not one of: \(allowed.joined(separator: ", "))\(hint)")
    }
}
