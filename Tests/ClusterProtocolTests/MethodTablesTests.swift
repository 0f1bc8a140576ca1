internal import ClusterProtocol
internal import Foundation
internal import Logging
internal import Testing

@testable internal import ClusterTransport

/// Who may call what: every wire name, tried from every role.
@Suite struct MethodTablesTests {
    /// The methods of the protocol and their roles, written out once more: what the tables must agree with.
    private static let rolesByName: [String: Set<NodeRole>] = {
        var roles: [String: Set<NodeRole>] = [
            "audit.append": [.signer, .frontend], "audit.position": [.signer, .frontend], "audit.nodes": [.signer],
            "audit.witness": [.signer], "audit.events": [.signer],
        ]
        for name in [
            "enroll", "renewUrgently", "authenticate", "ping", "catalogue", "nodeCertificate", "revocationList",
            "certificateStatus",
        ] {
            roles["signing.\(name)"] = [.frontend]
        }
        roles["signing.join"] = [.invited]
        for name in [
            "createSecrets", "listSecrets", "revokeSecret", "reissueSecret", "listCertificates", "showCertificate",
            "revokeCertificate", "releaseName", "listDevices", "listApprovals", "decideApproval", "addNode",
            "listNodes", "removeNode", "reload", "status", "metrics", "addKeyEncryptionKey", "listKeyEncryptionKeys",
            "removeKeyEncryptionKey", "revokeNodeCertificates", "acceptLog",
            "removeSilentNodes", "createInvitation", "listInvitations", "revokeInvitation",
        ] {
            roles["administration.\(name)"] = [.operator]
        }
        for name in ["events", "status", "prune"] {
            roles["auditadministration.\(name)"] = [.operator]
        }
        return roles
    }()

    private static func everything(_ system: ZeroMQActorSystem) -> MethodTable {
        let backend = StubBackend()
        var table = MethodTable.signing(SigningService(backend: backend, actorSystem: system))
        table.add(.joining(JoiningService(backend: backend, actorSystem: system)))
        table.add(.audit(AuditService(backend: backend, actorSystem: system)))
        table.add(.administration(AdministrationService(backend: backend, actorSystem: system)))
        table.add(.auditAdministration(AuditAdministrationService(backend: backend, actorSystem: system)))
        return table
    }

    private static let lanes: [Lane] = {
        var lanes: [String: Lane] = [:]
        for lane in [Lane].signing() + .audit() + .administration() {
            lanes[lane.name] = lane
        }
        return Array(lanes.values)
    }()

    private func withSystems(_ body: (ZeroMQActorSystem, ZeroMQActorSystem) async throws -> Void) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = try ZeroMQActorSystem(logger: logger)
        let client = try ZeroMQActorSystem(logger: logger)
        var failure: (any Error)?
        do {
            try await body(server, client)
        } catch {
            failure = error
        }
        await client.shutdown()
        await server.shutdown()
        if let failure { throw failure }
    }

    /// The code that a call with an empty request ends with.
    private func code(of name: String, at connection: Connection) async throws -> ServiceError.Code {
        switch try await connection.core.call(method: name, body: CBOR.encode(Done())) {
        case .result: throw StubBackend.reached
        case .error(let body): return CallBody.decodeError(from: body).code
        }
    }

    private func expectRoles(_ role: NodeRole, at connection: Connection) async throws {
        try #require(await connection.waitUntilUp(for: .seconds(20)))
        for (name, roles) in Self.rolesByName {
            let code = try await code(of: name, at: connection)
            if roles.contains(role) {
                // Past the roles, an empty request is either what the method takes or not.
                let isServed = code == StubBackend.reached.code || code == .malformedMessage
                #expect(isServed, "\(role) calling \(name) ended in \(code.rawValue)")
            } else {
                #expect(code == .notPermitted, "\(role) calling \(name)")
            }
        }
        #expect(try await code(of: "administration.nothing", at: connection) == .unknownMethod)
    }

    @Test func tablesHoldTheWholeProtocol() async throws {
        try await withSystems { server, _ in
            let roles = Self.everything(server).methods.mapValues(\.roles)
            #expect(roles == Self.rolesByName)
        }
    }

    @Test func lanesOfEachServiceAreThere() async throws {
        try await withSystems { server, _ in
            let backend = StubBackend()
            let services: [(MethodTable, [Lane])] = [
                (.signing(SigningService(backend: backend, actorSystem: server)), .signing()),
                (.joining(JoiningService(backend: backend, actorSystem: server)), .signing()),
                (.audit(AuditService(backend: backend, actorSystem: server)), .audit()),
                (.administration(AdministrationService(backend: backend, actorSystem: server)), .administration()),
                (
                    .auditAdministration(AuditAdministrationService(backend: backend, actorSystem: server)),
                    .administration()
                ),
            ]
            for (table, lanes) in services {
                let wanted = Set(table.methods.values.map(\.lane))
                #expect(wanted.isSubset(of: lanes.map(\.name)))
            }
        }
    }

    @Test(arguments: [NodeRole.frontend, .signer, .auditor, .invited])
    func everyNameIsTriedWithTheKeyOf(role: NodeRole) async throws {
        try await withSystems { server, client in
            let serverKey = try CurveKeyPair.generate()
            let key = try CurveKeyPair.generate()
            server.allow([AllowedNode(name: "node", role: role, keys: [key.publicKey])])
            let endpoint = try await server.listen(
                ListenerConfiguration(endpoint: "tcp://127.0.0.1:0", security: .curve(serverKey), lanes: Self.lanes),
                methods: Self.everything(server))
            let connection = try await client.connect(
                ConnectionConfiguration(
                    endpoint: endpoint, security: .curve(own: key, server: serverKey.publicKey),
                    callTimeout: .seconds(30)))
            try await expectRoles(role, at: connection)
        }
    }

    @Test func everyNameIsTriedAsOperator() async throws {
        try await withSystems { server, client in
            let folder = "/tmp/estuary-test-\(UInt64.random(in: .min ... .max))"
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let endpoint = try await server.listen(
                ListenerConfiguration(endpoint: "ipc://\(folder)/socket", security: .localUser, lanes: Self.lanes),
                methods: Self.everything(server))
            let connection = try await client.connect(
                ConnectionConfiguration(endpoint: endpoint, security: .localUser, callTimeout: .seconds(30)))
            try await expectRoles(.operator, at: connection)
        }
    }

    /// Through the distributed actor itself, as a frontend calls the signer.
    @Test func actorsOfTheProtocolReachTheirBackend() async throws {
        try await withSystems { server, client in
            let serverKey = try CurveKeyPair.generate()
            let key = try CurveKeyPair.generate()
            server.allow([AllowedNode(name: "node", role: .frontend, keys: [key.publicKey])])
            let endpoint = try await server.listen(
                ListenerConfiguration(endpoint: "tcp://127.0.0.1:0", security: .curve(serverKey), lanes: .signing()),
                methods: .signing(SigningService(backend: StubBackend(), actorSystem: server)))
            let connection = try await client.connect(
                ConnectionConfiguration(
                    endpoint: endpoint, security: .curve(own: key, server: serverKey.publicKey)))
            try #require(await connection.waitUntilUp(for: .seconds(20)))
            let signing = try SigningService.resolve(id: connection.address(of: "signing"), using: client)
            await #expect(throws: StubBackend.reached) { try await signing.catalogue(CatalogueRequest()) }
            let administration = try AdministrationService.resolve(
                id: connection.address(of: "administration"), using: client)
            await #expect(throws: ServiceError(.unknownMethod, "")) {
                try await administration.listNodes(ListNodesRequest())
            }
        }
    }
}
