internal import ClusterProtocol
internal import ClusterTransport
internal import Distributed
internal import Foundation
internal import Logging
internal import SwiftASN1
internal import Testing
internal import X509

/// A frontend's CURVE key in other hands: calls the signer as nothing but the key allows.
struct StolenFrontend {
    private let system: ZeroMQActorSystem
    private let signing: SigningService

    /// - Parameters:
    ///   - name: the frontend, which is stopped where it runs.
    ///   - atOnce: how many calls it has on their way at a time.
    init(_ name: String, of cluster: TestCluster, atOnce: Int = 100) async throws {
        if cluster.frontends.contains(name) { try await cluster.process(name).stop() }
        system = try ZeroMQActorSystem(logger: Logger(label: "test"))
        var configuration = try cluster.signerConnection(of: name)
        configuration.maximumInFlight = atOnce
        // The limits decide here, and no time.
        configuration.callTimeout = .seconds(60)
        let connection = try await system.connect(configuration)
        try #require(await connection.waitUntilUp(for: .seconds(20)))
        signing = try SigningService.resolve(id: connection.address(of: "signing"), using: system)
    }

    func end() async {
        await system.shutdown()
    }

    private func ask(
        _ request: Data, operation: EnrollmentOperation, label: String, chain: [Data], secret: Secret?
    ) async throws -> EnrollReply {
        try await signing.enroll(
            EnrollRequest(
                operation: operation, label: label, certificationRequest: request, clientChain: chain, secret: secret,
                requestID: "stolen", remoteAddress: "192.0.2.1"))
    }

    func enroll(
        _ request: Data, operation: EnrollmentOperation = .simpleEnroll, label: String = "default",
        chain: [Data] = [], secret: Secret? = nil
    ) async throws -> Certificate {
        let reply = try await ask(request, operation: operation, label: label, chain: chain, secret: secret)
        guard case .issued(let der, _) = reply else { throw ServiceError(.unexpected, "no certificate: \(reply)") }
        return try Certificate(derEncoded: Array(der))
    }

    /// What the signer refuses a request with; nil where it does not.
    func refusal(
        _ request: Data, operation: EnrollmentOperation = .simpleEnroll, label: String = "default",
        chain: [Data] = [], secret: Secret? = nil
    ) async -> ServiceError? {
        do {
            _ = try await ask(request, operation: operation, label: label, chain: chain, secret: secret)
            return nil
        } catch {
            return error as? ServiceError ?? ServiceError(.unexpected, "\(error)")
        }
    }

    func code(
        _ request: Data, operation: EnrollmentOperation = .simpleEnroll, label: String = "default",
        chain: [Data] = [], secret: Secret? = nil
    ) async -> ServiceError.Code? {
        await refusal(request, operation: operation, label: label, chain: chain, secret: secret)?.code
    }
}
