internal import ArgumentParser
internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import NodeSetup

/// `estuary node invite`
struct NodeInvite: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "invite",
        abstract: "Make an invitation, by which frontends join by themselves.",
        discussion: """
            Writes FILE, which has the secret key that lets its holder in (mode 0600). On a host or in a container with \
            FILE, `estuary-frontend join --invitation FILE --directory DIR` makes a frontend, and `estuary-frontend \
            serve --configuration DIR/configuration.yaml --join FILE` makes one that is not there yet, and runs it.

            --hosts are the names and addresses of every such frontend's certificate. One like *.edge.example is none of \
            them, but lets a frontend ask for a name of its own there: join --hosts f7.edge.example.
            """)

    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions
    @Option(help: ArgumentHelp("How many may join by it.", valueName: "count"))
    var uses = 1
    @Option(help: ArgumentHelp("How long it is good.", valueName: "duration"))
    var ttl = Lifetime(seconds: 30 * 86_400)
    @Option(help: "The names and addresses of the frontends' certificates, separated by commas.")
    var hosts: CommaSeparated
    @Option(help: "The labels that they may serve, separated by commas. Without this: all.")
    var labels: CommaSeparated?
    @Option(name: .customLong("output"), help: ArgumentHelp("The new file.", valueName: "file"))
    var file: String

    func run() async throws {
        guard !FileManager.default.fileExists(atPath: file) else {
            throw Failure("\(file) is there already.", hint: "Choose another name, or move the old file away.")
        }
        let connection = try state.connection()
        let facts = try ClusterFacts.load(connection.state)
        let key = try CurveKeyPair.generate()
        let request = CreateInvitationRequest(
            publicKey: key.publicKey.z85, uses: uses, lifetime: ttl.seconds, labels: labels?.words, hosts: hosts.words)
        let invitation = try await connection.withSigner { try await $0.createInvitation(request) }
        do {
            try NodeInvitation(id: invitation.id, key: key, facts: facts).write(to: file)
        } catch {
            throw Failure(
                "\(file) can't be written: \(error)",
                hint:
                    "Nobody has the invitation \(invitation.id): end it with `estuary node uninvite \(invitation.id)`.")
        }
        if output.json {
            try Output.json(invitation)
        } else {
            try Output.line(
                "\(file) admits \(uses == 1 ? "one frontend" : "\(uses) frontends"), until "
                    + "\(TimeText.absolute(invitation.expiresAt)): invitation \(invitation.id)")
        }
    }
}

/// `estuary node invitations`
struct NodeInvitations: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "invitations", abstract: "List the invitations, the newest first.",
        discussion: "Those that have ended are forgotten after 30 days, when another one is made.")

    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let now = TimeText.now
        let listing = Listing<InvitationDescription>(
            json: output.json, limit: nil,
            table: TextTable("ID", "STATE", "USED", "LABELS", "HOSTS", "MADE", "EXPIRES"),
            empty: "There are no invitations."
        ) { invitation, table in
            let ending =
                invitation.revokedAt != nil
                ? "revoked"
                : invitation.expiresAt <= now ? "expired" : invitation.used >= invitation.uses ? "spent" : "good"
            table.add(
                invitation.id, ending, "\(invitation.used) of \(invitation.uses)",
                invitation.labels?.joined(separator: ",") ?? "all", invitation.hosts.joined(separator: ","),
                TimeText.relative(invitation.createdAt, now: now), TimeText.relative(invitation.expiresAt, now: now))
        }
        try await state.connection().withSigner { signer in
            try await listing.print { _ in try await signer.listInvitations(ListInvitationsRequest()) }
        }
    }
}

/// `estuary node uninvite`
struct NodeUninvite: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "uninvite", abstract: "End an invitation at once. The nodes that have joined by it stay.")

    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "The invitation, as `estuary node invitations` shows it.")
    var id: String

    func run() async throws {
        let request = RevokeInvitationRequest(id: id)
        let invitation = try await state.connection().withSigner { try await $0.revokeInvitation(request) }
        if output.json {
            try Output.json(invitation)
        } else {
            try Output.line("Nobody joins by \(invitation.id) any more.")
        }
    }
}
