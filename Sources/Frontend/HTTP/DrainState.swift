internal import Synchronization

/// Whether the server is shutting down, and how many requests it still has to answer.
final class DrainState: Sendable {
    private let draining = Atomic<Bool>(false)
    private let requests = Atomic<Int>(0)

    var isDraining: Bool { draining.load(ordering: .relaxed) }
    var inFlight: Int { requests.load(ordering: .relaxed) }

    func begin() {
        draining.store(true, ordering: .relaxed)
    }

    /// Counts a request for as long as the token lives.
    func request() -> Token {
        Token(self)
    }

    final class Token: Sendable {
        private let state: DrainState

        fileprivate init(_ state: DrainState) {
            self.state = state
            state.requests.wrappingAdd(1, ordering: .relaxed)
        }

        deinit {
            state.requests.wrappingSubtract(1, ordering: .relaxed)
        }
    }
}
