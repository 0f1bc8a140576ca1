internal import Synchronization

/// Which refusals of an invitation's holder have an event of their own: one a minute, which counts the others.
final class JoinRefusals: Sendable {
    /// In seconds.
    private static let interval: Int64 = 60

    /// One for each invitation, of which the ledger has few.
    private let state: Mutex<[String: (recordedAt: Int64, since: Int)]> = Mutex([:])

    /// Counts a refusal.
    ///
    /// - Parameter now: in seconds.
    /// - Returns: how many refusals the event that is due now stands for; nil where none is due.
    func refused(_ invitation: String, at now: Int64) -> Int? {
        state.withLock { state in
            // A clock that was set back must not keep refusals out of the log.
            if let last = state[invitation], (0..<Self.interval).contains(now - last.recordedAt) {
                state[invitation]?.since += 1
                return nil
            }
            let count = (state[invitation]?.since ?? 0) + 1
            // Of invitations that the ledger has forgotten.
            if state.count > 2 * AdministrationDesk.maximumInvitations { state = [:] }
            state[invitation] = (now, 0)
            return count
        }
    }
}
