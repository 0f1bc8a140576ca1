internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import Logging
internal import Testing

/// Renewals of certificates that end soon have a lane of their own at the signer (design §10), over the real transport.
@Suite struct UrgentLaneTests {
    private static let request = EnrollRequest(
        operation: .simpleReenroll, label: "default", certificationRequest: Data([0x30]), requestID: "test",
        remoteAddress: "192.0.2.1")

    /// One place and one that waits, of either kind.
    private func withSigner(
        _ body: @escaping @Sendable (SigningService, GatedSigner) async throws -> Void
    ) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = try ZeroMQActorSystem(logger: logger)
        let client = try ZeroMQActorSystem(logger: logger)
        let gate = GatedSigner()
        var failure: (any Error)?
        do {
            let (serverKey, key) = (try CurveKeyPair.generate(), try CurveKeyPair.generate())
            server.allow([AllowedNode(name: "frontend-1", role: .frontend, keys: [key.publicKey])])
            let endpoint = try await server.listen(
                ListenerConfiguration(
                    endpoint: "tcp://127.0.0.1:0", security: .curve(serverKey),
                    lanes: .signing(enrollments: 1, waiting: 1)),
                methods: .signing(SigningService(backend: gate, actorSystem: server)))
            let connection = try await client.connect(
                ConnectionConfiguration(
                    endpoint: endpoint, security: .curve(own: key, server: serverKey.publicKey),
                    callTimeout: .seconds(60)))
            try #require(await connection.waitUntilUp(for: .seconds(20)))
            try await body(SigningService.resolve(id: connection.address(of: "signing"), using: client), gate)
        } catch {
            failure = error
        }
        await gate.openAll()
        await client.shutdown()
        await server.shutdown()
        if let failure { throw failure }
    }

    private func code(_ call: () async throws -> EnrollReply) async -> ServiceError.Code? {
        do {
            _ = try await call()
            return nil
        } catch {
            return (error as? ServiceError)?.code ?? .unexpected
        }
    }

    @Test(arguments: [GatedSigner.Kind.enrollment, .urgent])
    func aFullLaneHoldsUpItsOwnKindAlone(_ full: GatedSigner.Kind) async throws {
        try await withSigner { signing, gate in
            @Sendable func call(_ kind: GatedSigner.Kind) async throws -> EnrollReply {
                switch kind {
                case .enrollment: try await signing.enroll(Self.request)
                case .urgent: try await signing.renewUrgently(UrgentRenewalRequest(renewal: Self.request))
                }
            }
            let other: GatedSigner.Kind = full == .urgent ? .enrollment : .urgent
            await gate.close(full)
            try await withThrowingTaskGroup(of: ServiceError.Code?.self) { group in
                // One is with the signer; of the others one waits, and the rest has no room.
                group.addTask { await code { try await call(full) } }
                while await gate.arrived[full] != 1 { try await Task.sleep(for: .milliseconds(2)) }
                for _ in 0..<3 { group.addTask { await code { try await call(full) } } }
                var ends: [ServiceError.Code?] = []
                while ends.count < 2, let end = try await group.next() { ends.append(end) }
                #expect(ends == [.overloaded, .overloaded])
                // The other kind is served all the while, one after another.
                for _ in 0..<5 { #expect(await code { try await call(other) } == GatedSigner.passed.code) }
                #expect(await gate.arrived[full] == 1)
                await gate.openAll()
                ends = []
                for try await end in group { ends.append(end) }
                #expect(ends == [GatedSigner.passed.code, GatedSigner.passed.code])
                #expect(await gate.arrived == [full: 2, other: 5])
            }
        }
    }
}

/// A signer that answers all enrollments with the same error, those of one kind only once its gate is opened.
actor GatedSigner: SigningBackend {
    enum Kind: Sendable { case enrollment, urgent }

    static let passed = ServiceError(.init(rawValue: "passed"), "It was the request's turn.")

    /// How many calls got a place.
    private(set) var arrived: [Kind: Int] = [:]
    private var closed: Kind?
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func close(_ kind: Kind) { closed = kind }

    func openAll() {
        closed = nil
        for continuation in waiting { continuation.resume() }
        waiting = []
    }

    private func pass(_ kind: Kind) async throws -> EnrollReply {
        arrived[kind, default: 0] += 1
        if closed == kind { await withCheckedContinuation { waiting.append($0) } }
        throw Self.passed
    }

    func enroll(_ request: EnrollRequest) async throws -> EnrollReply { try await pass(.enrollment) }
    func renewUrgently(_ request: UrgentRenewalRequest) async throws -> EnrollReply { try await pass(.urgent) }

    func authenticate(_ request: AuthenticateRequest) async throws -> Done { throw Self.passed }
    func ping(_ request: PingRequest) async throws -> PingReply { throw Self.passed }
    func catalogue(_ request: CatalogueRequest) async throws -> SignedCatalogue { throw Self.passed }
    func nodeCertificate(_ request: NodeCertificateRequest) async throws -> NodeCertificateReply {
        throw Self.passed
    }
    func revocationList(_ request: RevocationListRequest) async throws -> RevocationListPart { throw Self.passed }
    func certificateStatus(_ request: CertificateStatusRequest) async throws -> CertificateStatusReply {
        throw Self.passed
    }
}
