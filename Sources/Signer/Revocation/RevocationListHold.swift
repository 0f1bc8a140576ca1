internal import Synchronization

/// Puts off CRLs while an operator revokes many certificates, so that all of them are in one.
///
/// It is a lease: each step of the operation renews it, so that an operator who goes away holds up nothing, and no
/// operation holds up another revocation's CRL for longer than ``longest``.
final class RevocationListHold: Sendable {
    static let step = Duration.seconds(10)
    static let longest = Duration.seconds(120)

    private struct State {
        var began: ContinuousClock.Instant?
        var end: ContinuousClock.Instant?
    }

    private let state = Mutex(State())

    func isHeld(at now: ContinuousClock.Instant = .now) -> Bool {
        state.withLock { state in state.end.map { now < $0 } ?? false }
    }

    /// Begins the hold, or renews it.
    func renew(at now: ContinuousClock.Instant = .now) {
        state.withLock { state in
            let began = (state.end.map { now < $0 + Self.step } ?? false) ? state.began ?? now : now
            state.began = began
            state.end = min(now + Self.step, began + Self.longest)
        }
    }

    func release() {
        state.withLock { $0 = State() }
    }
}
