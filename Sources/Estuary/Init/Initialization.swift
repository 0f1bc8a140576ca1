internal import ClusterTransport
internal import ConfigurationFile
internal import Foundation
internal import NodeSetup
internal import TransparencyLog

/// Makes a state directory: everything in it, or nothing.
///
/// It grows beside its place under another name and is renamed at the end, so every path in it is relative.
struct Initialization {
    let state: StateDirectory
    var listen = ListenAddress(host: "127.0.0.1", port: 8443)
    var frontends = 1
    /// Where the auditor's console listens; nil for the usual port, or a free one where that is taken.
    var console: ListenAddress?
    /// Host names and addresses of the frontends' certificates, beside `localhost` and where they listen.
    var hosts: [String] = []
    /// A file with the passphrase of the root key; the signer's `init` makes one up without it.
    var rootPassphraseFile: String?
    /// The organization in the CA's names; nil for the signer's own default.
    var organization: String?
    /// The `estuary-signer` program.
    let signerProgram: String

    static let maximumFrontends = 64
    static let standardConsole = ListenAddress(host: "127.0.0.1", port: 8480)

    /// Runs until one of the signals comes, which leaves nothing behind.
    func run(until signals: StopSignals) async throws {
        do {
            try await signals.cancelling { try await run() }
        } catch is CancellationError {
            throw Failure("Interrupted: nothing is made in \(state.path).")
        }
    }

    func run() async throws {
        guard state.isVacant else {
            throw Failure(
                "\(state.path) is not empty.",
                hint: state.exists
                    ? "A cluster is there already: `estuary up --state \(state.quoted)` starts it."
                    : "Choose another directory with --state, or remove this one.")
        }
        let growing = try Self.growingPath(of: state.path)
        try PrivateFolder.create(growing)
        do {
            try await fill(growing)
            try Task.checkCancellation()
            // Replaces an empty folder, and fails on one that has been filled meanwhile.
            guard rename(growing, state.path) == 0 else {
                throw Failure("\(state.path) can't be made: \(String(cString: strerror(errno))).")
            }
        } catch {
            try? FileManager.default.removeItem(atPath: growing)
            throw error
        }
    }

    /// Where frontend number `index`, counted from 0, listens.
    static func listen(_ first: ListenAddress, index: Int) -> ListenAddress {
        ListenAddress(host: first.host, port: first.port + index)
    }

    /// The names of the frontends' certificates.
    var certificateHosts: [String] {
        var all = ["localhost", "127.0.0.1", "::1"]
        for host in (listen.isEveryAddress ? [ProcessInfo.processInfo.hostName] : [listen.host]) + hosts
        where !all.contains(host) {
            all.append(host)
        }
        return all
    }

    private func fill(_ folder: String) async throws {
        let ports = try LoopbackPort.free(count: 4 + 2 * frontends, except: Set(listen.port..<listen.port + frontends))
        let addresses = (0..<frontends).map { index in
            listen.port == 0
                ? ListenAddress(host: listen.host, port: ports[3 + frontends + index])
                : Self.listen(listen, index: index)
        }
        let auditorEndpoint = "tcp://127.0.0.1:\(ports[1])"
        for name in ["signer", "auditor", "logs"] { try PrivateFolder.create(folder + "/" + name) }
        let signerKey = try Self.makeKey(in: folder + "/signer")
        let auditorKey = try Self.makeKey(in: folder + "/auditor")
        var facts = ClusterFacts(
            signerEndpoint: "tcp://127.0.0.1:\(ports[0])", signerKey: signerKey.z85, catalogueKey: "",
            auditorEndpoint: auditorEndpoint, auditorKey: auditorKey.z85)
        let names = (1...frontends).map { "frontend-\($0)" }
        let keys = try names.map { _ in try CurveKeyPair.generate() }
        let logKey = try NoteKeyFile.create(path: folder + "/auditor/log.key", for: .log).verifierKey
        facts.catalogueKey = try await makeSigner(
            in: folder, facts: facts, logKey: logKey, nodes: zip(names, keys).map { ($0, $1.publicKey.z85) }
        ).catalogueKey
        try PrivateFolder.write(
            ConfigurationTemplates.auditor(
                endpoint: auditorEndpoint, signerKey: signerKey.z85,
                operations: ListenAddress(host: "127.0.0.1", port: ports[2]),
                console: consoleAddress(free: ports[3 + 2 * frontends])),
            to: folder + "/auditor/configuration.yaml")
        for (index, name) in names.enumerated() {
            try NodeFolder.create(
                at: folder + "/" + name, name: name, key: keys[index], listen: addresses[index],
                operationsPort: ports[3 + index], facts: facts)
        }
        try PrivateFolder.write(facts.fileText, to: folder + "/cluster.yaml")
    }

    /// Whoever wants free ports for the devices wants one for the console, too.
    private func consoleAddress(free: Int) -> ListenAddress {
        if let console { return console.port == 0 ? ListenAddress(host: console.host, port: free) : console }
        let standard = Self.standardConsole
        return listen.port != 0 && LoopbackPort.isFree(host: standard.host, port: standard.port)
            ? standard : ListenAddress(host: standard.host, port: free)
    }

    static func makeKey(in folder: String) throws -> CurvePublicKey {
        let key = try CurveKeyPair.generate()
        try key.write(path: folder + "/curve.key")
        return key.publicKey
    }

    private func makeSigner(
        in folder: String, facts: ClusterFacts, logKey: NoteVerifierKey, nodes: [(name: String, key: String)]
    ) async throws -> SignerCeremony.Facts {
        var ceremony = SignerCeremony(
            program: signerProgram, directory: folder + "/signer", rootDirectory: folder + "/root",
            trustAnchor: folder + "/trust-anchor.pem", enrollmentSecret: folder + "/enrollment-secret",
            endpoint: facts.signerEndpoint, auditorEndpoint: facts.auditorEndpoint, auditorKey: facts.auditorKey,
            logKey: logKey.description)
        ceremony.nodes = nodes
        ceremony.hosts = certificateHosts
        ceremony.organization = organization
        ceremony.rootPassphraseFile = rootPassphraseFile
        return try await ceremony.perform()
    }

    /// A path beside the directory, under the same parent, so that it can be renamed.
    private static func growingPath(of path: String) throws -> String {
        let url = URL(fileURLWithPath: path)
        let parent = url.deletingLastPathComponent().path
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        return parent + "/." + url.lastPathComponent + ".\(UInt32.random(in: .min ... .max))"
    }
}
