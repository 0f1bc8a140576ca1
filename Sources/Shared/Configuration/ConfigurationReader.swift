internal import Foundation
internal import Yams

/// One mapping of a YAML configuration file, read key by key and strictly.
///
/// Whoever reads asks for each key that it knows, with type, default and bounds, and calls ``finish()`` at the end: a
/// key that nobody asked for is an error, so that a misspelt key never silently means its default. Every error names
/// file, line, key path and what is allowed. Anchors, aliases, merge keys and several documents are refused.
///
/// A key without a default that is missing is an error. A key that is there without a value is an error too.
package final class ConfigurationReader {
    /// The most bytes that a file may have.
    package static let maximumBytes = 1 << 20

    /// The file's path as it was given.
    package let file: String
    /// The keys from the root down to this mapping; empty for the root.
    package let keyPath: String
    /// The bytes of the whole file, for a hash that names this configuration.
    package let contents: [UInt8]

    private let mark: Int
    private let entries: [String: Entry]
    private let order: [String]
    private var asked: [String] = []
    private var children: [ConfigurationReader] = []

    struct Entry {
        var node: Node
        /// The line of the key.
        var line: Int
    }

    /// Reads the file at `path`.
    package static func load(path: String) throws -> ConfigurationReader {
        let bytes = try ConfigurationText.read(path: path, maximumBytes: maximumBytes)
        return try ConfigurationReader(file: path, contents: bytes)
    }

    /// Reads a configuration that is already in memory; `file` is what errors name, and where relative paths start.
    package convenience init(file: String, contents: [UInt8]) throws {
        let text = try ConfigurationText.decode(
            contents, file: file, maximumBytes: ConfigurationReader.maximumBytes)
        try ConfigurationText.refuseAnchors(text, file: file)
        guard let root = try ConfigurationReader.compose(text, file: file) else {
            throw ConfigurationError(file: file, line: nil, keyPath: "", message: "the file is empty")
        }
        try self.init(file: file, contents: contents, node: root, keyPath: "")
    }

    init(file: String, contents: [UInt8], node: Node, keyPath: String) throws {
        let line = node.mark?.line ?? 1
        guard let mapping = node.mapping else {
            throw ConfigurationError(
                file: file, line: line, keyPath: keyPath,
                message: "keys with values are expected here, not \(node.kind)")
        }
        var entries: [String: Entry] = [:]
        var order: [String] = []
        for (key, value) in mapping {
            let keyLine = key.mark?.line ?? line
            guard let name = key.scalar?.string, !name.isEmpty else {
                throw ConfigurationError(file: file, line: keyLine, keyPath: keyPath, message: "a key must be a word")
            }
            guard entries.updateValue(Entry(node: value, line: keyLine), forKey: name) == nil else {
                throw ConfigurationError(
                    file: file, line: keyLine, keyPath: keyPath, message: "the key «\(name)» is there twice")
            }
            order.append(name)
        }
        self.file = file
        self.contents = contents
        self.keyPath = keyPath
        self.mark = line
        self.entries = entries
        self.order = order
    }

    /// The keys of this mapping in the file's order, for a mapping whose keys are names. Asks for none of them.
    package var keys: [String] { order }

    /// Whether the key is there. Asks for it, so that ``finish()`` knows it.
    package func contains(_ key: String) -> Bool {
        entry(key) != nil
    }

    /// Throws where this mapping, or one that was read from it, has a key that nobody asked for.
    package func finish() throws {
        if let unknown = order.first(where: { !asked.contains($0) }) {
            var message = "unknown key «\(unknown)»"
            if let near = nearest(to: unknown, of: asked) { message += "; did you mean «\(near)»?" }
            message += asked.isEmpty ? "; no key is allowed here" : "; allowed are: \(asked.joined(separator: ", "))"
            throw ConfigurationError(
                file: file, line: entries[unknown]?.line, keyPath: keyPath, message: message)
        }
        for child in children { try child.finish() }
    }

    /// An error about the value of `key`, or about its absence.
    package func error(_ key: String, _ message: String) -> ConfigurationError {
        let entry = entries[key]
        return ConfigurationError(
            file: file, line: entry.map { $0.node.mark?.line ?? $0.line } ?? mark, keyPath: path(to: key),
            message: message)
    }

    /// An error about the element at `index` of the list `key`.
    package func error(_ key: String, at index: Int, _ message: String) -> ConfigurationError {
        var error = self.error(key, message)
        error.keyPath += "[\(index)]"
        if let sequence = entries[key]?.node.sequence, sequence.indices.contains(index) {
            error.line = sequence[index].mark?.line ?? error.line
        }
        return error
    }

    /// The value of `key`; notes that the key is known.
    func entry(_ key: String) -> Entry? {
        if !asked.contains(key) { asked.append(key) }
        return entries[key]
    }

    func path(to key: String) -> String {
        keyPath.isEmpty ? key : "\(keyPath).\(key)"
    }

    func child(_ node: Node, keyPath: String) throws -> ConfigurationReader {
        let child = try ConfigurationReader(file: file, contents: contents, node: node, keyPath: keyPath)
        children.append(child)
        return child
    }

    func missing(_ key: String) -> ConfigurationError {
        error(key, "this key is missing")
    }

    private static func compose(_ text: String, file: String) throws -> Node? {
        do {
            // Without a resolver: types are this reader's own affair, and `yes` or `012` stay what was written.
            return try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot()
        } catch let error as YamlError {
            throw ConfigurationError(file: file, yaml: error)
        }
    }
}
