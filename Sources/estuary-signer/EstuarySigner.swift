internal import ArgumentParser
internal import Signer

/// The signer's executable.
@main
struct EstuarySigner: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "estuary-signer",
        abstract: "Estuary's signer: holds the CA keys and the ledger, and issues certificates.",
        subcommands: [Serve.self, Initialize.self, Authority.self, Health.self])
}
