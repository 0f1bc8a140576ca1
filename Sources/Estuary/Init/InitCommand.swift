internal import ArgumentParser
internal import ConfigurationFile

/// `estuary init`
struct Init: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a new cluster's files, and start nothing.",
        discussion: """
            Makes a root CA, an issuing CA, the nodes' keys, configuration files that explain themselves, and a first \
            enrollment secret. The root key is encrypted and not needed again until the issuing CA is renewed: move \
            DIR/root to a safe place, as the note in it says.

            Without more, makes a state directory for processes of one machine, which `estuary up` runs; `estuary up` \
            does that by itself the first time.

            With --in-place, for containers: DIR and its folders signer, auditor, root, public and secrets may be there, \
            empty, as volumes are. DIR/public has trust-anchor.pem and cluster.yaml, DIR/secrets has enrollment-secret, \
            console-password and root-passphrase. Frontends join by --invitation FILE: see `estuary-frontend join`. \
            Commands that take --state DIR need signer, auditor and public in it.

            With --role, for a process with a host of its own. --directory D is that host's state directory, which \
            commands take as --state D; the process's folder is D/auditor or D/signer.

              auditor's host:  estuary init --role auditor --directory D --endpoint tcp://0.0.0.0:7602 --address \
            tcp://auditor.example:7602
              signer's host:   estuary init --role signer --directory D --root-directory R --endpoint \
            tcp://0.0.0.0:7601 --address tcp://signer.example:7601 --auditor auditor-card.yaml
              auditor's host:  estuary init --role auditor --directory D --signer signer-card.yaml

            The first writes D/auditor-card.yaml, the second D/signer-card.yaml, D/trust-anchor.pem, D/enrollment-secret \
            and D/cluster.yaml. Until the third, the auditor does not start. `estuary node invite` on the signer's host \
            then lets frontends of further hosts in.
            """)

    @OptionGroup var state: StateOptions
    @OptionGroup var cluster: ClusterOptions
    @OptionGroup(title: "Containers and hosts") var deployment: DeploymentOptions
    @OptionGroup(title: "One process on a host of its own") var roles: RoleOptions

    func validate() throws {
        try deployment.check(inPlace: deployment.inPlace, role: roles.role)
        try roles.check()
        if deployment.inPlace {
            guard roles.role == nil else { throw ValidationError("Give either --in-place or --role.") }
            guard cluster.frontends ?? 0 == 0, cluster.listen == nil else {
                throw ValidationError(
                    "With --in-place frontends join by --invitation: leave --listen and --frontends out.")
            }
        } else {
            try cluster.requireLoopbackConsole()
            guard cluster.frontends != 0 else { throw ClusterOptions.frontendsOutOfBounds }
        }
    }

    func run() async throws {
        switch roles.role {
        case .auditor: try await makeAuditor()
        case .signer: try await makeSigner()
        case nil where deployment.inPlace: try await makeInPlace()
        case nil:
            let directory = try state.directory()
            if deployment.ifNeeded, directory.exists { return try saysItIsThere(directory.path) }
            var initialization = try cluster.initialization(of: directory)
            initialization.organization = deployment.organization
            try await initialization.run(until: StopSignals())
            try Output.line(
                "\(directory.path) is ready. Start the cluster with: estuary up --state \(directory.quoted)")
        }
    }

    private func saysItIsThere(_ place: String) throws {
        try Output.line("\(place) is initialised already.")
    }

    private func makeInPlace() async throws {
        let directory = try state.directory()
        var initialization = InPlaceInitialization(state: directory, signerProgram: try Programs.path("estuary-signer"))
        if let place = try deployment.signer() { initialization.signer = place }
        if let place = try deployment.auditor() { initialization.auditor = place }
        if let operations = deployment.auditorOperations { initialization.auditorOperations = operations }
        if let console = cluster.console.flatMap({ ListenAddress($0) }) { initialization.console = console }
        if let hosts = deployment.consoleHosts { initialization.consoleHosts = hosts.words }
        if let hosts = cluster.hosts { initialization.hosts = hosts.words }
        initialization.invitation = deployment.invitationPlan
        initialization.organization = deployment.organization
        initialization.rootPassphraseFile = cluster.rootPassphraseFile
        if try initialization.folders.isFinished() {
            guard !deployment.ifNeeded else { return try saysItIsThere(directory.path) }
            throw Failure("\(directory.path) is initialised already.", hint: "With --if-needed that is no error.")
        }
        try await initialization.run(until: StopSignals())
        try Output.line("\(directory.path) is ready: start the auditor, then the signer.")
        try Output.line(
            "Devices trust \(directory.trustAnchor); the first enrollment secret is in \(directory.secrets).")
        if !initialization.console.isLoopback {
            try Output.line(
                "At the console signs in: \(InPlaceInitialization.consoleUser), with the password in \(directory.secrets)/console-password."
            )
        }
        if let invitation = initialization.invitation {
            try Output.line(
                "Frontends join with: estuary-frontend join --invitation \(ShellText.quoted(invitation.path))")
        }
    }

    private func makeAuditor() async throws {
        let directory = try roles.state()
        if let card = roles.signer {
            let isNew = try AuditorHostInitialization.complete(directory, signer: card)
            return try Output.line(
                isNew
                    ? "\(directory.auditor) knows its signer: start the auditor, then the signer."
                    : "\(directory.auditor) knows this signer already.")
        }
        var initialization = AuditorHostInitialization(state: directory, place: try roles.place())
        if let operations = deployment.auditorOperations { initialization.operations = operations }
        if let console = cluster.console.flatMap({ ListenAddress($0) }) { initialization.console = console }
        if try initialization.folders.isFinished() {
            guard !deployment.ifNeeded else { return try saysItIsThere(directory.auditor) }
            throw Failure("\(directory.auditor) is initialised already.", hint: "With --if-needed that is no error.")
        }
        try await initialization.run()
        try Output.line(
            "\(directory.auditor) is made. Bring \(directory.auditorCard) to the signer's host, and run there:")
        try Output.line(
            "  estuary init --role signer --auditor auditor-card.yaml --directory … --root-directory … --endpoint … --address …"
        )
    }

    private func makeSigner() async throws {
        let directory = try roles.state()
        var initialization = SignerHostInitialization(
            state: directory, signerProgram: try Programs.path("estuary-signer"),
            rootDirectory: StateDirectory.absolute(roles.rootDirectory ?? ""), place: try roles.place(),
            auditor: try AuditorCard.load(roles.auditor ?? ""))
        if let hosts = cluster.hosts { initialization.hosts = hosts.words }
        initialization.invitation = deployment.invitationPlan
        initialization.organization = deployment.organization
        initialization.rootPassphraseFile = cluster.rootPassphraseFile
        if try initialization.folders.isFinished() {
            guard !deployment.ifNeeded else { return try saysItIsThere(directory.signer) }
            throw Failure("\(directory.signer) is initialised already.", hint: "With --if-needed that is no error.")
        }
        try await initialization.run()
        try Output.line(
            "\(directory.signer) is made. Bring \(directory.signerCard) to the auditor's host, and run there:")
        try Output.line("  estuary init --role auditor --signer signer-card.yaml --directory …")
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
            "Where the auditor's console listens (default: 127.0.0.1:8480, or a free port where that is taken). Only with --in-place on another address than the loopback: it then gets a certificate and a user.",
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
        if let console, ListenAddress(console) == nil {
            throw ValidationError("--console takes host and port, such as 127.0.0.1:8480.")
        }
        if let frontends, !(0...Initialization.maximumFrontends).contains(frontends) { throw Self.frontendsOutOfBounds }
    }

    static let frontendsOutOfBounds = ValidationError(
        "--frontends takes a number from 1 to \(Initialization.maximumFrontends).")

    /// The processes of one machine have no TLS key for a console that others reach.
    func requireLoopbackConsole() throws {
        guard console.flatMap({ ListenAddress($0) })?.isLoopback ?? true else {
            throw ValidationError(
                "--console takes an address of this machine's loopback. Any other needs TLS and users: see docs/console.md."
            )
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
