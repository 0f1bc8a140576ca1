internal import ArgumentParser
internal import Foundation
internal import Signer

/// `estuary-signer authority`: what `estuary ca` has this program do, so that no other ever has the CA's keys.
///
/// Each prints JSON for `estuary ca`: one object, `show` a list.
struct Authority: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "authority", abstract: "Certify, renew and roll over authorities. «estuary ca» calls it.",
        subcommands: [
            AuthorityShow.self, AuthorityAdd.self, AuthorityRequest.self, AuthoritySign.self, AuthorityImport.self,
            AuthorityRenew.self, AuthorityRollRoot.self, AuthorityRetireRoot.self,
        ])

    static func print(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        Swift.print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}

/// Which signer.
struct SignerFolderOptions: ParsableArguments {
    @Option(help: "The signer's configuration.yaml.")
    var configuration: String
    @Option(help: "The file with the roots that devices are given.")
    var trustAnchor: String?

    func ceremonies(writes: Bool = true) throws -> AuthorityCeremonies {
        _ = HardenedProcess.apply()
        return try AuthorityCeremonies(configurationPath: configuration, trustAnchor: trustAnchor, writes: writes)
    }
}

/// Where a root's key is.
struct RootOptions: ParsableArguments {
    @Option(help: "The folder with the root's encrypted key.")
    var rootDirectory: String
    @Option(help: "A file (mode 0600) whose first line decrypts it. Without it, the one beside the folder.")
    var rootPassphraseFile: String?
}

struct AuthorityShow: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show every authority.")
    @OptionGroup var signer: SignerFolderOptions

    func run() throws {
        try Authority.print(try signer.ceremonies(writes: false).show())
    }
}

struct AuthorityRetireRoot: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "retire-root", abstract: "End a root's roll-over.")
    @OptionGroup var signer: SignerFolderOptions

    func run() throws {
        try Authority.print(try signer.ceremonies().retireRoot())
    }
}
