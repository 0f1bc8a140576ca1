internal import Synchronization

/// The bytes that came in on a connection and that nobody has read.
final class Inbox: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var isClosed = false
        var isOutOfPatience = false
        var waiter: CheckedContinuation<Void, Never>?
        var seen = 0
    }

    private let state = Mutex(State())

    var bytes: [UInt8] { state.withLock { $0.bytes } }
    var isOutOfPatience: Bool { state.withLock { $0.isOutOfPatience } }

    func drop(_ count: Int) {
        state.withLock { state in
            state.bytes.removeFirst(count)
            state.seen = 0
        }
    }

    /// Waits for more bytes; false at the end.
    ///
    /// - Throws: ``PatienceRanOut`` where it was not the server that made the end.
    func more() async throws -> Bool {
        await withCheckedContinuation { continuation in
            let goesOn = state.withLock { state in
                if state.bytes.count > state.seen || state.isClosed { return true }
                state.waiter = continuation
                return false
            }
            if goesOn { continuation.resume() }
        }
        return try state.withLock { state in
            defer { state.seen = state.bytes.count }
            if state.bytes.count > state.seen { return true }
            guard !state.isOutOfPatience else { throw PatienceRanOut() }
            return false
        }
    }

    func append(_ bytes: some Sequence<UInt8>) {
        wake { $0.bytes += bytes }
    }

    func close() {
        wake { $0.isClosed = true }
    }

    func losePatience() {
        wake { $0.isOutOfPatience = !$0.isClosed }
    }

    private func wake(_ change: (inout State) -> Void) {
        let waiter = state.withLock { state in
            change(&state)
            return exchange(&state.waiter, with: nil)
        }
        waiter?.resume()
    }
}
