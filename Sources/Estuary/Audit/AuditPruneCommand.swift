internal import ArgumentParser
internal import ClusterProtocol
internal import LogVerification
internal import TransparencyLog

/// `estuary audit prune`
struct AuditPruneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Take old events out of the auditor's store, once they are exported.",
        discussion: """
            Only events that the folder has, that verify there, and that are the auditor's own go, in whole bundles of \
            256. The hashes stay: the log verifies as before, and with --archive its pruned events do, too. That they \
            went is an event. The file does not become smaller; its room is used again.
            """)

    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "Only events before: 2026-01-31T12:00:00Z, 2026-01-31, or so long ago: 2h, 365d.")
    var before: TimeArgument
    @Option(help: ArgumentHelp("The folder that `estuary audit export` made.", valueName: "folder"))
    var archive: String
    @Option(help: ArgumentHelp("The log's public key (default: the key in the state directory).", valueName: "key"))
    var key: String?

    private struct Object: Encodable {
        var pruned: Int64
        var newlyPruned: Int64
        var logSize: Int64
    }

    func run() async throws {
        let key = try LogOptions.key(key ?? state.directory().logKey + ".pub")
        let folder = TileFolder(path: archive)
        do {
            let report = try await TiledVerification.run(folder, VerificationOptions(key: key))
            guard report.isClean, report.pruned == 0, let size = report.checkpoint?.size else {
                try VerificationOutput(report: report, options: VerificationOptions(key: key)).print(json: false)
                throw Failure(
                    "\(archive) is no whole export of this log: nothing is pruned.",
                    hint: "Make one with `estuary audit export`.")
            }
            let before = before.secondsSince1970
            let (former, reply) = try await state.connection().withAuditor { auditor in
                let status = try await auditor.status(AuditorStatusRequest())
                let prunable = try PrunableEvents(
                    in: folder, size: size, before: before, after: status.pruned,
                    step: PruneEventsRequest.maximumCount)
                var reply = PruneEventsReply(pruned: status.pruned, logSize: status.logSize)
                for (through, root) in prunable.steps {
                    reply = try await auditor.prune(PruneEventsRequest(through: through, root: root.base64))
                }
                return (status.pruned, reply)
            }
            if output.json {
                try Output.json(
                    Object(pruned: reply.pruned, newlyPruned: reply.pruned - former, logSize: reply.logSize))
            } else {
                try Output.line(
                    "\(reply.pruned - former) events were pruned. Of \(reply.logSize) events the first \(reply.pruned)"
                        + " are only in \(archive) now.")
            }
        } catch let error as VerificationError {
            throw Failure(error.description)
        }
    }
}
