internal import ArgumentParser
internal import ClusterProtocol

/// `estuary reload`
struct Reload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Apply the labels and profiles of the signer's policy file.",
        discussion: """
            The file is checked as a whole: either all of it is in force afterwards, at every frontend within seconds, \
            or nothing has changed and the reason is printed with the file's line.
            """)

    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let reply = try await state.connection().withSigner { try await $0.reload(ReloadRequest()) }
        if output.json {
            try Output.json(reply)
        } else {
            try Output.line(
                (reply.changed ? "Applied" : "Nothing has changed")
                    + ": catalogue \(reply.catalogueVersion), configuration \(reply.configurationSHA256.prefix(16)).")
        }
    }
}
