internal import ClusterTransport
internal import Synchronization

/// The bounded pool that enrollments run in; nothing else is ever behind it (design §5, step 2).
final class EnrollmentPool: Sendable {
    private struct State {
        var admission: AdmissionState
        var nextID: UInt64 = 0
        var continuations: [UInt64: CheckedContinuation<Bool, Never>] = [:]
        /// Whose turn came before there was a continuation to tell.
        var granted: Set<UInt64> = []
    }

    /// How long a place is waited for. Whoever waited longer is sent away when its turn comes, at no cost.
    private let patience: Duration
    private let state: Mutex<State>
    private let onShed: @Sendable (AdmissionState.Limit) -> Void

    init(
        maximumRunning: Int, maximumWaiting: Int, patience: Duration,
        onShed: @escaping @Sendable (AdmissionState.Limit) -> Void = { _ in }
    ) {
        self.patience = patience
        self.onShed = onShed
        state = Mutex(
            State(admission: AdmissionState(maximumRunning: maximumRunning, maximumWaiting: maximumWaiting)))
    }

    var counts: (running: Int, waiting: Int) {
        state.withLock { ($0.admission.running, $0.admission.waiting) }
    }

    /// Why a request would be sent away if it came now; nil where there is a place for it.
    ///
    /// With this a request can be refused by its head alone: in a storm that is most of what there is to do.
    func refusal(label: String, limit: Int, mayBeUrgent: Bool) -> ServiceError? {
        let reached = state.withLock {
            $0.admission.limit(label: label, labelLimit: limit, isUrgent: mayBeUrgent)
        }
        return reached.map(shed)
    }

    /// Runs the body when there is a place for it.
    ///
    /// - Throws: ``ServiceError`` with code `overloaded` where there is none; `CancellationError` where the task is
    ///   cancelled while it waits; what the body throws.
    /// - Parameter isUrgent: Whether it comes before others that wait.
    func run<Result>(
        label: String, limit: Int, isUrgent: Bool = false, _ body: () async throws -> Result
    ) async throws -> Result {
        let arrival = ContinuousClock.now
        let (id, decision) = state.withLock { state in
            state.nextID += 1
            let decision = state.admission.request(
                state.nextID, label: label, labelLimit: limit, isUrgent: isUrgent)
            return (state.nextID, decision)
        }
        switch decision {
        case .run: break
        case .shed(let limit): throw shed(limit)
        case .wait:
            guard await turn(id, label: label) else { throw CancellationError() }
        }
        defer { leave(label) }
        guard decision == .run || ContinuousClock.now - arrival <= patience else { throw shed(.patience) }
        return try await body()
    }

    private func shed(_ limit: AdmissionState.Limit) -> ServiceError {
        onShed(limit)
        return ServiceError(
            .overloaded, "Too many enrollments at once.", reason: .init(rawValue: "overloaded-\(limit.rawValue)"))
    }

    /// - Returns: false where the task was cancelled before its turn came; then it has no place.
    private func turn(_ id: UInt64, label: String) async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let outcome: Bool? = state.withLock { state in
                    if state.granted.remove(id) != nil { return true }
                    // Cancelled before there was a continuation to tell: it has given up, or does so now.
                    if Task.isCancelled || !state.admission.isWaiting(id) {
                        _ = state.admission.abandon(id, label: label)
                        return false
                    }
                    state.continuations[id] = continuation
                    return nil
                }
                if let outcome { continuation.resume(returning: outcome) }
            }
        } onCancel: {
            let continuation = state.withLock { state in
                state.admission.abandon(id, label: label) ? state.continuations.removeValue(forKey: id) : nil
            }
            continuation?.resume(returning: false)
        }
    }

    private func leave(_ label: String) {
        let next: CheckedContinuation<Bool, Never>? = state.withLock { state in
            guard let next = state.admission.leave(label: label) else { return nil }
            guard let continuation = state.continuations.removeValue(forKey: next) else {
                state.granted.insert(next)
                return nil
            }
            return continuation
        }
        next?.resume(returning: true)
    }
}
