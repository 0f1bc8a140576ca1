internal import ArgumentParser
internal import ClusterProtocol
internal import Foundation
internal import PKI

/// `estuary kek`
struct KeyEncryptionKeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kek",
        abstract: "Name the symmetric keys with which private keys are encrypted for devices.",
        discussion: """
            On labels with `server-key-generation`, the signer makes a device's key pair (serverkeygen, RFC 7030 §4.4). A \
            device that holds one of these keys names it in its request, as DecryptKeyIdentifier, and gets its \
            private key encrypted with it. The key itself is shown once, when it is made, and never again.
            """,
        subcommands: [KeyEncryptionKeyAdd.self, KeyEncryptionKeyList.self, KeyEncryptionKeyRemove.self])
}

/// `estuary kek add`
struct KeyEncryptionKeyAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Make a key, or bring one.",
        discussion: """
            Without --key-file, the signer makes a key of 256 bits; the command prints it alone, in hexadecimal digits: \
            put it into the device, it is not shown again.
            """)

    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions
    @Argument(
        help: "What the devices name it in DecryptKeyIdentifier: text, or hex:0A1B… for other bytes.")
    var name: String
    @Option(
        help: ArgumentHelp("Take the key from this file: 32 bytes, or 64 hexadecimal digits.", valueName: "file"),
        completion: .file())
    var keyFile: String?
    @Option(help: "Only for this label.")
    var label: String?
    @Option(
        name: .customLong("device-name"),
        help: ArgumentHelp(
            "Only for certificates with this name and no other. May be given several times.", valueName: "name"))
    var names: [String] = []

    func run() async throws {
        let request = AddKeyEncryptionKeyRequest(
            name: name, label: label, names: names.isEmpty ? nil : names,
            key: try keyFile.map { SecretBytes(try KeyFile.read($0)) })
        let added = try await state.connection().withSigner { try await $0.addKeyEncryptionKey(request) }
        let key = added.key.map { $0.revealed.hexadecimal }
        if output.json {
            try Output.json(AddedLine(added.description, key: key))
        } else if let key {
            try Output.line(key)
        } else {
            try Output.line("The key \(PlainText.visible(added.description.name)) is added.")
        }
    }

    /// The same fields as `kek list --json`, and the key where it is new.
    private struct AddedLine: Encodable {
        var name: String
        var label: String?
        var names: [String]?
        var createdAt: Int64
        /// Hexadecimal.
        var key: String?

        init(_ description: KeyEncryptionKeyDescription, key: String?) {
            name = description.name
            label = description.label
            names = description.names
            createdAt = description.createdAt
            self.key = key
        }
    }
}

/// `estuary kek list`
struct KeyEncryptionKeyList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the keys by their names; the keys are not shown.")

    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var limit: LimitOptions

    func run() async throws {
        let now = TimeText.now
        let listing = Listing<KeyEncryptionKeyDescription>(
            json: output.json, limit: limit.limit, table: TextTable("NAME", "LABEL", "DEVICE NAMES", "ADDED"),
            empty: "There are no such keys. `estuary kek add` makes one."
        ) { key, table in
            table.add(
                key.name, key.label ?? "any", key.names?.joined(separator: " ") ?? "any",
                TimeText.relative(key.createdAt, now: now))
        }
        try await state.connection().withSigner { signer in
            try await listing.print { cursor in
                try await signer.listKeyEncryptionKeys(ListKeyEncryptionKeysRequest(cursor: cursor))
            }
        }
    }
}

/// `estuary kek remove`
struct KeyEncryptionKeyRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Forget a key: from now on nothing is encrypted with it.")

    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "The key's name, as `estuary kek list` shows it.")
    var name: String

    func run() async throws {
        let request = RemoveKeyEncryptionKeyRequest(name: name)
        let key = try await state.connection().withSigner { try await $0.removeKeyEncryptionKey(request) }
        if output.json {
            try Output.json(key)
        } else {
            try Output.line("The key \(PlainText.visible(key.name)) is removed.")
        }
    }
}

/// Reads a symmetric key that somebody has written to a file.
enum KeyFile {
    /// A file with more is none with a key.
    private static let maximumBytes = 1024

    /// - Throws: ``Failure`` where the file can't be read, or is neither 32 bytes nor 64 hexadecimal digits.
    static func read(_ path: String) throws -> Data {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw Failure("\(path) can't be read.")
        }
        defer { try? file.close() }
        let contents = try file.read(upToCount: maximumBytes) ?? Data()
        guard let key = key(in: contents) else {
            throw Failure(
                "\(path) holds no key of 256 bits: 32 bytes, or 64 hexadecimal digits, are expected.",
                hint: "`openssl rand -hex 32` makes one.")
        }
        return key
    }

    static func key(in contents: Data) -> Data? {
        if contents.count == AddKeyEncryptionKeyRequest.keyBytes { return contents }
        let digits = String(decoding: contents, as: UTF8.self).filter { !$0.isWhitespace }
        guard digits.utf8.count == 2 * AddKeyEncryptionKeyRequest.keyBytes else { return nil }
        var key = Data()
        var rest = Substring(digits)
        while !rest.isEmpty {
            let pair = rest.prefix(2)
            guard pair.allSatisfy(\.isHexDigit), let byte = UInt8(pair, radix: 16) else { return nil }
            key.append(byte)
            rest = rest.dropFirst(2)
        }
        return key
    }
}
