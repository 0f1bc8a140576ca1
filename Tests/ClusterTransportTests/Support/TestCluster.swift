internal import Foundation
internal import Logging
internal import Testing

@testable internal import ClusterTransport

/// A server and a client, each an actor system of its own, with a frontend's key that the server allows.
struct TestCluster {
    let server: ZeroMQActorSystem
    let client: ZeroMQActorSystem
    let backend: TestBackend
    let serverKey: CurveKeyPair
    let clientKey: CurveKeyPair
    let endpoint: String

    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    static let lanes = [
        Lane(name: "quick", concurrency: 64, capacity: 2000), Lane(name: "slow", concurrency: 2, capacity: 1),
    ]

    /// Runs a test with a cluster, and ends the cluster whatever the test's end.
    static func run(_ body: (TestCluster) async throws -> Void) async throws {
        let cluster = try await TestCluster()
        do {
            try await body(cluster)
        } catch {
            await cluster.end()
            throw error
        }
        await cluster.end()
    }

    private init() async throws {
        server = try ZeroMQActorSystem(logger: Self.logger)
        client = try ZeroMQActorSystem(logger: Self.logger)
        backend = TestBackend()
        serverKey = try .generate()
        clientKey = try .generate()
        server.allow([AllowedNode(name: "frontend-1", role: .frontend, keys: [clientKey.publicKey])])
        endpoint = try await server.listen(
            ListenerConfiguration(endpoint: "tcp://127.0.0.1:0", security: .curve(serverKey), lanes: Self.lanes),
            methods: .test(TestService(backend: backend, actorSystem: server)))
    }

    private func end() async {
        await backend.open()
        await client.shutdown()
        await server.shutdown()
    }

    func configuration(
        key: CurveKeyPair? = nil, endpoint: String? = nil, maximumInFlight: Int = 1000,
        callTimeout: Duration = .seconds(30)
    ) -> ConnectionConfiguration {
        ConnectionConfiguration(
            endpoint: endpoint ?? self.endpoint,
            security: .curve(own: key ?? clientKey, server: serverKey.publicKey),
            maximumInFlight: maximumInFlight, callTimeout: callTimeout)
    }

    /// A connection that is up.
    func connect(_ configuration: ConnectionConfiguration? = nil) async throws -> Connection {
        let connection = try await client.connect(configuration ?? self.configuration())
        try #require(await connection.waitUntilUp(for: .seconds(20)))
        return connection
    }

    func service(at connection: Connection) throws -> TestService {
        try TestService.resolve(id: connection.address(of: "test"), using: connection.system)
    }

    /// Whether a call of a good client is answered.
    func answersGoodCall(_ text: String = "good") async throws -> Bool {
        let connection = try await connect()
        let reply = try await service(at: connection).echo(EchoRequest(text: text))
        await connection.close()
        return reply == EchoReply(text: text, peer: "frontend-1")
    }
}

/// Waits until the condition holds.
///
/// - Returns: false where it did not come about in time.
func eventually(within limit: Duration = .seconds(20), _ condition: () async throws -> Bool) async rethrows -> Bool {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else { return false }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return true
}

/// The code of the error that a call ends with; nil where it ends with a result.
func code(of call: () async throws -> some Sendable) async throws -> ServiceError.Code? {
    do {
        _ = try await call()
        return nil
    } catch let error as ServiceError {
        return error.code
    }
}

/// A folder that is gone after the test.
func withTemporaryFolder(_ body: (String) async throws -> Void) async throws {
    var template = Array("/tmp/estuary-test-XXXXXX".utf8CString)
    let made = mkdtemp(&template)
    let folder = String(cString: try #require(made))
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await body(folder)
}
