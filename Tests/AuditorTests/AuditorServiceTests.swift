internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import Logging
internal import Observability
internal import Testing

@testable internal import Auditor

/// The auditor's process as a whole, over real sockets.
@Suite struct AuditorServiceTests {
    let folder: TemporaryFolder
    let signerKey: CurveKeyPair
    let frontendKey: CurveKeyPair
    let auditorKey: CurveKeyPair

    init() throws {
        folder = try TemporaryFolder()
        signerKey = try CurveKeyPair.generate()
        frontendKey = try CurveKeyPair.generate()
        auditorKey = try CurveKeyPair.generate()
        try auditorKey.write(path: folder.file("curve.key"))
        let configuration = """
            endpoint: tcp://127.0.0.1:0
            signer-keys: ['\(signerKey.publicKey.z85)']
            """
        try Data(configuration.utf8).write(to: URL(fileURLWithPath: folder.file("configuration.yaml")))
    }

    /// Runs an auditor on the folder for as long as the body runs.
    private func withAuditor(_ body: (_ endpoint: String, _ system: ZeroMQActorSystem) async throws -> Void)
        async throws
    {
        let (endpoints, listening) = AsyncStream.makeStream(of: String.self)
        let service = AuditorService(
            configuration: try AuditorConfiguration.load(path: folder.file("configuration.yaml")),
            registry: MetricsRegistry(), logger: Logger(label: "test"), onListening: { listening.yield($0) })
        let running = Task {
            defer { listening.finish() }
            try await service.run()
        }
        let system = try ZeroMQActorSystem(logger: Logger(label: "test"))
        var thrown: (any Error)?
        do {
            var iterator = endpoints.makeAsyncIterator()
            try await body(try #require(await iterator.next()), system)
        } catch {
            thrown = error
        }
        await system.shutdown()
        running.cancel()
        await #expect(throws: (any Error).self) { try await running.value }
        if let thrown { throw thrown }
    }

    private func connect(
        _ system: ZeroMQActorSystem, _ endpoint: String, as key: CurveKeyPair, isAdmitted: Bool = true
    ) async throws -> AuditService {
        let connection = try await system.connect(
            ConnectionConfiguration(
                endpoint: endpoint, security: .curve(own: key, server: auditorKey.publicKey),
                callTimeout: .seconds(10)))
        #expect(await connection.waitUntilUp(for: isAdmitted ? .seconds(10) : .milliseconds(300)) == isAdmitted)
        return try AuditService.resolve(id: connection.address(of: "audit"), using: system)
    }

    private var nodes: UpdateNodesRequest {
        UpdateNodesRequest(nodes: [
            NodeDescription(
                name: "frontend-1", role: .frontend, publicKeys: [frontendKey.publicKey.z85], labels: nil, hosts: [],
                addedAt: 1)
        ])
    }

    @Test func theCallersKeyDecidesTheSource() async throws {
        let (signer, frontend) = (Source(name: "signer"), Source(name: "frontend-1"))
        try await withAuditor { endpoint, system in
            let fromSigner = try await connect(system, endpoint, as: signerKey)
            _ = try await fromSigner.updateNodes(nodes)
            #expect(try await fromSigner.append(signer.request(1...2)).logSize == 2)

            let fromFrontend = try await connect(system, endpoint, as: frontendKey)
            #expect(try await fromFrontend.append(frontend.request(1...1)).logSize == 3)
            #expect(try await fromFrontend.position(EventPositionRequest(run: "run-1")).acknowledgedSequence == 1)
            let impostor = try await #require(throws: ServiceError.self) {
                try await fromFrontend.append(signer.request(3...3))
            }
            #expect(impostor.code == .eventGap || impostor.code == .invalidEvent)
            let usurper = try await #require(throws: ServiceError.self) {
                try await fromFrontend.updateNodes(UpdateNodesRequest(nodes: []))
            }
            #expect(usurper.code == .notPermitted)
        }
    }

    @Test func aRestartKnowsTheFrontendsWithoutTheSigner() async throws {
        let frontend = Source(name: "frontend-1")
        try await withAuditor { endpoint, system in
            let signer = try await connect(system, endpoint, as: signerKey)
            _ = try await signer.updateNodes(nodes)
        }
        try await withAuditor { endpoint, system in
            let fromFrontend = try await connect(system, endpoint, as: frontendKey)
            #expect(try await fromFrontend.append(frontend.request(1...1)).logSize == 1)
        }
    }

    @Test func anUnknownKeyGetsNothing() async throws {
        try await withAuditor { endpoint, system in
            let audit = try await connect(system, endpoint, as: frontendKey, isAdmitted: false)
            await #expect(throws: ServiceError.self) { try await audit.position(EventPositionRequest(run: "run-1")) }
        }
    }

    @Test func endsWhereItsOperationsListenerCannotListen() async throws {
        let path = folder.file("configuration.yaml")
        let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
        try Data((text + "\noperations: {listen: '192.0.2.1:1'}\n").utf8).write(to: URL(fileURLWithPath: path))
        let service = AuditorService(
            configuration: try AuditorConfiguration.load(path: path), registry: MetricsRegistry(),
            logger: Logger(label: "test"))
        await #expect(throws: (any Error).self) { try await service.run() }
    }

    @Test func theOperatorSeesEventsAndStatus() async throws {
        let signer = Source(name: "signer")
        try await withAuditor { endpoint, system in
            let fromSigner = try await connect(system, endpoint, as: signerKey)
            _ = try await fromSigner.append(signer.request(1...3))
            let connection = try await system.connect(
                ConnectionConfiguration(endpoint: "ipc://\(folder.path)/admin/socket", security: .localUser))
            #expect(await connection.waitUntilUp(for: .seconds(10)))
            let administration = try AuditAdministrationService.resolve(
                id: connection.address(of: "auditadministration"), using: system)
            var request = ListEventsRequest()
            request.source = "signer"
            #expect(try await administration.events(request).lines == signer.request(1...3).lines)
            let status = try await administration.status(AuditorStatusRequest())
            #expect(status.logSize == 3)
            #expect(status.sources.map(\.name) == ["signer"])
        }
        let mode = try FileManager.default.attributesOfItem(atPath: folder.file("admin"))[.posixPermissions] as? Int
        #expect(mode == 0o700)
    }

    @Test func aSignerCannotNameAnotherSignerOrGiveAwayItsOwnName() throws {
        let peers = AuditorPeers(signerKeys: [signerKey.publicKey], logger: Logger(label: "test"))
        func node(_ name: String, _ role: NodeRole, _ key: CurveKeyPair) -> NodeDescription {
            NodeDescription(
                name: name, role: role, publicKeys: [key.publicKey.z85], labels: nil, hosts: [], addedAt: 1)
        }
        let allowed = peers.allowed(nodes: [
            node("signer-2", .signer, frontendKey), node("signer", .frontend, frontendKey),
            node("frontend-9", .frontend, signerKey), node("frontend-1", .frontend, frontendKey),
        ])
        #expect(allowed.map(\.name) == ["signer", "frontend-1"])
        #expect(allowed.map(\.role) == [.signer, .frontend])
    }
}
