internal import ArgumentParser
internal import ClusterProtocol

/// `estuary ca request`
struct CARequest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "request", abstract: "Print a certification request (PKCS#10) for an authority's key.",
        discussion: """
            For a root that is elsewhere: one of your own, or this cluster's on a machine without a network (`estuary \
            ca sign` there). A new authority's key is made in the signer's folder, and stays there. For an authority \
            that there is, the request is for the same key, to be certified for longer.
            """)

    @Argument(help: "The authority's name.")
    var name: String
    @Option(
        help: ArgumentHelp(
            "The organization (O) of a new authority; the first authority's otherwise.", valueName: "name"))
    var organization: String?
    @OptionGroup var key: AuthorityKeyOptions
    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let organization = organization.map { ["--organization=" + $0] } ?? []
        try output.print(
            try await AuthorityProgram(state: state.directory())
                .run(["request", name] + organization + key.arguments) as CeremonyDocument)
    }
}

/// `estuary ca sign`
struct CASign: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign", abstract: "Certify such a request where the root's key is; needs nothing of the cluster.",
        discussion: "Prints the certificate and the root, as `estuary ca import` takes them.")

    @Argument(help: ArgumentHelp("The request, PEM.", valueName: "file"))
    var request: String
    @OptionGroup var root: RootOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try output.print(
            try await AuthorityProgram(state: nil).run(["sign", request] + root.arguments) as CeremonyDocument)
    }
}

/// `estuary ca import`
struct CAImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Take the certificate that a root elsewhere made for an authority's key.",
        discussion: """
            The certificate must be a CA's, for the key of `estuary ca request`, with keyCertSign and cRLSign, and lead \
            to a root that is in the file too.
            """)

    @Argument(help: "The authority's name.")
    var name: String
    @Argument(
        help: ArgumentHelp("PEM: the certificate and all above it, up to the root, in any order.", valueName: "file"))
    var chain: String
    @OptionGroup var key: AuthorityKeyOptions
    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try output.print(
            try await AuthorityProgram(state: state.directory()).run(["import", name, chain] + key.arguments)
                as CeremonyOutcome)
    }
}
