internal import ArgumentParser
internal import ClusterProtocol

/// `estuary audit accept-log`
struct AuditAcceptLogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept-log",
        abstract: "Make the signer go on from the audit log as it is now.",
        discussion: """
            The signer verifies that the log only grows. Where it went back, forked or has another key, the signer raises \
            an alarm and marks nothing as delivered any more. If you know why, as after the auditor was restored from a \
            backup, this ends the alarm: the log as it is now is what later ones have to continue, and the signer sends \
            again what the log lacks and the ledger still keeps. It is an event that names you.
            """)

    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions
    @Flag(help: "Do it. Without this the alarm is only shown.")
    var yes = false

    func run() async throws {
        let connection = try state.connection()
        guard yes else {
            let status = try await connection.withSigner { try await $0.status(SignerStatusRequest()) }
            guard let alarm = status.witness.alarm else {
                throw Failure("There is no alarm: the log continues what the signer has witnessed.")
            }
            throw Failure(
                "The alarm is: \(alarm)",
                hint: "Where you know why, --yes makes the signer go on from the log as it is.")
        }
        let reply = try await connection.withSigner { try await $0.acceptLog(AcceptLogRequest()) }
        if output.json { return try Output.json(reply) }
        var facts = FactSheet()
        facts.add("alarm", reply.alarm ?? "none")
        facts.add("before", reply.former.map(Self.text) ?? "nothing was witnessed")
        facts.add("accepted", Self.text(reply.accepted))
        try Output.line(facts.text)
    }

    private static func text(_ tree: AcceptLogReply.Tree) -> String {
        "\(tree.origin), \(tree.size) events, root \(tree.root)"
    }
}
