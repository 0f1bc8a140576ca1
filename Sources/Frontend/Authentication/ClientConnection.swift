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
        var presented: Presented?
        var judged: Judged?
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
    func verdict(on label: ServedLabel, at time: Date) async -> ClientVerdict {
        guard label.description.acceptsCertificates else { return .absent }
        let now = Int64(time.timeIntervalSince1970)
        let (presented, known) = state.withLock { state in
            if state.presented == nil {
                state.presented = readCertificate()
            }
            let known = state.judged.flatMap { judged in
                judged.label === label && (judged.from...judged.until).contains(now) ? judged.verdict : nil
            }
            return (state.presented, known)
        }
        if let known { return known }
        switch presented {
        case .nothing, nil: return .absent
        case .unreadable(let error): return .refused(nil, error)
        case .certificate(let certificate):
            let judged = await Self.judge(certificate, label, now: now)
            state.withLock { $0.judged = judged }
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

    private static func judge(_ certificate: ClientCertificate, _ label: ServedLabel, now: Int64) async -> Judged {
        func judged(_ verdict: ClientVerdict, until end: Int64) -> Judged {
            Judged(label: label, verdict: verdict, from: now, until: max(now, end))
        }
        switch certificate.judge(authorities: label.acceptedIssuers, now: now, gracePeriod: 0) {
        case .accepted:
            return judged(.accepted(certificate), until: min(certificate.notAfter, label.issuersValidUntil))
        case .expired:
            let grace = label.description.gracePeriod
            let late = certificate.judge(authorities: label.acceptedIssuers, now: now, gracePeriod: grace)
            if grace > 0, case .accepted = late { return judged(.inGracePeriod(certificate), until: now) }
            return judged(
                .refused(certificate, ServiceError(.certificateOutsideValidity, "The client certificate is expired.")),
                until: now)
        case .notYetValid:
            return judged(
                .refused(
                    certificate, ServiceError(.certificateOutsideValidity, "The client certificate is not valid yet.")),
                until: now)
        case .untrusted(let reason):
            guard label.manufacturers.isEmpty else {
                return await judge(certificate, manufacturersOf: label, now: now)
            }
            return judged(.refused(certificate, ServiceError(.certificateUntrusted, reason)), until: .max)
        }
    }

    /// Judges a certificate that is not of an authority which the label accepts.
    private static func judge(
        _ certificate: ClientCertificate, manufacturersOf label: ServedLabel, now: Int64
    ) async -> Judged {
        switch await certificate.judge(
            manufacturers: label.manufacturers, excluding: label.authorities, now: now)
        {
        case .accepted(let path):
            return Judged(
                label: label, verdict: .manufacturer(certificate, name: path.manufacturer), from: now,
                until: max(now, path.notAfter))
        case .outsideValidity(let reason):
            return Judged(
                label: label,
                verdict: .refused(certificate, ServiceError(.certificateOutsideValidity, reason)), from: now, until: now
            )
        case .untrusted(let reason):
            return Judged(
                label: label, verdict: .refused(certificate, ServiceError(.certificateUntrusted, reason)), from: now,
                until: .max)
        }
    }
}
