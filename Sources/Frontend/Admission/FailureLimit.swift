internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import Synchronization

/// Turns away clients that fail to authenticate too often, and nobody else from the same address (design §10).
///
/// A site may be behind one address: so requests are judged one by one also past the limit, and only those that fail get
/// 429. Past the limit a secret that nobody knows to be good has to pass ``suspects`` first: a small pool of its own,
/// from which the signer is only asked whether it knows the secret, in its lane for unauthenticated work. So neither the
/// pool of enrollments nor the signer's lane for them ever fills up with wrong secrets.
///
/// A device whose good secret this frontend has not seen lately waits there too. It is not sent away for it: a connection
/// has one request at a time, and there is room for as many as there are connections. Nor does it wait behind all of the
/// others: connections on which nothing has failed yet come first, and those are held up by their handshakes. One that was
/// accepted within the last minute, one with a certificate alone, and everybody elsewhere, don't wait at all.
final class FailureLimit: Sendable {
    private struct State {
        var failures: FailureLimitState
        var secrets = RecentSecrets()
    }

    /// Where requests wait whose secret is to be asked about first.
    let suspects: EnrollmentPool
    private let state: Mutex<State>
    private let onFailure: @Sendable (_ isLimited: Bool) -> Void

    init(
        limits: FailureLimitState.Limits, suspects: EnrollmentPool,
        onFailure: @escaping @Sendable (_ isLimited: Bool) -> Void = { _ in }
    ) {
        self.suspects = suspects
        self.onFailure = onFailure
        state = Mutex(State(failures: FailureLimitState(limits: limits)))
    }

    /// What to do with a request before it goes on.
    enum Admission: Equatable {
        case goOn
        /// Ask the signer whether it knows the secret.
        case ask
        /// The signer has just refused it.
        case refuse
    }

    func admission(of secret: Secret, label: String, from address: String) -> Admission {
        let now = ContinuousClock.now
        return state.withLock { state in
            guard state.failures.isBeyondLimit(ClientNetwork(address: address), at: now) else { return .goOn }
            switch state.secrets.verdict(on: secret, label: label, at: now) {
            case .accepted: return .goOn
            case .refused: return .refuse
            case nil: return .ask
            }
        }
    }

    /// The signer took the secret.
    func accepted(_ secret: Secret, label: String) {
        let now = ContinuousClock.now
        state.withLock { $0.secrets.note(secret, label: label, .accepted, at: now) }
    }

    /// A request was refused.
    ///
    /// - Parameter isRecorded: Whether an event says so already.
    /// - Returns: In how many seconds the client may try again, where it is to be turned away; nil where it gets the
    ///   answer that it would get anyway.
    func refused(
        _ error: ServiceError, secret: Secret?, label: String, from address: String, isRecorded: Bool
    ) -> Int? {
        guard error.isFailedAuthentication else { return nil }
        let now = ContinuousClock.now
        let verdict = state.withLock { state in
            if let secret, error.isAboutSecretAlone {
                state.secrets.note(secret, label: label, .refused, at: now)
            }
            return state.failures.failed(ClientNetwork(address: address), at: now, isRecorded: isRecorded)
        }
        switch verdict {
        case .withinLimit:
            onFailure(false)
            return nil
        case .beyondLimit(let retryAfter):
            onFailure(true)
            return max(1, Int(clamping: retryAfter.components.seconds))
        }
    }

    /// Whether the client showed a credential that is not good.
    static func isFailedAuthentication(_ error: ServiceError) -> Bool { error.isFailedAuthentication }

    func takeReports() -> [FailureLimitState.Report] {
        state.withLock { $0.failures.takeReports() }
    }
}

extension ServiceError {
    /// Whether the client showed a credential that is not good. One that showed none has not failed.
    fileprivate var isFailedAuthentication: Bool {
        switch code {
        case .credentialRefused, .certificateUntrusted, .certificateOutsideValidity, .certificateRevoked: true
        default: false
        }
    }

    /// Whether every request with this secret would be refused.
    fileprivate var isAboutSecretAlone: Bool {
        guard code == .credentialRefused, let reason else { return false }
        return [.secretUnknown, .secretRevoked, .secretOfAnotherLabel].contains(reason)
    }
}
