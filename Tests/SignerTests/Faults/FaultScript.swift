internal import FaultInjection
internal import Synchronization

/// Which step fails, how, and how often still.
final class FaultScript: Sendable {
    private struct State {
        var point: FaultPoint?
        var failure = FaultHook.Failure.notDone
        var remaining = 0
        var fired = 0
    }

    private let state = Mutex(State())

    var hook: FaultHook {
        FaultHook { [self] point in
            state.withLock { state in
                guard state.point == point, state.remaining > 0 else { return nil }
                state.remaining -= 1
                state.fired += 1
                return state.failure
            }
        }
    }

    /// Has the next so many passes of a step fail.
    func arm(_ point: FaultPoint, _ failure: FaultHook.Failure, times: Int) {
        state.withLock { $0 = State(point: point, failure: failure, remaining: times) }
    }

    /// How often the step has failed.
    var fired: Int { state.withLock { $0.fired } }
}
