internal import ArgumentParser
internal import ClusterProtocol

/// `estuary token`
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Make and revoke enrollment secrets.",
        discussion: """
            An enrollment secret is what a new device proves itself with: the password of HTTP Basic, or a Bearer \
            token. It is shown once; the signer keeps its hash only.
            """,
        subcommands: [TokenCreate.self, TokenList.self, TokenRevoke.self, TokenReissue.self])
}

/// `estuary token create`
struct TokenCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make an enrollment secret, or one for each device of a list.",
        discussion: """
            Prints the secret alone, so that SECRET=$(estuary token create) works.

            With --from, makes a secret for each line of a CSV file: a line holds the name of a device, or its names, \
            separated by commas; blank lines and lines that begin with # are skipped. Each secret is good for the \
            names of its line only. Prints a line NAME,SECRET for each, in the file's order. The whole file is checked \
            before the first secret is made.
            """)

    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "The label whose rules apply.")
    var label = "default"
    @Option(
        name: .customLong("name"),
        help: ArgumentHelp("A name that the device may ask for, and no other. May be given several times."))
    var names: [String] = []
    @Option(help: "How many enrollments it is good for.")
    var uses = 1
    @Option(name: .customLong("ttl"), help: "How long it can be used: 45m, 12h, 7d.")
    var lifetime = Lifetime(seconds: 7 * 86_400)
    @Option(
        name: .customLong("from"), help: ArgumentHelp("Make a secret for each line of this file.", valueName: "csv"),
        completion: .file(extensions: ["csv"]))
    var list: String?
    @Option(
        name: .customLong("output"),
        help: ArgumentHelp("With --from: write to this new file, which only you may read.", valueName: "file"))
    var outputFile: String?

    func validate() throws {
        guard uses >= 1 else { throw ValidationError("--uses takes a number from 1.") }
        if list != nil, !names.isEmpty { throw ValidationError("--name and --from exclude each other.") }
        if list == nil, outputFile != nil { throw ValidationError("--output goes with --from.") }
        if output.json, outputFile != nil { throw ValidationError("--json and --output exclude each other.") }
    }

    func run() async throws {
        let connection = try state.connection()
        if let list {
            let devices = try NameList.load(path: list)
            try await BulkSecrets(label: label, uses: uses, lifetime: lifetime, json: output.json)
                .create(for: devices, outputFile: outputFile, connection: connection)
            return
        }
        let request = CreateSecretsRequest(
            label: label, items: [.init(names: names.isEmpty ? nil : names)], uses: uses, lifetime: lifetime.seconds)
        let reply = try await connection.withSigner { try await $0.createSecrets(request) }
        guard let created = reply.secrets.first else {
            throw Failure("The signer made no secret and gave no reason.")
        }
        try created.print(json: output.json)
    }
}

/// `estuary token list`
struct TokenList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List enrollment secrets by their ids, oldest first; the secrets are not shown.")

    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var limit: LimitOptions
    @Option(help: "Only those of this label.")
    var label: String?
    @Flag(help: "Only those that can still be used.")
    var usable = false

    func run() async throws {
        let now = TimeText.now
        let listing = Listing<SecretDescription>(
            json: output.json, limit: limit.limit,
            table: TextTable("ID", "LABEL", "NAMES", "#USED", "CREATED", "EXPIRES", "STATE"),
            empty: "There are no such secrets. `estuary token create` makes one."
        ) { secret, table in
            table.add(
                secret.id, secret.label, secret.names?.joined(separator: " ") ?? "any", secret.usage,
                TimeText.relative(secret.createdAt, now: now), TimeText.relative(secret.expiresAt, now: now),
                secret.state(now: now))
        }
        try await state.connection().withSigner { signer in
            try await listing.print { cursor in
                try await signer.listSecrets(
                    ListSecretsRequest(label: label, usableOnly: usable, cursor: cursor))
            }
        }
    }
}

/// `estuary token revoke`
struct TokenRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Revoke an enrollment secret, at once and for ever.",
        discussion: "Certificates that were issued with it stay valid: see `estuary certificate revoke`.")

    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "The secret's id, as `estuary token list` shows it.")
    var id: String

    func run() async throws {
        let request = RevokeSecretRequest(id: id)
        let secret = try await state.connection().withSigner { try await $0.revokeSecret(request) }
        if output.json {
            try Output.json(secret)
        } else {
            try Output.line("Secret \(secret.id) is revoked; \(secret.used) of \(secret.uses) uses were used.")
        }
    }
}

/// `estuary token reissue`
struct TokenReissue: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reissue",
        abstract: "Put a new secret with the same rights and fresh uses in the place of one, and revoke that.",
        discussion: "For a device that has spent its secret and lost its key. Prints the new secret alone.")

    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "The old secret's id.")
    var id: String
    @Option(name: .customLong("ttl"), help: "How long the new one can be used: 45m, 12h, 7d.")
    var lifetime = Lifetime(seconds: 7 * 86_400)

    func run() async throws {
        let request = ReissueSecretRequest(id: id, lifetime: lifetime.seconds)
        try await state.connection().withSigner { try await $0.reissueSecret(request) }.print(json: output.json)
    }
}

extension CreatedSecret {
    func print(json: Bool) throws {
        if json {
            try Output.json(self)
        } else {
            try Output.line(secret.revealed)
        }
    }
}

extension SecretDescription {
    fileprivate var usage: String {
        "\(used)/\(uses)" + (reserved > 0 ? " (+\(reserved) waiting)" : "")
    }

    func state(now: Int64) -> String {
        if let replacedBy { return "replaced by \(replacedBy)" }
        if revokedAt != nil { return "revoked" }
        if expiresAt <= now { return "expired" }
        return used + reserved >= uses ? "spent" : "usable"
    }
}
