internal import ClusterProtocol
internal import ClusterTransport
internal import Distributed
internal import FaultInjection
internal import Logging
internal import Synchronization
internal import Testing

@testable internal import Signer

/// The real transport between a frontend and the signer of a ``FaultWorld``.
final class SignerWire: Sendable {
    /// What a request waits for an answer that got lost. One that only takes longer comes again, too.
    private static let patience = Duration.seconds(3)

    private let server: ZeroMQActorSystem
    private let client: ZeroMQActorSystem
    private let signing: SigningService
    private let backend = Backend()

    init(faults: FaultHook) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let (serverKey, key) = (try CurveKeyPair.generate(), try CurveKeyPair.generate())
        server = try ZeroMQActorSystem(logger: logger, faults: faults)
        client = try ZeroMQActorSystem(logger: logger, faults: faults)
        server.allow([AllowedNode(name: "frontend-1", role: .frontend, keys: [key.publicKey])])
        let endpoint = try await server.listen(
            ListenerConfiguration(endpoint: "tcp://127.0.0.1:0", security: .curve(serverKey), lanes: .signing()),
            methods: .signing(SigningService(backend: backend, actorSystem: server)))
        let connection = try await client.connect(
            ConnectionConfiguration(
                endpoint: endpoint, security: .curve(own: key, server: serverKey.publicKey),
                callTimeout: Self.patience))
        try #require(await connection.waitUntilUp(for: .seconds(20)))
        signing = try SigningService.resolve(id: connection.address(of: "signing"), using: client)
    }

    /// Sends a request to the signer as it lives now.
    func enroll(_ request: EnrollRequest, at desk: SigningDesk) async throws -> EnrollReply {
        backend.desk.withLock { $0 = desk }
        return try await signing.enroll(request)
    }

    func end() async {
        await client.shutdown()
        await server.shutdown()
    }

    /// Enrollment alone: the test calls nothing else.
    private final class Backend: SigningBackend {
        let desk = Mutex<SigningDesk?>(nil)

        private func current() throws -> SigningDesk {
            guard let desk = desk.withLock({ $0 }) else { throw ServiceError(.unreachable, "The signer is away.") }
            return desk
        }

        func enroll(_ request: EnrollRequest) async throws -> EnrollReply { try await current().enroll(request) }
        func authenticate(_ request: AuthenticateRequest) async throws -> Done {
            try await current().authenticate(request)
        }
        func ping(_ request: PingRequest) async throws -> PingReply { try await current().ping(request) }
        func catalogue(_ request: CatalogueRequest) async throws -> SignedCatalogue {
            try await current().catalogue(request)
        }
        func nodeCertificate(_ request: NodeCertificateRequest) async throws -> NodeCertificateReply {
            try await current().nodeCertificate(request)
        }
        func revocationList(_ request: RevocationListRequest) async throws -> RevocationListPart {
            try await current().revocationList(request)
        }
        func certificateStatus(_ request: CertificateStatusRequest) async throws -> CertificateStatusReply {
            try await current().certificateStatus(request)
        }
    }
}
