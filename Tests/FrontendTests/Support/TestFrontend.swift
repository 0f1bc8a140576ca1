internal import ClusterProtocol
internal import ConfigurationFile
internal import Crypto
internal import Foundation
internal import Logging
internal import Observability
internal import OperationsHTTP
internal import ServiceLifecycle
internal import Synchronization
internal import TestTLSClient
internal import Testing
internal import X509

@testable internal import Frontend

/// A whole frontend on free loopback ports, with a signer and an auditor in memory.
struct TestFrontend: Sendable {
    let signer: StandInSigner
    let auditor: StandInAuditor
    let port: Int
    let operationsPort: Int
    /// Of plain HTTP; 0 where there is none.
    let plainPort: Int
    let registry: MetricsRegistry
    let folder: URL
    let shutDown: @Sendable () async -> Void

    private enum Listener: Hashable {
        case devices, plain, operations
    }

    var authority: TestAuthority { signer.authority }

    /// Starts a frontend, runs the body, and ends the frontend in good order.
    static func run<Result>(
        authority: TestAuthority? = nil, signer: StandInSigner? = nil, folder: URL? = nil,
        change: (inout FrontendConfiguration) -> Void = { _ in },
        catalogue: (inout Catalogue) -> Void = { _ in },
        _ body: (TestFrontend) async throws -> Result
    ) async throws -> Result {
        let authority = try signer?.authority ?? authority ?? TestAuthority()
        var initial = try TestCatalogue.make(authority)
        catalogue(&initial)
        let signer = signer ?? StandInSigner(authority: authority, catalogue: initial)
        let auditor = StandInAuditor()
        let own = FileManager.default.temporaryDirectory.appending(path: "frontend-\(UUID().uuidString)")
        let place = folder ?? own
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: own) }

        var configuration = configuration(in: place)
        change(&configuration)
        let (ports, announcing) = AsyncStream<(listener: Listener, port: Int)>.makeStream()
        let registry = MetricsRegistry()
        var logger = Logger(label: "frontend-1")
        logger.logLevel = ProcessInfo.processInfo.environment["TEST_LOG"] == nil ? .critical : .debug
        let service = FrontendService(
            configuration: configuration,
            signers: [
                SignerPort(
                    name: "memory", backend: signer, isUp: { signer.script.withLock { $0.isUp } },
                    catalogueKey: signer.catalogueKey.publicKey)
            ],
            auditor: auditor, registry: registry, logger: logger,
            onListening: { announcing.yield((.devices, $0.port)) },
            onPlainListening: { announcing.yield((.plain, $0.port)) },
            onOperationsListening: { announcing.yield((.operations, $0.port)) })
        let expected: Set<Listener> =
            configuration.plainHTTP == nil ? [.devices, .operations] : [.devices, .operations, .plain]
        let group = ServiceGroup(configuration: .init(services: [service], logger: logger))
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { announcing.finish() }
                try await group.run()
            }
            var found: [Listener: Int] = [:]
            for await announced in ports {
                found[announced.listener] = announced.port
                if expected.isSubset(of: found.keys) { break }
            }
            guard let port = found[.devices], let operationsPort = found[.operations] else {
                try await tasks.next()
                throw NeverCameAbout()
            }
            let frontend = TestFrontend(
                signer: signer, auditor: auditor, port: port, operationsPort: operationsPort,
                plainPort: found[.plain] ?? 0, registry: registry, folder: place,
                shutDown: { await group.triggerGracefulShutdown() })
            let result: Result
            do {
                result = try await body(frontend)
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return result
        }
    }

    static func configuration(in folder: URL) -> FrontendConfiguration {
        var configuration = FrontendConfiguration(
            name: "frontend-1", listen: ListenAddress(host: "127.0.0.1", port: 0))
        configuration.cataloguePath = folder.appending(path: "catalogue.json").path
        configuration.tlsKeyPath = folder.appending(path: "tls.key").path
        configuration.tlsCertificatePath = folder.appending(path: "tls-chain.pem").path
        configuration.limits.threads = 2
        return configuration
    }

    /// Waits until a catalogue is in force; the listener is up as soon as there is a TLS certificate.
    func ready() async throws {
        try await eventually("the frontend is ready") { try await get("/readyz").0 == 200 }
    }

    /// Asks the operations listener.
    func get(_ path: String) async throws -> (Int, String) {
        let connection = try await TestConnection.plain(port: operationsPort)
        try await connection.send("GET \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        let response = try await connection.response()
        await connection.close()
        return (response.status, response.text)
    }

    /// How many requests of an operation on the default label were answered with 200.
    func answered(_ operation: String) async throws -> Int {
        let series = "estuary_frontend_requests_total{label=\"default\",route=\"\(operation)\",status=\"200\"} "
        let line = try await get("/metrics").1.split(separator: "\n").first { $0.hasPrefix(series) }
        return line.flatMap { Int($0.dropFirst(series.count)) } ?? 0
    }

    /// Connections whose request is being answered.
    func waitingRequests() async throws -> Int {
        try await metric("estuary_frontend_connections_busy")
    }

    /// A metric without dimensions, or with them as they are shown; 0 where it is not there.
    func metric(_ series: String) async throws -> Int {
        let line = try await get("/metrics").1.split(separator: "\n").first { $0.hasPrefix(series + " ") }
        return line.flatMap { Int($0.dropFirst(series.count + 1)) } ?? 0
    }

    /// A connection, as a client without anything particular makes it.
    func connect(_ options: TestConnection.Options = .init()) async throws -> TestConnection {
        try await TestConnection.tls(port: port, trusting: .der([authority.root.der]), options)
    }

    /// One request on a connection of its own.
    func send(_ request: TestHTTPRequest, _ options: TestConnection.Options = .init()) async throws -> TestResponse {
        let connection = try await connect(options)
        let response = try await connection.perform(request)
        await connection.close()
        return response
    }

    /// One request on a connection of its own, without TLS.
    func sendPlain(_ request: TestHTTPRequest) async throws -> TestResponse {
        let connection = try await TestConnection.plain(port: plainPort)
        let response = try await connection.perform(request)
        await connection.close()
        return response
    }
}
