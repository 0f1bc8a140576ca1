internal import ConfigurationFile
internal import Foundation

/// What `estuary up` reads from a state directory: who is to run, and where the frontends listen.
struct InstalledCluster {
    struct Frontend: Equatable {
        var name: String
        var listen: ListenAddress
        var operations: ListenAddress
    }

    let state: StateDirectory
    let frontends: [Frontend]
    /// Where the auditor's console listens; nil where the auditor has none, or on a port that the system chooses.
    let console: ListenAddress?
    let consoleHasTLS: Bool

    /// - Throws: ``Failure`` where something is missing or can't be read.
    init(_ state: StateDirectory) throws {
        self.state = state
        guard state.exists else {
            throw Failure(
                "There is no cluster in \(state.path), and it is not empty.",
                hint: "Choose another directory with --state, or remove this one.")
        }
        frontends = try state.frontendNames().map { name in
            do {
                let root = try ConfigurationReader.load(path: state.frontend(name) + "/configuration.yaml")
                guard let operations = try root.mapping("operations") else {
                    throw root.error("operations", "`estuary up` needs operations.listen to see when it is ready")
                }
                return Frontend(
                    name: name, listen: try ListenAddress.parse(try root.string("listen")),
                    operations: try ListenAddress.parse(try operations.string("listen")))
            } catch let error as ConfigurationError {
                throw Failure(error.description)
            }
        }
        do {
            let console = try ConfigurationReader.load(path: state.file("auditor") + "/configuration.yaml")
                .mapping("console")
            let address = try console?.optionalString("listen").map(ListenAddress.parse)
            self.console = address?.port == 0 ? nil : address
            consoleHasTLS = console?.contains("tls") ?? false
        } catch let error as ConfigurationError {
            throw Failure(error.description)
        }
        guard !frontends.isEmpty else {
            throw Failure(
                "\(state.path) has no frontend.",
                hint: "Add one with: estuary node add frontend-1 --hosts localhost --directory "
                    + ShellText.quoted(state.frontend("frontend-1")))
        }
    }

    /// Refuses options that say something else than the cluster's configuration files.
    func check(_ options: ClusterOptions) throws {
        if let wanted = try options.listen.map(ListenAddress.parse), wanted.port != 0, wanted != frontends[0].listen {
            throw Failure(
                "The cluster in \(state.path) was made to listen at \(frontends[0].listen), not at \(wanted).",
                hint:
                    "Change `listen` in \(state.frontend(frontends[0].name))/configuration.yaml, or leave --listen out."
            )
        }
        if let wanted = options.frontends, wanted != frontends.count {
            throw Failure(
                "The cluster in \(state.path) has \(frontends.count) frontends, not \(wanted).",
                hint: "Leave --frontends out, and see `estuary node add --help`.")
        }
        if let wanted = options.console.flatMap({ ListenAddress($0) }), wanted.port != 0, wanted != console {
            throw Failure(
                "The console of the cluster in \(state.path) listens at \(console?.description ?? "no address"), not at \(wanted).",
                hint: "Change `console.listen` in \(state.file("auditor"))/configuration.yaml, or leave --console out.")
        }
        guard options.hosts == nil, options.rootPassphraseFile == nil else {
            throw Failure(
                "--hosts and --root-passphrase-file are for a new cluster, and \(state.path) has one.",
                hint: "Leave them out.")
        }
    }

    /// Says early, and in one sentence, what would otherwise be a frontend that never gets ready.
    func checkPorts() throws {
        for frontend in frontends where !LoopbackPort.isFree(host: frontend.listen.host, port: frontend.listen.port) {
            throw Failure(
                "\(frontend.name) is to listen at \(frontend.listen), and this machine does not let it: the port is taken,"
                    + " or the address is not its own.",
                hint:
                    "Change `listen` in \(state.frontend(frontend.name))/configuration.yaml, or stop the other program."
            )
        }
        if let console, !LoopbackPort.isFree(host: console.host, port: console.port) {
            throw Failure(
                "The console is to listen at \(console), and this machine does not let it: the port is taken, or the"
                    + " address is not its own.",
                hint:
                    "Change `console.listen` in \(state.file("auditor"))/configuration.yaml, or stop the other program."
            )
        }
    }

    /// For a browser; nil where there is no console whose port is known.
    var consoleURL: String? {
        console.map { address in
            let host = address.isEveryAddress ? "localhost" : address.host
            return "\(consoleHasTLS ? "https" : "http")://\(ListenAddress(host: host, port: address.port))/"
        }
    }

    /// The processes, in the order in which they end.
    func stages() throws -> [[Supervisor.Program]] {
        func program(_ name: String, _ executable: String) throws -> Supervisor.Program {
            Supervisor.Program(
                name: name, path: try Programs.path(executable),
                arguments: ["serve", "--configuration", state.file(name) + "/configuration.yaml", "--supervised"])
        }
        return [
            try frontends.map { try program($0.name, "estuary-frontend") },
            [try program("signer", "estuary-signer")],
            [try program("auditor", "estuary-auditor")],
        ]
    }

    /// The first secret is good for a day from the directory's making.
    var isFirstSecretFresh: Bool {
        let attributes = try? FileManager.default.attributesOfItem(atPath: state.enrollmentSecret)
        guard let written = attributes?[.modificationDate] as? Date else { return false }
        return Date().timeIntervalSince(written) < 23 * 3600
    }
}
