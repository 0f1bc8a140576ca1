internal import ClusterProtocol
internal import ClusterTransport
package import ConfigurationFile
internal import DurableFiles
internal import Foundation
internal import Logging
internal import NodeSetup

/// Makes a node of this host by an invitation: its own CURVE key, the signer's consent, and last its configuration.
///
/// What is interrupted is taken up by the next run: key and name are kept, and the signer answers the same again.
package struct NodeJoin: Sendable {
    /// What the new node is to be like.
    package struct Options: Sendable {
        /// nil for one that is made of the host's name.
        package var name: String?
        package var listen = ListenAddress(host: "0.0.0.0", port: 8443)
        package var operations = ListenAddress(host: "127.0.0.1", port: 9101)
        package var plainHTTP: ListenAddress?
        /// Addresses and networks of load balancers that send the PROXY protocol.
        package var proxies: [String] = []
        /// Further names of its certificate, which the invitation has to allow.
        package var hosts: [String] = []

        package init() {}
    }

    private static let attempts = 5

    package let invitation: String
    /// Written last; the node's other files are beside it.
    package let configuration: String
    package let options: Options
    /// How long the signer may take to be there.
    package var patience = Duration.seconds(60)

    package init(invitation: String, configuration: String, options: Options) {
        self.invitation = invitation
        self.configuration = configuration
        self.options = options
    }

    package var hasJoined: Bool {
        FileManager.default.fileExists(atPath: configuration)
    }

    /// - Returns: the node's name.
    /// - Throws: ``JoinFailure``, or what a file or the invitation is wrong with.
    package func run() async throws -> String {
        guard !hasJoined else {
            throw JoinFailure("\(configuration) is there: this node has joined already.")
        }
        let invitation = try NodeInvitation.load(path: invitation)
        try makeFolder()
        let name = try chooseName()
        let text = try configurationText(name, invitation.facts)
        let key = try curveKey()
        try DurableFile.replace(path: nameFile, contents: Data((name + "\n").utf8), mode: 0o600)
        let node = try await ask(
            JoinRequest(name: name, publicKey: key.publicKey.z85, hosts: options.hosts), by: invitation)
        try DurableFile.create(path: configuration, contents: Data(text.utf8), mode: 0o600)
        // What stays behind is of no use any more, and no harm.
        unlink(nameFile)
        return node.name
    }

    private var folder: String {
        URL(fileURLWithPath: configuration).deletingLastPathComponent().path
    }

    /// Under which name this folder's key has been sent to the signer: a restarted container has another host name.
    private var nameFile: String { folder + "/joining-as" }

    private func makeFolder() throws {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw JoinFailure("\(folder) can't be made: \(error.localizedDescription)")
        }
    }

    private func chooseName() throws -> String {
        var host = [CChar](repeating: 0, count: 256)
        gethostname(&host, host.count - 1)
        let made = NodeName.frontend(
            host: String(decoding: host.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
        let kept = (try? String(contentsOfFile: nameFile, encoding: .utf8))?.trimmingCharacters(in: .newlines)
        let name = options.name ?? kept ?? made
        guard NodeName.isValid(name) else {
            throw JoinFailure("A node's name has from 1 to 64 lower-case letters, digits and hyphens, not «\(name)».")
        }
        return name
    }

    /// The text, read as the frontend will read it: whatever is wrong with the options is said before the signer is asked.
    private func configurationText(_ name: String, _ facts: ClusterFacts) throws -> String {
        var text = FrontendConfigurationText(
            name: name, listen: options.listen, operations: options.operations, facts: facts)
        text.plainHTTP = options.plainHTTP
        text.proxies = options.proxies
        _ = try FrontendConfiguration.read(
            ConfigurationReader(file: configuration, contents: Array(text.text.utf8)))
        return text.text
    }

    private func curveKey() throws -> CurveKeyPair {
        let path = folder + "/curve.key"
        guard !FileManager.default.fileExists(atPath: path) else { return try CurveKeyPair.load(path: path) }
        // The public half of one that was interrupted.
        unlink(path + ".pub")
        let key = try CurveKeyPair.generate()
        try key.write(path: path)
        return key
    }

    private func ask(_ request: JoinRequest, by invitation: NodeInvitation) async throws -> NodeDescription {
        let system = try ZeroMQActorSystem(logger: Logger(label: "join") { _ in SwiftLogNoOpLogHandler() })
        let outcome: Result<NodeDescription, any Error>
        do {
            let connection = try await system.connect(
                ConnectionConfiguration(
                    endpoint: invitation.facts.signerEndpoint,
                    security: .curve(own: invitation.key, server: try CurvePublicKey(z85: invitation.facts.signerKey)),
                    maximumInFlight: 1))
            let service = try JoiningService.resolve(id: connection.address(of: "signing"), using: system)
            outcome = .success(try await ask(request, service, connection, invitation))
        } catch let error as ServiceError {
            outcome = .failure(JoinFailure(error.message))
        } catch {
            outcome = .failure(error)
        }
        await system.shutdown()
        return try outcome.get()
    }

    /// Asks until there is an answer, a few times at most: the same request is harmless.
    private func ask(
        _ request: JoinRequest, _ service: JoiningService, _ connection: Connection, _ invitation: NodeInvitation
    ) async throws -> NodeDescription {
        let end = ContinuousClock.now + patience
        var last: ServiceError?
        for _ in 0..<Self.attempts {
            guard await connection.waitUntilUp(for: max(.zero, end - .now)) else { break }
            do {
                return try await service.join(request)
            } catch let error as ServiceError
                where [.unreachable, .deadlineExceeded, .overloaded, .shuttingDown].contains(error.code)
            {
                last = error
                try await Task.sleep(for: .seconds(1))
            }
        }
        if let last { throw last }
        throw JoinFailure(
            "The signer does not answer at \(invitation.facts.signerEndpoint). It is not running or can't be reached from"
                + " here; or it does not know the invitation «\(invitation.id)»: see `estuary node invitations`.")
    }
}

/// Why this host did not become a node, in a sentence.
package struct JoinFailure: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
