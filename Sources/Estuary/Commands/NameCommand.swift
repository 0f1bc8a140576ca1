internal import ArgumentParser
internal import ClusterProtocol

/// `estuary name`
struct NameCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "name", abstract: "Set names free.", subcommands: [NameRelease.self])
}

/// `estuary name release`
struct NameRelease: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Set a name free, so that another device may get it, and lift a revocation's block on it.",
        discussion: """
            A name belongs to the first device that got a certificate for it. Release it when the device is replaced, \
            or when a revoked device may come back. Certificates that hold the name stay as they are.
            """)

    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "A name, with or without its kind: cn:, dns:, ip:, uri:, email:, serial:, uid:, dn-qualifier:.")
    var name: String

    func run() async throws {
        let request = ReleaseNameRequest(name: name)
        let reply = try await state.connection().withSigner { try await $0.releaseName(request) }
        if output.json {
            try Output.json(reply)
        } else {
            try Output.line(
                "\(PlainText.visible(reply.name)) is free; device \(reply.device) held it"
                    + (reply.wasBlocked ? ", and it was blocked." : "."))
        }
    }
}
