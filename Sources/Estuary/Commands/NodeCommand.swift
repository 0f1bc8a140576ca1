internal import ArgumentParser
internal import ClusterProtocol
internal import ClusterTransport
internal import ConfigurationFile
internal import NodeSetup

/// `estuary node`
struct NodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node", abstract: "Admit and remove the cluster's nodes.",
        subcommands: [
            NodeAdd.self, NodeList.self, NodeRemove.self, NodeInvite.self, NodeInvitations.self, NodeUninvite.self,
        ])
}

/// `estuary node add`
struct NodeAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Admit a node, or give an admitted one a second key.",
        discussion: """
            With --directory, makes the node's key and configuration in a new folder: move the folder to the node's \
            host and run `estuary-frontend serve --configuration FOLDER/configuration.yaml` there. A folder \
            inside the state directory, named like a node, is started by the next `estuary up`.

            With --key, admits a node that has made its key itself. A node has at most two keys, so that it can \
            change them without a pause: add the new one, restart the node with it, remove the old one.
            """)

    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "The node's name: frontend-4.")
    var name: String
    @Option(help: ArgumentHelp("What it is: frontend.", valueName: "role"))
    var role = NodeRole.frontend
    @Option(help: "The host names and addresses of its TLS certificate, separated by commas.")
    var hosts: CommaSeparated
    @Option(help: "The labels that it may serve, separated by commas. Without this: all.")
    var labels: CommaSeparated?
    @Option(help: ArgumentHelp("Its public CURVE key, in Z85.", valueName: "z85"))
    var key: String?
    @Option(help: ArgumentHelp("Make its key and configuration in this new folder.", valueName: "dir"))
    var directory: String?
    @Option(help: ArgumentHelp("With --directory: where it will listen for devices.", valueName: "host:port"))
    var listen: String?

    func validate() throws {
        guard (key == nil) != (directory == nil) else {
            throw ValidationError("Give either --key or --directory.")
        }
        if listen != nil, directory == nil { throw ValidationError("--listen goes with --directory.") }
        if let listen { _ = try ListenAddress.parse(listen) }
        guard NodeName.isValid(name) else {
            throw ValidationError("A node's name has from 1 to 64 lower-case letters, digits and hyphens.")
        }
    }

    func run() async throws {
        let connection = try state.connection()
        let folder = try directory.map { directory in
            try connection.state.checkNodeFolder(directory)
            return try NodeFolder.create(
                at: directory, name: name, listen: try ListenAddress.parse(listen ?? "0.0.0.0:8443"),
                facts: try ClusterFacts.load(connection.state))
        }
        let request = AddNodeRequest(
            name: name, role: role, publicKey: try folder?.key.publicKey.z85 ?? checkedKey(), labels: labels?.words,
            hosts: hosts.words)
        let node: NodeDescription
        do {
            node = try await connection.withSigner { try await $0.addNode(request) }
        } catch {
            throw folder?.settle(after: error, name: name, state: connection.state) ?? error
        }
        if output.json {
            try Output.json(node)
        } else {
            try Output.line("\(node.name) is admitted as \(node.role.rawValue).")
        }
    }

    private func checkedKey() throws -> String {
        do {
            return try CurvePublicKey(z85: key ?? "").z85
        } catch {
            throw Failure(
                "--key is no CURVE public key: it has 40 characters in Z85.",
                hint: "Take it from the node's curve.key.pub, in single quotes.")
        }
    }
}

extension NodeRole: ExpressibleByArgument {}

/// `estuary node list`
struct NodeList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the nodes by name.")

    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let now = TimeText.now
        let listing = Listing<NodeDescription>(
            json: output.json, limit: nil,
            table: TextTable("NAME", "ROLE", "LABELS", "HOSTS", "ADDED", "BY", "KEYS"), empty: "There are no nodes."
        ) { node, table in
            table.add(
                node.name, node.role.rawValue, node.labels?.joined(separator: ",") ?? "all",
                node.hosts.joined(separator: ","), TimeText.relative(node.addedAt, now: now),
                node.invitation.map { "invitation \($0)" } ?? "operator", node.publicKeys.joined(separator: " "))
        }
        try await state.connection().withSigner { signer in
            try await listing.print { _ in try await signer.listNodes(ListNodesRequest()) }
        }
    }
}

/// `estuary node remove`
struct NodeRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove a node, or one of its keys: dead within a second, also on open connections.",
        discussion: """
            With --not-seen, removes every node that has joined by invitation and was not heard for so long. The signer \
            knows only what it has heard since its own start: until it has run for so long, it removes nothing.
            """)

    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "The node's name.")
    var name: String?
    @Option(help: ArgumentHelp("Remove only this key, in Z85.", valueName: "z85"))
    var key: String?
    @Option(help: ArgumentHelp("Remove nodes that were silent for so long: 7d.", valueName: "duration"))
    var notSeen: Lifetime?

    func validate() throws {
        guard (name == nil) != (notSeen == nil) else {
            throw ValidationError("Give either a node's name or --not-seen.")
        }
        guard key == nil || name != nil else { throw ValidationError("--key goes with a node's name.") }
    }

    func run() async throws {
        if let notSeen { return try await removeSilent(for: notSeen.seconds) }
        let request = RemoveNodeRequest(name: name ?? "", publicKey: key)
        let node = try await state.connection().withSigner { try await $0.removeNode(request) }
        if output.json {
            try Output.json(node)
        } else {
            try Output.line(key == nil ? "\(node.name) is removed." : "The key of \(node.name) is removed.")
        }
        if let invitation = node.invitation, key == nil {
            Output.remark(
                "It had joined by invitation \(invitation), which may admit it again: `estuary node uninvite \(invitation)`"
                    + " ends that.")
        }
    }

    private func removeSilent(for seconds: Int64) async throws {
        let reply = try await state.connection().withSigner {
            try await $0.removeSilentNodes(RemoveSilentNodesRequest(silence: seconds))
        }
        for node in reply.nodes {
            if output.json {
                try Output.json(node)
            } else {
                try Output.line("\(node.name) is removed.")
            }
        }
        if reply.nodes.isEmpty, !output.json { Output.remark("No node was silent for so long.") }
    }
}
