internal import Foundation
internal import Testing

@testable internal import ClusterTransport

@Suite struct LocalSocketTests {
    private let call = RawPeer.frame(EchoRequest(text: "intruder"))

    private func listen(_ cluster: TestCluster, at endpoint: String) async throws {
        try await cluster.server.listen(
            ListenerConfiguration(endpoint: endpoint, security: .localUser, lanes: TestCluster.lanes),
            methods: .test(TestService(backend: cluster.backend, actorSystem: cluster.server)))
    }

    private func mode(of path: String) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    @Test func ownerIsTheOperatorNamedByUserID() async throws {
        try await withTemporaryFolder { folder in
            try await TestCluster.run { cluster in
                let endpoint = "ipc://\(folder)/admin/socket"
                try await listen(cluster, at: endpoint)
                #expect(try mode(of: folder + "/admin") == 0o700)
                #expect(try mode(of: folder + "/admin/socket") == 0o600)
                let connection = try await cluster.connect(
                    ConnectionConfiguration(endpoint: endpoint, security: .localUser))
                let service = try cluster.service(at: connection)
                #expect(try await service.touch(TouchRequest()).peer == "operator:\(geteuid())")
            }
        }
    }

    @Test func folderThatOthersCanEnterIsRefused() async throws {
        try await withTemporaryFolder { folder in
            try await TestCluster.run { cluster in
                #expect(chmod(folder, 0o755) == 0)
                await #expect(throws: TransportError(.localSocket, "")) {
                    try await listen(cluster, at: "ipc://\(folder)/socket")
                }
            }
        }
    }

    @Test func longPathIsRefusedWithHint() async throws {
        try await withTemporaryFolder { folder in
            try await TestCluster.run { cluster in
                let path = folder + "/" + String(repeating: "s", count: 90 - folder.utf8.count - 1)
                #expect(path.utf8.count == 90)
                try await listen(cluster, at: "ipc://\(path)")
                let error = await #expect(throws: TransportError.self) {
                    try await listen(cluster, at: "ipc://\(path)x")
                }
                #expect(error?.code == .localSocket)
                #expect(error?.message.contains("shorter") == true)
                await #expect(throws: TransportError(.localSocket, "")) {
                    try await cluster.client.connect(
                        ConnectionConfiguration(endpoint: "ipc://\(path)x", security: .localUser))
                }
            }
        }
    }

    @Test func curveIsRefusedAtLocalSocket() async throws {
        try await withTemporaryFolder { folder in
            try await TestCluster.run { cluster in
                let endpoint = "ipc://\(folder)/socket"
                try await listen(cluster, at: endpoint)
                let peer = try RawPeer(
                    endpoint: endpoint, security: .curve(own: cluster.clientKey, server: cluster.serverKey.publicKey))
                defer { peer.close() }
                peer.send([call])
                #expect(try await peer.receive(within: .milliseconds(500)) == nil)
                #expect(await cluster.backend.received.isEmpty)
                // Nor does this side offer it.
                await #expect(throws: TransportError(.endpoint, "")) {
                    try await cluster.client.connect(cluster.configuration(endpoint: endpoint))
                }
                await #expect(throws: TransportError(.endpoint, "")) {
                    try await cluster.server.listen(
                        ListenerConfiguration(
                            endpoint: endpoint, security: .curve(cluster.serverKey), lanes: TestCluster.lanes),
                        methods: MethodTable())
                }
            }
        }
    }

    @Test func localUserIsRefusedOverTCP() async throws {
        try await TestCluster.run { cluster in
            await #expect(throws: TransportError(.endpoint, "")) { try await listen(cluster, at: "tcp://127.0.0.1:0") }
            await #expect(throws: TransportError(.endpoint, "")) {
                try await cluster.client.connect(
                    ConnectionConfiguration(endpoint: cluster.endpoint, security: .localUser))
            }
        }
    }

    @Test func withoutZAPHandlerNobodyComesIn() async throws {
        try await withTemporaryFolder { folder in
            try await TestCluster.run { cluster in
                let endpoint = "ipc://\(folder)/socket"
                try await listen(cluster, at: endpoint)
                await cluster.server.authenticator.close()
                let peer = try RawPeer(endpoint: endpoint, security: .localUser)
                defer { peer.close() }
                peer.send([call])
                #expect(try await peer.receive(within: .milliseconds(500)) == nil)
                #expect(await cluster.backend.received.isEmpty)
            }
        }
    }

    /// What a killed process leaves behind.
    @Test func socketThatNobodyServesIsReplaced() async throws {
        try await withTemporaryFolder { folder in
            try await TestCluster.run { cluster in
                let path = folder + "/socket"
                let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
                var address = sockaddr_un()
                address.sun_family = sa_family_t(AF_UNIX)
                withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
                let bound = withUnsafePointer(to: &address) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                    }
                }
                try #require(bound == 0)
                _ = close(descriptor)
                try #require(FileManager.default.fileExists(atPath: path))
                try await listen(cluster, at: "ipc://\(path)")
                let connection = try await cluster.connect(
                    ConnectionConfiguration(endpoint: "ipc://\(path)", security: .localUser))
                #expect(try await cluster.service(at: connection).echo(EchoRequest(text: "a")).text == "a")
            }
        }
    }
}
