internal import ArgumentParser
internal import ClusterProtocol
internal import ClusterTransport
internal import ConfigurationFile

/// `estuary node`
struct NodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node", abstract: "Admit and remove the cluster's nodes.",
        subcommands: [NodeAdd.self, NodeList.self, NodeRemove.self])
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
            table: TextTable("NAME", "ROLE", "LABELS", "HOSTS", "ADDED", "KEYS"), empty: "There are no nodes."
        ) { node, table in
            table.add(
                node.name, node.role.rawValue, node.labels?.joined(separator: ",") ?? "all",
                node.hosts.joined(separator: ","), TimeText.relative(node.addedAt, now: now),
                node.publicKeys.joined(separator: " "))
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
        abstract: "Remove a node, or one of its keys: dead within a second, also on open connections.")

    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "The node's name.")
    var name: String
    @Option(help: ArgumentHelp("Remove only this key, in Z85.", valueName: "z85"))
    var key: String?

    func run() async throws {
        let request = RemoveNodeRequest(name: name, publicKey: key)
        let node = try await state.connection().withSigner { try await $0.removeNode(request) }
        if output.json {
            try Output.json(node)
        } else {
            try Output.line(key == nil ? "\(node.name) is removed." : "The key of \(node.name) is removed.")
        }
    }
}

/// The names of nodes: they become folder names and parts of events.
enum NodeName {
    static func isValid(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count) && name.first != "-"
            && name.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
            }
    }
}
