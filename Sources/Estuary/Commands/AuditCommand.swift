internal import ArgumentParser
internal import ClusterProtocol

/// `estuary audit`
struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "See what happened.",
        subcommands: [
            AuditList.self, AuditKeyCommand.self, AuditVerifyCommand.self, AuditProveCommand.self,
            AuditCheckProofCommand.self, AuditExportCommand.self, AuditPruneCommand.self, AuditAcceptLogCommand.self,
            AuditUserCommand.self,
        ])
}

/// `estuary audit list`
struct AuditList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List events, newest last.",
        discussion: """
            With --json, prints the events' lines exactly as they are logged. Filters may be combined. Without --limit \
            or --all the newest 1,000 are shown.
            """)

    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var limit: LimitOptions
    @Option(help: "Only events of this type: issued, replayed, denied, revoked, secret-created …")
    var type: String?
    @Option(help: "Only events on this label.")
    var label: String?
    @Option(help: "Only events about the certificate with this serial number.")
    var serial: String?
    @Option(help: "Only events that this node recorded: signer, frontend-1 …")
    var source: String?
    @Option(help: "Only events with this decision: allowed, denied, deferred.")
    var decision: String?
    @Option(help: "Only events with this part, of three characters at least, in the subject or a name.")
    var name: String?
    @Option(help: "Only events with this part, of three characters at least, in the subject.")
    var subject: String?
    @Option(help: "Only events that have each of these words somewhere.")
    var text: String?
    @Option(help: "Only what this one did: secret:ID, certificate:SERIAL.")
    var principal: String?
    @Option(help: "Only events since: 2026-01-31T12:00:00Z, 2026-01-31, or so long ago: 2h, 7d.")
    var since: TimeArgument?
    @Option(help: "Only events before: 2026-01-31T12:00:00Z, 2026-01-31, or so long ago: 2h, 7d.")
    var until: TimeArgument?
    @Flag(help: "Show every event that matches.")
    var all = false
    @Flag(help: "Then go on with new events as they come, until Ctrl-C.")
    var follow = false

    func validate() throws {
        if let type, AuditEvent.Kind(rawValue: type) == nil {
            let known = AuditEvent.Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("There is no event type «\(type)». There are: \(known).")
        }
        if let decision, AuditEvent.Decision(rawValue: decision) == nil {
            throw ValidationError("There is no decision «\(decision)». There are: allowed, denied, deferred.")
        }
        if all && limit.limit != nil { throw ValidationError("--all and --limit exclude each other.") }
    }

    func run() async throws {
        let printer = EventPrinter(json: output.json)
        try await state.connection().withAuditor { auditor in
            let listing = EventListing(auditor: auditor, filter: filter)
            let end = try await listing.print(newest: all ? nil : limit.limit ?? 1000, with: printer)
            guard follow else {
                if printer.count == 0 && !output.json { Output.remark("There are no such events.") }
                return
            }
            try await listing.follow(after: end, with: printer)
        }
    }

    var filter: ListEventsRequest {
        var request = ListEventsRequest()
        request.type = type
        request.label = label
        request.serial = serial
        request.source = source
        request.decision = decision
        request.name = name
        request.subject = subject
        request.text = text
        request.principal = principal
        request.since = since?.rfc3339
        request.until = until?.rfc3339
        return request
    }
}
