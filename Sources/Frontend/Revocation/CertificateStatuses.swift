internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import Logging
internal import NIOCore
internal import PKI
internal import Synchronization

/// Has OCSP responses made by the signers and keeps them: no key that signs them is ever here (design §10).
///
/// The same question by many clients at once is one call, and only so many calls are made at once: whatever comes as
/// OCSP, the signer and the connection to it stay free for enrollments.
final class CertificateStatuses: Sendable {
    /// A call joins one that is under way only if no newer CRL has become known since that began.
    private struct CallID: Hashable {
        var authority: ServedAuthority.ID
        var key: StatusCache.Key
        var listNumber: Int64
    }

    private struct State {
        var cache: StatusCache
        var calls: [CallID: Task<Result<StatusAnswer, ServiceError>, Never>] = [:]
        var lastFailure: String?
    }

    /// A client of OCSP does not wait for long.
    private static let callBudget = Duration.seconds(2)

    private let maximumCalls: Int
    private let metrics: FrontendMetrics
    private let logger: Logger
    private let state: Mutex<State>

    init(maximumCount: Int, maximumCalls: Int, metrics: FrontendMetrics, logger: Logger) {
        self.maximumCalls = maximumCalls
        self.metrics = metrics
        self.logger = logger
        state = Mutex(State(cache: StatusCache(maximumCount: maximumCount)))
    }

    /// Responses that are kept, and calls under way.
    var counts: (kept: Int, calls: Int) {
        state.withLock { ($0.cache.count, $0.calls.count) }
    }

    /// There is a CRL of the authority with this number.
    func advance(_ authority: ServedAuthority.ID, to number: Int64) {
        // What is no longer kept is released after the lock.
        _ = state.withLock { $0.cache.advance(authority, to: number) }
    }

    /// Forgets the authorities of a signer that are no more.
    func keep(only authorities: Set<ServedAuthority.ID>, of signer: Int) {
        state.withLock { $0.cache.keep(only: authorities, of: signer) }
    }

    /// The signed response about one certificate.
    ///
    /// - Throws: ``ServiceError``: `not-found` for a certificate that was never issued; `overloaded` where too many
    ///   calls are under way; what the call failed with.
    func answer(_ key: StatusCache.Key, of authority: ServedAuthority) async throws(ServiceError) -> StatusAnswer {
        enum Way {
            case kept(StatusAnswer)
            case call(Task<Result<StatusAnswer, ServiceError>, Never>, isNew: Bool)
            case shed
        }
        let now = Int64(Date.now.timeIntervalSince1970)
        let way: Way = state.withLock { state in
            if let kept = state.cache.answer(key, of: authority.id, at: now) { return .kept(kept) }
            let id = CallID(
                authority: authority.id, key: key, listNumber: state.cache.listNumber(of: authority.id))
            if let call = state.calls[id] { return .call(call, isNew: false) }
            guard state.calls.count < maximumCalls else { return .shed }
            let call = Task { await ask(id, authority) }
            state.calls[id] = call
            return .call(call, isNew: true)
        }
        switch way {
        case .kept(let answer):
            metrics.status(.kept)
            return answer
        case .call(let call, let isNew):
            metrics.status(isNew ? .asked : .joined)
            return try await call.value.get()
        case .shed:
            metrics.status(.shed)
            throw ServiceError(.overloaded, "Too many questions about certificates at once.")
        }
    }

    private func ask(_ id: CallID, _ authority: ServedAuthority) async -> Result<StatusAnswer, ServiceError> {
        let result: Result<CertificateStatusReply, ServiceError>
        do {
            let request = CertificateStatusRequest(
                authority: authority.id.name, serial: Data(id.key.serial), identifierHash: id.key.hash.inProtocol)
            result = .success(
                try await CallBudget.$current.withValue(Self.callBudget) {
                    try await authority.signer.call { try await $0.certificateStatus(request) }
                })
        } catch {
            result = .failure(
                error as? ServiceError ?? ServiceError(.unexpected, "An unexpected error.", cause: error))
        }
        let outcome = result.map(Self.answer)
        let now = Int64(Date.now.timeIntervalSince1970)
        let released: StatusCache.Shelf? = state.withLock { state in
            state.calls[id] = nil
            guard case .success(let reply) = result, case .success(let answer) = outcome else { return nil }
            // The reply may know of a newer CRL before the next ping does.
            let old = state.cache.advance(authority.id, to: reply.revocationListNumber)
            state.cache.keep(
                answer, id.key, of: authority.id, listNumber: reply.revocationListNumber, at: now)
            return old
        }
        _ = released
        note(outcome)
        return outcome
    }

    private static func answer(_ reply: CertificateStatusReply) -> StatusAnswer {
        let bytes = Array(reply.response)
        return StatusAnswer(
            body: ByteBuffer(bytes: bytes), thisUpdate: reply.thisUpdate, nextUpdate: reply.nextUpdate,
            version: EntityVersion(of: bytes, modifiedAt: reply.thisUpdate))
    }

    /// Says once for each cause what is wrong at the signer, not once a client.
    private func note(_ outcome: Result<StatusAnswer, ServiceError>) {
        let failure: String?
        switch outcome {
        case .success: failure = nil
        case .failure(let error) where error.code == .notFound: return
        case .failure(let error): failure = error.code.rawValue
        }
        let isNews = state.withLock { exchange(&$0.lastFailure, with: failure) } != failure
        if isNews, case .failure(let error) = outcome {
            logger.warning("OCSP responses can't be had from the signer", metadata: ["error": "\(error)"])
        }
    }
}

extension OCSPIdentifierHash {
    fileprivate var inProtocol: CertificateStatusRequest.IdentifierHash {
        switch self {
        case .sha1: .sha1
        case .sha256: .sha256
        }
    }
}
