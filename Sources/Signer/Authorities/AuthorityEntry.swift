internal import ConfigurationFile
internal import Foundation

/// An authority's entry in the signer's configuration file: added to the text, every other character of which stays.
struct AuthorityEntry {
    var name: String
    var passphraseFile: String?

    /// The lines of the entry.
    func lines(indentation: String = "  ") -> [String] {
        ["\(indentation)- name: \(isPlain ? name : quoted(name))"]
            + (passphraseFile.map { ["\(indentation)  key-passphrase-file: \(quoted($0))"] } ?? [])
    }

    /// The text with the entry as the last one under `authorities`; nil where that can't be done for certain.
    ///
    /// What comes out is read as a whole, and must say the same as before and the new authority besides.
    func added(to text: String, of configuration: SignerConfiguration) -> String? {
        guard let edited = inserted(into: text.components(separatedBy: "\n"))?.joined(separator: "\n"),
            let reader = try? ConfigurationReader(file: configuration.file, contents: Array(edited.utf8)),
            let loaded = try? SignerConfiguration(reader),
            let last = loaded.authorities.last,
            Array(loaded.authorities.dropLast()) == configuration.authorities,
            last == Self.files(named: name, passphraseFile: passphraseFile, in: configuration)
        else { return nil }
        return edited
    }

    /// The files of an authority whose entry says no more than this.
    static func files(
        named name: String, passphraseFile: String?, in configuration: SignerConfiguration
    ) -> SignerConfiguration.AuthorityFiles {
        let folder = URL(fileURLWithPath: configuration.file).deletingLastPathComponent()
            .appendingPathComponent("authorities/\(name)").standardizedFileURL.path
        return .init(
            name: name, certificate: "\(folder)/certificate.pem", chain: "\(folder)/chain.pem",
            key: "\(folder)/key.pem", additional: "\(folder)/additional.pem", passphraseFile: passphraseFile)
    }

    private func inserted(into lines: [String]) -> [String]? {
        guard let start = lines.firstIndex(where: { $0.wholeMatch(of: #/authorities:\s*(#.*)?/#) != nil }) else {
            return nil
        }
        var last: (index: Int, indentation: Int)?
        for index in lines.indices.dropFirst(start + 1) {
            let trimmed = lines[index].trimmingCharacters(in: .whitespaces)
            if trimmed.isEmpty || trimmed.hasPrefix("#") { continue }
            let indentation = lines[index].prefix { $0 == " " }.count
            let isEntry = trimmed.hasPrefix("- ")
            guard let known = last else {
                guard isEntry else { return nil }
                last = (index, indentation)
                continue
            }
            guard indentation > known.indentation || (indentation == known.indentation && isEntry) else { break }
            last = (index, known.indentation)
        }
        guard let last else { return nil }
        var edited = lines
        edited.insert(
            contentsOf: self.lines(indentation: String(repeating: " ", count: last.indentation)), at: last.index + 1)
        return edited
    }

    /// Whether YAML takes the name for a text without quotes.
    private var isPlain: Bool {
        name.wholeMatch(of: /[A-Za-z][A-Za-z0-9.-]*/) != nil && name.lowercased() != "null"
    }

    private func quoted(_ text: String) -> String {
        "'\(text.replacing("'", with: "''"))'"
    }
}
