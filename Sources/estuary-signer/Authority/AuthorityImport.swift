internal import ArgumentParser
internal import Signer

struct AuthorityRequest: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "request", abstract: "Print a certification request for an authority's key.")
    @Argument var name: String
    @OptionGroup var signer: SignerFolderOptions
    @Option(help: "The organization (O) in a new authority's subject.")
    var organization: String?
    @Option(help: "A file (mode 0600) whose first line encrypts a new authority's key.")
    var keyPassphraseFile: String?

    func run() throws {
        try Authority.print(
            try signer.ceremonies().request(name, organization: organization, passphraseFile: keyPassphraseFile))
    }
}

struct AuthoritySign: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign", abstract: "Certify a request where the root's key is.")
    @Argument var request: String
    @OptionGroup var root: RootOptions

    func run() throws {
        _ = HardenedProcess.apply()
        try Authority.print(
            try AuthorityCeremonies.sign(
                requestPath: request, rootDirectory: root.rootDirectory, rootPassphraseFile: root.rootPassphraseFile))
    }
}

struct AuthorityImport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Take the certificate for an authority's key.")
    @Argument var name: String
    @Argument var chain: String
    @OptionGroup var signer: SignerFolderOptions
    @Option(help: "A file (mode 0600) whose first line decrypts a new authority's key.")
    var keyPassphraseFile: String?

    func run() throws {
        try Authority.print(
            try signer.ceremonies().importChain(name, chainPath: chain, passphraseFile: keyPassphraseFile))
    }
}
