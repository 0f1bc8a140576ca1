internal import ArgumentParser
internal import ClusterProtocol

/// `estuary ca add`
struct CAAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Make a new issuing authority under a root of this cluster.",
        discussion: """
            Makes its key in the signer's folder, certifies it with the root's key, and enters it in the signer's \
            configuration. It issues nothing until a label names it: then devices renew there, where the label names \
            the authority that they come from among its `predecessors`.
            """)

    @Argument(help: "Its name, which stands in /crl/NAME.crl and /ocsp/NAME, and is never used for another key.")
    var name: String
    @OptionGroup var root: RootOptions
    @OptionGroup var key: AuthorityKeyOptions
    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try output.print(
            try await AuthorityProgram(state: state.directory())
                .run(["add", name] + root.arguments + key.arguments) as CeremonyOutcome)
    }
}

/// `estuary ca renew`
struct CARenew: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "renew", abstract: "Certify an authority's key for longer, or under a new root.",
        discussion: """
            The key and the subject stay, and so does what the authority has issued. With the folder of the new root \
            of a roll-over it puts the authority under that root.
            """)

    @Argument(help: "The authority's name.")
    var name: String
    @OptionGroup var root: RootOptions
    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try output.print(
            try await AuthorityProgram(state: state.directory()).run(["renew", name] + root.arguments)
                as CeremonyOutcome)
    }
}

/// `estuary ca roll-root`
struct CARollRoot: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "roll-root", abstract: "Make a new root, and hand out the old and the new one together.",
        discussion: """
            The new root has the old one's name and a new key, encrypted in a folder of its own. The two roots certify \
            each other (NewWithOld, OldWithNew: RFC 4210 §4.4), and `cacerts` of every authority under the old root has \
            all four certificates from then on, so that devices learn of the new root, and verify with either. The \
            authorities stay under the old root until `estuary ca renew` puts them under the new one.
            """)

    @OptionGroup var root: RootOptions
    @Option(help: ArgumentHelp("The folder for the new root, which is made.", valueName: "dir"))
    var newRootDirectory: String
    @Option(
        help: ArgumentHelp(
            "A file (mode 0600) with the passphrase that encrypts it. Without it one is made up and written beside the folder.",
            valueName: "file"))
    var newRootPassphraseFile: String?
    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let passphrase = newRootPassphraseFile.map { ["--new-root-passphrase-file", $0] } ?? []
        try output.print(
            try await AuthorityProgram(state: state.directory())
                .run(["roll-root", "--new-root-directory", newRootDirectory] + root.arguments + passphrase)
                as CeremonyOutcome)
    }
}

/// `estuary ca retire-root`
struct CARetireRoot: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retire-root", abstract: "End a roll-over: the old root is handed out no longer.",
        discussion: "Devices that have not taken up the new root by then can verify nothing any more.")

    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try output.print(
            try await AuthorityProgram(state: state.directory()).run(["retire-root"]) as CeremonyOutcome)
    }
}
