internal import ArgumentParser
internal import ClusterTransport
internal import Foundation
internal import Signer

/// `estuary-signer init`
struct Initialize: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a signer's folder: root and issuing CA, keys, ledger, configuration. «estuary init» calls it.",
        discussion: "Prints one JSON object with the keys that the other processes' configurations need.")

    @Option(help: "The signer's folder.")
    var directory: String

    @Option(help: "Where the encrypted root key goes.")
    var rootDirectory: String

    @Option(help: "Where the root certificate goes, for devices.")
    var trustAnchor: String

    @Option(help: "Where the first enrollment secret goes (mode 0600).")
    var enrollmentSecret: String

    @Option(help: "Where frontends connect, such as tcp://127.0.0.1:7601.")
    var endpoint: String

    @Option(help: "Where the auditor listens.")
    var auditorEndpoint: String

    @Option(help: "The auditor's CURVE public key in Z85.")
    var auditorKey: String

    @Option(help: "The public key of the auditor's log: name+hash+base64.")
    var logKey: String

    @Option(help: "A node to admit: name=frontend-1,role=frontend,key=Z85,hosts=localhost+127.0.0.1")
    var node: [String] = []

    @Option(help: "The organization (O) in the CA's names.")
    var organization = "Estuary"

    @Option(help: "A file (mode 0600) whose first line encrypts the root key. Without it a passphrase is made.")
    var rootPassphraseFile: String?

    @Option(help: "Where a passphrase that is made goes. Without it: beside the root's folder, with -passphrase.")
    var rootPassphraseOutput: String?

    @Option(help: "An invitation for nodes: key=Z85,uses=100,lifetime=2592000,hosts=localhost+127.0.0.1")
    var invitation: String?

    @Option(help: "The auditor's folder, where a TLS key and certificate for its console go.")
    var consoleDirectory: String?

    @Option(help: "The console's host names and addresses: localhost+127.0.0.1")
    var consoleHosts: String?

    func run() async throws {
        _ = HardenedProcess.apply()
        var initialization = SignerInitialization(
            directory: directory, rootDirectory: rootDirectory, trustAnchor: trustAnchor,
            enrollmentSecret: enrollmentSecret, endpoint: endpoint, auditorEndpoint: auditorEndpoint,
            auditorKey: auditorKey, logKey: logKey, nodes: try node.map(parse), organization: organization,
            rootPassphrase: try rootPassphraseFile.map(SignerInitialization.passphrase(path:)))
        initialization.rootPassphraseOutput = rootPassphraseOutput
        initialization.invitation = try invitation.map(parseInvitation)
        if let consoleDirectory {
            initialization.console = .init(
                directory: consoleDirectory, hosts: consoleHosts?.split(separator: "+").map(String.init) ?? [])
        }
        let outcome = try await initialization.perform()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        print(String(decoding: try encoder.encode(outcome), as: UTF8.self))
    }

    private func fields(_ text: String, of option: String) throws -> [String: String] {
        var fields: [String: String] = [:]
        // A CURVE key in Z85 may hold any of the separators but the comma.
        for field in text.split(separator: ",") {
            let parts = field.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else {
                throw ValidationError("\(option) takes name=value,name=value,…, not «\(field)»")
            }
            fields[String(parts[0])] = String(parts[1])
        }
        return fields
    }

    private func parseInvitation(_ text: String) throws -> SignerInitialization.Invitation {
        let fields = try fields(text, of: "--invitation")
        guard let key = fields["key"], let uses = fields["uses"].flatMap({ Int($0) }),
            let lifetime = fields["lifetime"].flatMap({ Int64($0) }), let hosts = fields["hosts"]
        else {
            throw ValidationError("--invitation needs key, uses, lifetime and hosts")
        }
        return .init(
            publicKey: key, uses: uses, lifetime: lifetime, hosts: hosts.split(separator: "+").map(String.init))
    }

    private func parse(_ text: String) throws -> SignerInitialization.Node {
        let fields = try fields(text, of: "--node")
        guard let name = fields["name"], let role = fields["role"].flatMap(NodeRole.init(rawValue:)),
            let key = fields["key"], role == .frontend || role == .auditor
        else {
            throw ValidationError("--node needs name, role (frontend or auditor) and key")
        }
        return .init(
            name: name, role: role, key: key, hosts: fields["hosts"]?.split(separator: "+").map(String.init) ?? [])
    }
}
