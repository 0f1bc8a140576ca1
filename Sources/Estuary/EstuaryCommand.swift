internal import ArgumentParser
internal import Observability

/// `estuary`: the command for the people who run a cluster.
@main
struct EstuaryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "estuary",
        abstract: "Enrolls device fleets over EST (RFC 7030).",
        discussion: """
            `estuary up` starts a whole cluster on this machine: signer, auditor and frontends. The other commands \
            talk to a running cluster through the sockets in its state directory, so they run on the same machine as \
            the signer, as the same user or as root.

            Every command that shows facts takes --json: one JSON object a line. Times are then in seconds since 1970.
            """,
        version: EstuaryVersion.current,
        groupedSubcommands: [
            CommandGroup(
                name: "Cluster",
                subcommands: [Up.self, Init.self, Status.self, Reload.self, NodeCommand.self, CACommand.self]),
            CommandGroup(
                name: "Devices",
                subcommands: [
                    TokenCommand.self, DeviceCommand.self, CertificateCommand.self, NameCommand.self,
                    ApprovalCommand.self, KeyEncryptionKeyCommand.self,
                ]),
            CommandGroup(name: "Measurements", subcommands: [FleetCommand.self]),
            CommandGroup(name: "Record", subcommands: [AuditCommand.self, BackupCommand.self, RestoreCommand.self]),
        ])
}
