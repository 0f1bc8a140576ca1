internal import ClusterTransport
internal import ConfigurationFile
internal import ConsoleUsers
internal import Foundation
internal import NodeSetup
internal import TransparencyLog

/// Makes a cluster for processes that each have a host or a container of their own, in folders that may be volumes.
///
/// `DIR/signer` and `DIR/auditor` are the processes', `DIR/root` holds the root key, `DIR/public` what devices and
/// operators need, `DIR/secrets` what operators alone may read. Frontends join by invitation.
struct InPlaceInitialization {
    /// How a process is reached, and where it listens for that.
    struct Place {
        var endpoint: String
        var address: String
    }

    static let consoleUser = "operator"

    let state: StateDirectory
    let signerProgram: String
    var signer = Place(endpoint: "tcp://127.0.0.1:7601", address: "tcp://127.0.0.1:7601")
    var auditor = Place(endpoint: "tcp://127.0.0.1:7602", address: "tcp://127.0.0.1:7602")
    var auditorOperations = ListenAddress(host: "127.0.0.1", port: 9102)
    var console = Initialization.standardConsole
    var consoleHosts = ["localhost", "127.0.0.1"]
    /// The names of the frontends' certificates.
    var hosts = ["localhost", "127.0.0.1", "::1"]
    var invitation: InvitationPlan?
    var organization: String?
    var rootPassphraseFile: String?

    /// The first invitation.
    struct InvitationPlan {
        var path: String
        var uses: Int
        /// In seconds.
        var lifetime: Int64
    }

    var folders: FoldersInPlace {
        FoldersInPlace(
            folders: [
                .init(path: state.publicFolder, mode: 0o755), .init(path: state.signer), .init(path: state.auditor),
                .init(path: state.root), .init(path: state.secrets),
            ],
            files: invitation.map { [$0.path] } ?? [], marker: state.publicFolder + "/cluster.yaml",
            essentials: [state.signer + "/configuration.yaml", state.auditor + "/configuration.yaml"],
            traces: [state.signer + "/ledger.sqlite.lock", state.auditor + "/events.sqlite"])
    }

    /// Runs until one of the signals comes, which leaves nothing behind.
    func run(until signals: StopSignals) async throws {
        do {
            try await signals.cancelling { try await run() }
        } catch is CancellationError {
            throw Failure("Interrupted: nothing is made in \(state.path).")
        }
    }

    func run() async throws {
        if let invitation { try Self.makeFolder(of: invitation.path) }
        try await folders.fill { try await make() }
    }

    /// - Returns: the text of `cluster.yaml`.
    private func make() async throws -> String {
        let signerKey = try Initialization.makeKey(in: state.signer)
        let auditorKey = try Initialization.makeKey(in: state.auditor)
        let logKey = try NoteKeyFile.create(path: state.logKey, for: .log).verifierKey
        let invitationKey = try CurveKeyPair.generate()
        var ceremony = SignerCeremony(
            program: signerProgram, directory: state.signer, rootDirectory: state.root,
            trustAnchor: state.publicFolder + "/trust-anchor.pem",
            enrollmentSecret: state.secrets + "/enrollment-secret", endpoint: signer.endpoint,
            auditorEndpoint: auditor.address, auditorKey: auditorKey.z85, logKey: logKey.description)
        ceremony.organization = organization
        ceremony.rootPassphraseFile = rootPassphraseFile
        ceremony.rootPassphraseOutput = rootPassphraseFile == nil ? state.secrets + "/root-passphrase" : nil
        ceremony.invitation = invitation.map {
            .init(publicKey: invitationKey.publicKey.z85, uses: $0.uses, lifetime: $0.lifetime, hosts: hosts)
        }
        if !console.isLoopback { ceremony.console = (state.auditor, consoleHosts) }
        let outcome = try await ceremony.perform()
        let facts = ClusterFacts(
            signerEndpoint: signer.address, signerKey: signerKey.z85, catalogueKey: outcome.catalogueKey,
            auditorEndpoint: auditor.address, auditorKey: auditorKey.z85)
        if !console.isLoopback { try makeConsoleUser() }
        try PrivateFolder.write(
            ConfigurationTemplates.auditor(
                endpoint: auditor.endpoint, signerKey: signerKey.z85, operations: auditorOperations, console: console,
                consoleSignsIn: !console.isLoopback),
            to: state.auditor + "/configuration.yaml")
        if let invitation, let id = outcome.invitation {
            try NodeInvitation(id: id, key: invitationKey, facts: facts).write(to: invitation.path)
        }
        return facts.fileText
    }

    /// The first one who may sign in at the console.
    private func makeConsoleUser() throws {
        let password = ConsolePassword.generate()
        var users = try ConsoleUserFile(path: state.auditor + "/console-users")
        try users.set(
            .init(name: Self.consoleUser, role: "auditor", hash: try PasswordHash(password: password)))
        try users.write(to: state.auditor + "/console-users")
        try PrivateFolder.write(password + "\n", to: state.secrets + "/console-password")
    }

    /// The folder of a file that is written, which may be there.
    static func makeFolder(of path: String) throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw Failure("\(folder) can't be made: \(error.localizedDescription)")
        }
    }
}

extension ListenAddress {
    /// Whether only this machine reaches it.
    var isLoopback: Bool { ["127.0.0.1", "localhost", "::1"].contains(host) }
}
