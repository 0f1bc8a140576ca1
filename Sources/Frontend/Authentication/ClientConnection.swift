internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import PKI
internal import SecureConnections
internal import Synchronization
internal import X509

/// The client at the other end of a connection: who it showed itself to be in TLS, and from where it came.
///
/// Its certificate is judged per request and label, at that request's time (design §5, step 1): also on kept
/// connections and resumed sessions an expiry counts at once. What the signer alone knows, revocation, it judges itself.
final class ClientConnection: Sendable {
    private enum Presented {
        case nothing
        case certificate(ClientCertificate)
        case unreadable(ServiceError)
    }

    /// A judgement that holds for one label until a time, so that a kept connection does not verify the same signatures
    /// again and again.
    private struct Judged {
        /// Kept, so that no label of a later catalogue can be taken for it.
        var label: ServedLabel
        var verdict: ClientVerdict
        var from: Int64
        var until: Int64
    }

    private struct State {
        /// A client that goes through more labels than this has no more of them kept.
        static let maximumLabels = 8

        var presented: Presented?
        /// The newest last, at most one a label.
        private(set) var judged: [Judged] = []

        func verdict(on label: ServedLabel, now: Int64) -> ClientVerdict? {
            judged.first { $0.label === label && ($0.from...$0.until).contains(now) }?.verdict
        }

        mutating func remember(_ judgement: Judged) {
            judged.removeAll { $0.label === judgement.label }
            judged.append(judgement)
            judged.removeFirst(max(0, judged.count - Self.maximumLabels))
        }
    }

    let security: ConnectionSecurity
    /// Without the port; empty where it is not known.
    let remoteAddress: String
    private let state = Mutex(State())
    private let failed = Atomic(false)

    init(security: ConnectionSecurity, remoteAddress: String) {
        self.security = security
        self.remoteAddress = remoteAddress
    }

    /// Whether a credential was refused on this connection.
    var hasFailed: Bool { failed.load(ordering: .relaxed) }

    func noteFailure() { failed.store(true, ordering: .relaxed) }

    /// What the client's certificate is worth on a label at a time.
    ///
    /// - Throws: ``ServiceError`` with code `overloaded` where too many certificates are being judged;
    ///   `CancellationError`.
    func verdict(on label: ServedLabel, at time: Date, judgements: PathJudgements) async throws -> ClientVerdict {
        guard label.description.acceptsCertificates else { return .absent }
        let now = Int64(time.timeIntervalSince1970)
        let (presented, known) = state.withLock { state in
            if state.presented == nil {
                state.presented = readCertificate()
            }
            return (state.presented, state.verdict(on: label, now: now))
        }
        if let known { return known }
        switch presented {
        case .nothing, nil: return .absent
        case .unreadable(let error): return .refused(nil, error)
        case .certificate(let certificate):
            let judged = try await Self.judge(certificate, label, now: now, judgements)
            state.withLock { $0.remember(judged) }
            return judged.verdict
        }
    }

    private func readCertificate() -> Presented {
        guard !security.isClientChainTooLarge else {
            return .unreadable(
                ServiceError(
                    .certificateUntrusted, "The client certificate comes with too many others, or too long ones."))
        }
        guard !security.clientChain.isEmpty else { return .nothing }
        do {
            return .certificate(try ClientCertificate(chain: security.clientChain))
        } catch {
            return .unreadable(ServiceError(.certificateUntrusted, "\(error)"))
        }
    }

    private static func judge(
        _ certificate: ClientCertificate, _ label: ServedLabel, now: Int64, _ judgements: PathJudgements
    ) async throws -> Judged {
        func judged(_ verdict: ClientVerdict, until end: Int64) -> Judged {
            Judged(label: label, verdict: verdict, from: now, until: max(now, end))
        }
        func outsideValidity(_ reason: String, principal: String) -> Judged {
            let error = ServiceError(.certificateOutsideValidity, reason)
            return judged(.refused(certificate, error, principal: principal), until: now)
        }
        func untrusted(_ reason: String) -> Judged {
            judged(.refused(certificate, ServiceError(.certificateUntrusted, reason)), until: .max)
        }
        switch certificate.judge(authorities: label.acceptedIssuers, now: now, gracePeriod: 0) {
        case .accepted:
            return judged(.accepted(certificate), until: min(certificate.notAfter, label.issuersValidUntil))
        case .expired:
            let grace = label.description.gracePeriod
            let late = certificate.judge(authorities: label.acceptedIssuers, now: now, gracePeriod: grace)
            if grace > 0, case .accepted = late { return judged(.inGracePeriod(certificate), until: now) }
            return outsideValidity(
                "The client certificate is expired.", principal: ClientVerdict.principal(certificate))
        case .notYetValid:
            return outsideValidity(
                "The client certificate is not valid yet.", principal: ClientVerdict.principal(certificate))
        case .untrusted(let reason) where label.manufacturers.isEmpty:
            return untrusted(reason)
        case .untrusted:
            break
        }
        switch try await judgements.judge(
            certificate, of: label.manufacturers, excluding: label.authorities, label: label.description.name, now: now)
        {
        case .accepted(let path):
            return judged(.manufacturer(certificate, name: path.manufacturer), until: path.notAfter)
        case .outsideValidity(let manufacturer, let reason):
            return outsideValidity(
                reason, principal: ClientVerdict.principal(certificate, manufacturer: manufacturer))
        case .untrusted(let reason):
            return untrusted(reason)
        }
    }
}
