internal import ArgumentParser
internal import ClusterProtocol

/// `estuary approval`
struct ApprovalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approval", abstract: "Decide on requests that wait for a person.",
        discussion: "On a label with manual approval a device asks again and again until someone has decided.",
        subcommands: [ApprovalList.self, ApprovalApprove.self, ApprovalDeny.self, ApprovalRemove.self])
}

/// `estuary approval list`
struct ApprovalList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the requests that wait, oldest first.")

    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var limit: LimitOptions
    @Flag(help: "Also those that are decided and not yet collected or expired.")
    var all = false

    func run() async throws {
        let now = TimeText.now
        let listing = Listing<ApprovalDescription>(
            json: output.json, limit: limit.limit,
            table: TextTable("ID", "STATE", "LABEL", "SUBJECT", "NAMES", "BY", "KEY", "ASKED", "EXPIRES"),
            empty: "No request waits."
        ) { approval, table in
            table.add(
                approval.id, approval.state.rawValue, approval.label, approval.subject,
                approval.names.joined(separator: " "), approval.principal, String(approval.spkiSHA256.prefix(16)),
                TimeText.relative(approval.requestedAt, now: now), TimeText.relative(approval.expiresAt, now: now))
        }
        try await state.connection().withSigner { signer in
            try await listing.print { cursor in
                try await signer.listApprovals(ListApprovalsRequest(decidedToo: all, cursor: cursor))
            }
        }
    }
}

/// `estuary approval approve`
struct ApprovalApprove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve", abstract: "Approve a request: the device gets its certificate when it asks again.")

    @OptionGroup var request: DecisionArguments

    func run() async throws {
        try await request.decide(.approve, "is approved: the device gets its certificate when it asks again.")
    }
}

/// `estuary approval deny`
struct ApprovalDeny: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deny", abstract: "Deny a request, and the same request when it comes again.")

    @OptionGroup var request: DecisionArguments

    func run() async throws {
        try await request.decide(.deny, "is denied, until `estuary approval remove`.")
    }
}

/// `estuary approval remove`
struct ApprovalRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Forget a request and its decision: it may be made anew.")

    @OptionGroup var request: DecisionArguments

    func run() async throws {
        try await request.decide(.remove, "is forgotten: it may be made anew.")
    }
}

/// What the three decisions have in common.
struct DecisionArguments: ParsableArguments {
    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "The request's id, as `estuary approval list` shows it.")
    var id: String

    func decide(_ decision: DecideApprovalRequest.Decision, _ outcome: String) async throws {
        let request = DecideApprovalRequest(id: id, decision: decision)
        let approval = try await state.connection().withSigner { try await $0.decideApproval(request) }
        if output.json {
            try Output.json(approval)
        } else {
            try Output.line("Request \(approval.id) (\(PlainText.visible(approval.subject))) \(outcome)")
        }
    }
}
