internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import Logging
internal import TransparencyLog

/// A real signer in a folder of its own, with this process as its only frontend and no auditor.
final class SignerAlone {
    let folder: String
    private let key: CurveKeyPair
    private let facts: Facts
    private let endpoint: String
    private var process: ServerProcess?

    private struct Facts: Decodable {
        var signerKey: String
    }

    /// Makes the signer's folder; ``start()`` runs it.
    init(folder: String) async throws {
        self.folder = folder
        key = try CurveKeyPair.generate()
        let ports = try FreePort.find(count: 2)
        endpoint = "tcp://127.0.0.1:\(ports[0])"
        let output = folder + "/init.json"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let initialization = try ServerProcess(
            Programs.path("estuary-signer"),
            [
                "init", "--directory", folder + "/signer", "--root-directory", folder + "/root",
                "--trust-anchor", folder + "/trust-anchor.pem", "--enrollment-secret", folder + "/enrollment-secret",
                "--endpoint", endpoint, "--auditor-endpoint", "tcp://127.0.0.1:\(ports[1])",
                "--auditor-key=" + (try CurveKeyPair.generate().publicKey.z85),
                "--log-key=\(try NoteSigner(newKeyOf: "bench", type: .ed25519).verifierKey)",
                "--node=name=bench,role=frontend,key=\(key.publicKey.z85),hosts=localhost",
            ], log: output)
        try await initialization.end(within: .seconds(30))
        try SignerLimits.lift(in: folder)
        facts = try JSONDecoder().decode(Facts.self, from: try Data(contentsOf: URL(fileURLWithPath: output)))
    }

    var ledger: String { folder + "/signer/ledger.sqlite" }

    /// The running signer's process number.
    var identifier: pid_t { process?.identifier ?? 0 }

    func start() throws {
        process = try ServerProcess(
            Programs.path("estuary-signer"),
            ["serve", "--configuration", folder + "/signer/configuration.yaml", "--supervised"],
            log: folder + "/signer.log")
    }

    func stop() async throws {
        try await process?.stop()
        process = nil
    }

    /// The way to the signer's service for frontends, as a frontend has it.
    func connect(_ system: ZeroMQActorSystem, inFlight: Int) async throws -> SigningService {
        let connection = try await system.connect(
            ConnectionConfiguration(
                endpoint: endpoint,
                security: .curve(own: key, server: try CurvePublicKey(z85: facts.signerKey)),
                maximumInFlight: inFlight, callTimeout: .seconds(30)))
        guard await connection.waitUntilUp(for: .seconds(20)) else {
            let said = (try? String(contentsOfFile: folder + "/signer.log", encoding: .utf8)) ?? ""
            throw BenchFailure("The signer does not come up. It said:\n\(said.suffix(2000))")
        }
        return try SigningService.resolve(id: connection.address(of: "signing"), using: system)
    }

    /// The way to the signer's service for operators.
    func administration(_ system: ZeroMQActorSystem) async throws -> AdministrationService {
        try await Administration.connect(system, socket: folder + "/signer/admin/socket")
    }
}

/// The way to a signer's local socket.
enum Administration {
    static func connect(_ system: ZeroMQActorSystem, socket: String) async throws -> AdministrationService {
        let connection = try await system.connect(
            ConnectionConfiguration(endpoint: "ipc://" + socket, security: .localUser, maximumInFlight: 4))
        guard await connection.waitUntilUp(for: .seconds(20)) else {
            throw BenchFailure("The signer's local socket can't be reached.")
        }
        return try AdministrationService.resolve(id: connection.address(of: "administration"), using: system)
    }
}
