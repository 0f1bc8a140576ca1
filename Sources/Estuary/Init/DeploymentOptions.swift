internal import ArgumentParser
internal import ClusterTransport
internal import ConfigurationFile

/// How a cluster is made whose processes do not share one state directory.
struct DeploymentOptions: ParsableArguments {
    @Flag(help: "Fill DIR and its folders where they are, as volumes are mounted.")
    var inPlace = false
    @Flag(help: "Where it is initialised already, say so and end with status 0.")
    var ifNeeded = false
    @Option(
        help: ArgumentHelp(
            "Where the signer listens for frontends (default: tcp://127.0.0.1:7601).", valueName: "endpoint"))
    var signerEndpoint: String?
    @Option(help: ArgumentHelp("How frontends reach it, if otherwise: tcp://signer:7601.", valueName: "endpoint"))
    var signerAddress: String?
    @Option(
        help: ArgumentHelp(
            "Where the auditor listens for signer and frontends (default: tcp://127.0.0.1:7602).", valueName: "endpoint"
        ))
    var auditorEndpoint: String?
    @Option(help: ArgumentHelp("How they reach it, if otherwise: tcp://auditor:7602.", valueName: "endpoint"))
    var auditorAddress: String?
    @Option(
        help: ArgumentHelp(
            "The auditor's metrics, health and readiness (default: 127.0.0.1:9102).", valueName: "host:port"))
    var auditorOperations: ListenAddress?
    @Option(
        help: ArgumentHelp(
            "Names and addresses of the certificate of a console that is not on the loopback, separated by commas.",
            valueName: "names"))
    var consoleHosts: CommaSeparated?
    @Option(
        help: ArgumentHelp("Write an invitation to this new file, by which frontends join.", valueName: "file"))
    var invitation: String?
    @Option(help: ArgumentHelp("How many may join by it (default: 20).", valueName: "count"))
    var invitationUses: Int?
    @Option(help: ArgumentHelp("How long it is good (default: 365d).", valueName: "duration"))
    var invitationTtl: Lifetime?
    @Option(help: ArgumentHelp("The organization (O) in the CA's names (default: Estuary).", valueName: "name"))
    var organization: String?

    var invitationPlan: InPlaceInitialization.InvitationPlan? {
        invitation.map {
            .init(path: $0, uses: invitationUses ?? 20, lifetime: invitationTtl?.seconds ?? 365 * 86_400)
        }
    }

    func signer() throws -> InPlaceInitialization.Place? {
        try Self.place(signerEndpoint, signerAddress, names: ("--signer-endpoint", "--signer-address"))
    }

    func auditor() throws -> InPlaceInitialization.Place? {
        try Self.place(auditorEndpoint, auditorAddress, names: ("--auditor-endpoint", "--auditor-address"))
    }

    func check(inPlace: Bool, role: RoleOptions.Role?) throws {
        let only = "goes with --in-place."
        if !inPlace {
            for (name, isThere) in [
                ("--signer-endpoint", signerEndpoint != nil), ("--signer-address", signerAddress != nil),
                ("--auditor-endpoint", auditorEndpoint != nil), ("--auditor-address", auditorAddress != nil),
                ("--console-hosts", consoleHosts != nil),
            ] where isThere {
                throw ValidationError("\(name) \(only)")
            }
            guard auditorOperations == nil || role == .auditor else {
                throw ValidationError("--auditor-operations goes with --in-place or --role auditor.")
            }
            guard invitation == nil || role == .signer else {
                throw ValidationError("--invitation goes with --in-place or --role signer.")
            }
        }
        guard invitation != nil || (invitationUses == nil && invitationTtl == nil) else {
            throw ValidationError("--invitation-uses and --invitation-ttl go with --invitation.")
        }
        guard (1...300).contains(invitationUses ?? 1) else {
            throw ValidationError("--invitation-uses takes a number from 1 to 300.")
        }
        _ = try (signer(), auditor())
    }

    /// - Throws: `ValidationError` that names the option.
    static func place(
        _ endpoint: String?, _ address: String?, names: (endpoint: String, address: String)
    ) throws -> InPlaceInitialization.Place? {
        guard let endpoint else {
            guard address == nil else { throw ValidationError("\(names.address) goes with \(names.endpoint).") }
            return nil
        }
        guard Endpoint.isEndpoint(endpoint) else {
            throw ValidationError("\(names.endpoint) takes tcp://host:port, such as tcp://0.0.0.0:7601.")
        }
        guard Endpoint.isAddress(address ?? endpoint) else {
            throw ValidationError(
                "\(names.address) takes tcp://host:port as others reach it; it is needed where \(names.endpoint) is every"
                    + " address of the machine.")
        }
        return .init(endpoint: endpoint, address: address ?? endpoint)
    }
}

/// One process on a host of its own.
struct RoleOptions: ParsableArguments {
    enum Role: String, ExpressibleByArgument, CaseIterable {
        case auditor
        case signer
    }

    @Option(help: ArgumentHelp("What is made on this host: auditor or signer.", valueName: "role"))
    var role: Role?
    @Option(help: ArgumentHelp("This host's state directory.", valueName: "dir"))
    var directory: String?
    @Option(help: ArgumentHelp("With --role signer: where the encrypted root key goes.", valueName: "dir"))
    var rootDirectory: String?
    @Option(help: ArgumentHelp("Where it listens: tcp://0.0.0.0:7602.", valueName: "endpoint"))
    var endpoint: String?
    @Option(help: ArgumentHelp("How others reach it, if otherwise: tcp://auditor.example:7602.", valueName: "endpoint"))
    var address: String?
    @Option(help: ArgumentHelp("With --role signer: the auditor's card.", valueName: "file"))
    var auditor: String?
    @Option(
        help: ArgumentHelp(
            "With --role auditor: the signer's card, which completes an auditor that was made before.",
            valueName: "file"))
    var signer: String?

    func state() throws -> StateDirectory {
        try StateDirectory(directory ?? "")
    }

    func place() throws -> InPlaceInitialization.Place {
        guard let place = try DeploymentOptions.place(endpoint, address, names: ("--endpoint", "--address")) else {
            throw ValidationError("--role needs --endpoint, where it listens: tcp://0.0.0.0:7602.")
        }
        return place
    }

    func check() throws {
        guard role != nil else {
            guard directory == nil, rootDirectory == nil, endpoint == nil, address == nil, auditor == nil, signer == nil
            else {
                throw ValidationError(
                    "--directory, --root-directory, --endpoint, --address, --auditor and --signer go with --role.")
            }
            return
        }
        guard directory != nil else { throw ValidationError("--role needs --directory.") }
        switch role {
        case .signer:
            guard rootDirectory != nil, auditor != nil, signer == nil else {
                throw ValidationError("--role signer needs --root-directory and --auditor CARD, and takes no --signer.")
            }
            _ = try place()
        default:
            guard rootDirectory == nil, auditor == nil else {
                throw ValidationError("--root-directory and --auditor go with --role signer.")
            }
            guard signer == nil || (endpoint == nil && address == nil) else {
                throw ValidationError(
                    "--signer completes an auditor that was made before: leave --endpoint and --address out.")
            }
            if signer == nil { _ = try place() }
        }
    }
}

extension ListenAddress: ExpressibleByArgument {
    init?(argument: String) {
        self.init(argument)
    }
}
