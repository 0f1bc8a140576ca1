internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import PKI
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

    /// A judgement that holds for one label until a time, so that a kept connection does not verify the same signature
    /// again and again.
    private struct Accepted {
        /// Kept, so that no label of a later catalogue can be taken for it.
        var label: ServedLabel
        var from: Int64
        var until: Int64
    }

    private struct State {
        var presented: Presented?
        var accepted: Accepted?
    }

    let security: ConnectionSecurity
    /// Without the port; empty where it is not known.
    let remoteAddress: String
    private let state = Mutex(State())

    init(security: ConnectionSecurity, remoteAddress: String) {
        self.security = security
        self.remoteAddress = remoteAddress
    }

    /// What the client's certificate is worth on a label at a time.
    func verdict(on label: ServedLabel, at time: Date) -> ClientVerdict {
        guard label.description.acceptsCertificates else { return .absent }
        let now = Int64(time.timeIntervalSince1970)
        return state.withLock { state in
            if state.presented == nil {
                state.presented = readCertificate()
            }
            switch state.presented {
            case .nothing, nil: return .absent
            case .unreadable(let error): return .refused(nil, error)
            case .certificate(let certificate):
                if let accepted = state.accepted, accepted.label === label,
                    (accepted.from...accepted.until).contains(now)
                {
                    return .accepted(certificate)
                }
                let verdict = Self.judge(certificate, label, now: now)
                if verdict.mayEnroll {
                    state.accepted = Accepted(
                        label: label, from: now,
                        until: max(now, min(certificate.notAfter, label.issuersValidUntil)))
                }
                return verdict
            }
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

    private static func judge(_ certificate: ClientCertificate, _ label: ServedLabel, now: Int64) -> ClientVerdict {
        switch certificate.judge(authorities: label.acceptedIssuers, now: now, gracePeriod: 0) {
        case .accepted:
            return .accepted(certificate)
        case .expired:
            let grace = label.description.gracePeriod
            let late = certificate.judge(authorities: label.acceptedIssuers, now: now, gracePeriod: grace)
            if grace > 0, case .accepted = late { return .inGracePeriod(certificate) }
            return .refused(
                certificate, ServiceError(.certificateOutsideValidity, "The client certificate is expired."))
        case .notYetValid:
            return .refused(
                certificate, ServiceError(.certificateOutsideValidity, "The client certificate is not valid yet."))
        case .untrusted(let reason):
            return .refused(certificate, ServiceError(.certificateUntrusted, reason))
        }
    }
}
