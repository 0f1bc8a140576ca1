internal import ArgumentParser
internal import ClusterProtocol

/// `estuary device`
struct DeviceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "device", abstract: "See devices, as an operator; get certificates, as a device.",
        discussion: """
            `list` asks the cluster in --state. The others are a device's side of EST: they talk to any EST server over \
            the network, and need nothing else of a cluster.
            """,
        groupedSubcommands: [
            CommandGroup(name: "Operator", subcommands: [DeviceList.self]),
            CommandGroup(
                name: "On a device",
                subcommands: [
                    DeviceCACertificates.self, DeviceCSRAttributes.self, DeviceEnroll.self, DeviceReenroll.self,
                    DeviceRenew.self, DeviceServerKeyGeneration.self,
                ]),
        ])
}

/// `estuary device list`
struct DeviceList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List devices, each with all the certificates that it renewed, oldest first.",
        discussion: """
            `estuary device list --not-renewed --expires-within 14d` finds the devices that will fall out of the \
            fleet: their first certificate ends soon, and they have never renewed.
            """)

    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var limit: LimitOptions
    @Option(help: "Only those of this label.")
    var label: String?
    @Option(help: "Only those with this common name or subjectAltName, exactly.")
    var name: String?
    @Flag(help: "Only those that have not renewed since their first certificate.")
    var notRenewed = false
    @Option(help: ArgumentHelp("Only those whose newest certificate ends within: 36h, 14d.", valueName: "time"))
    var expiresWithin: Lifetime?
    @Option(help: "Only those whose newest certificate is of this authority, and valid: what has not yet moved on.")
    var authority: String?

    func run() async throws {
        let now = TimeText.now
        let listing = Listing<DeviceDescription>(
            json: output.json, limit: limit.limit,
            table: TextTable("DEVICE", "SUBJECT", "LABEL", "#VALID", "FIRST SEEN", "RENEWED", "EXPIRES", "STATE"),
            empty: "There are no such devices."
        ) { device, table in
            table.add(
                device.id, device.subject, device.label, String(device.certificates),
                TimeText.relative(device.firstSeen, now: now),
                device.hasRenewed ? TimeText.relative(device.lastRenewed, now: now) : "never",
                TimeText.relative(device.expires, now: now), device.blocked ? "blocked" : "")
        }
        try await state.connection().withSigner { signer in
            try await listing.print { cursor in
                try await signer.listDevices(
                    ListDevicesRequest(
                        label: label, name: name, expiresWithin: expiresWithin?.seconds, notRenewed: notRenewed,
                        authority: authority, cursor: cursor))
            }
        }
    }
}

extension DeviceDescription {
    /// Times are to the second: a device that renews within its first one has two certificates.
    fileprivate var hasRenewed: Bool {
        lastRenewed > firstSeen || certificates > 1
    }
}
