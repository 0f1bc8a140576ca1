internal import ArgumentParser
internal import ConfigurationFile

/// `estuary init`
struct Init: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a new cluster's state directory, and start nothing.",
        discussion: """
            Makes a root CA, an issuing CA, the nodes' keys, configuration files that explain themselves, and a first \
            enrollment secret. The root key is encrypted and not needed again until the issuing CA is renewed: move \
            DIR/root to a safe place, as the note in it says.

            `estuary up` does this by itself the first time.
            """)

    @OptionGroup var state: StateOptions
    @OptionGroup var cluster: ClusterOptions

    func run() async throws {
        let directory = try state.directory()
        try await cluster.initialization(of: directory).run(until: StopSignals())
        try Output.line("\(directory.path) is ready. Start the cluster with: estuary up --state \(directory.quoted)")
    }
}

/// What a new cluster is like.
struct ClusterOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where devices connect to the first frontend (default: 127.0.0.1:8443). Each further one takes the next port; port 0 means free ones.",
            valueName: "host:port"))
    var listen: String?
    @Option(
        help: ArgumentHelp(
            "Where the auditor's console listens, on this machine's loopback (default: 127.0.0.1:8480, or a free port where that is taken).",
            valueName: "host:port"))
    var console: String?
    @Option(help: ArgumentHelp("How many frontends (default: 1).", valueName: "count"))
    var frontends: Int?
    @Option(
        help: ArgumentHelp(
            "Further host names and addresses of the frontends' certificates, separated by commas.", valueName: "names")
    )
    var hosts: CommaSeparated?
    @Option(
        help: ArgumentHelp(
            "A file with the passphrase that encrypts the root key. Without it one is made up and written beside the key.",
            valueName: "file"))
    var rootPassphraseFile: String?

    func validate() throws {
        if let listen {
            do {
                let address = try ListenAddress.parse(listen)
                guard address.port == 0 || address.port + (frontends ?? 1) <= 65_536 else {
                    throw ValidationError("The ports of --listen and --frontends go beyond 65535.")
                }
            } catch let failure as Failure {
                throw ValidationError(failure.description)
            }
        }
        if let console {
            guard let address = ListenAddress(console) else {
                throw ValidationError("--console takes host and port, such as 127.0.0.1:8480.")
            }
            guard ["127.0.0.1", "localhost", "::1"].contains(address.host) else {
                throw ValidationError(
                    "--console takes an address of this machine's loopback. Any other needs TLS and users: see docs/console.md."
                )
            }
        }
        if let frontends, !(1...Initialization.maximumFrontends).contains(frontends) {
            throw ValidationError("--frontends takes a number from 1 to \(Initialization.maximumFrontends).")
        }
    }

    func initialization(of state: StateDirectory) throws -> Initialization {
        var initialization = Initialization(state: state, signerProgram: try Programs.path("estuary-signer"))
        if let listen { initialization.listen = try ListenAddress.parse(listen) }
        if let frontends { initialization.frontends = frontends }
        initialization.console = console.flatMap { ListenAddress($0) }
        if let hosts { initialization.hosts = hosts.words }
        initialization.rootPassphraseFile = rootPassphraseFile
        return initialization
    }
}
