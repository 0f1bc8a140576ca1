internal import ArgumentParser
internal import Signer

struct AuthorityAdd: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "add", abstract: "Make an issuing authority.")
    @Argument var name: String
    @OptionGroup var signer: SignerFolderOptions
    @OptionGroup var root: RootOptions
    @Option(help: "A file (mode 0600) whose first line encrypts the authority's key.")
    var keyPassphraseFile: String?

    func run() throws {
        try Authority.print(
            try signer.ceremonies().add(
                name, rootDirectory: root.rootDirectory, rootPassphraseFile: root.rootPassphraseFile,
                passphraseFile: keyPassphraseFile))
    }
}

struct AuthorityRenew: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "renew", abstract: "Certify an authority's key anew.")
    @Argument var name: String
    @OptionGroup var signer: SignerFolderOptions
    @OptionGroup var root: RootOptions

    func run() throws {
        try Authority.print(
            try signer.ceremonies().renew(
                name, rootDirectory: root.rootDirectory, rootPassphraseFile: root.rootPassphraseFile))
    }
}

struct AuthorityRollRoot: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "roll-root", abstract: "Begin a root's roll-over.")
    @OptionGroup var signer: SignerFolderOptions
    @OptionGroup var root: RootOptions
    @Option(help: "The folder for the new root's encrypted key.")
    var newRootDirectory: String
    @Option(help: "A file (mode 0600) whose first line encrypts it. Without it a passphrase is made.")
    var newRootPassphraseFile: String?

    func run() throws {
        try Authority.print(
            try signer.ceremonies().rollRoot(
                rootDirectory: root.rootDirectory, rootPassphraseFile: root.rootPassphraseFile,
                newRootDirectory: newRootDirectory, newRootPassphraseFile: newRootPassphraseFile))
    }
}
