internal import Synchronization

/// How much of the console's work runs at once.
final class ConsolePlaces: Sendable {
    private struct State {
        var queries = 0
        var streams = 0
        var exports = 0
    }

    private let limits: ConsoleLimits
    private let state = Mutex(State())

    init(limits: ConsoleLimits) {
        self.limits = limits
    }

    func query<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
        try take(\.queries, limits.queries, "queries")
        defer { give(\.queries) }
        return try await body()
    }

    /// Taken by a stream until ``endStream()``.
    func beginStream() throws { try take(\.streams, limits.streams, "streams") }
    func endStream() { give(\.streams) }
    func beginExport() throws { try take(\.exports, limits.exports, "exports") }
    func endExport() { give(\.exports) }

    private func take(_ count: any WritableKeyPath<State, Int> & Sendable, _ limit: Int, _ what: String) throws {
        try state.withLock { state in
            guard state[keyPath: count] < limit else { throw ConsoleError.busy(what) }
            state[keyPath: count] += 1
        }
    }

    private func give(_ count: any WritableKeyPath<State, Int> & Sendable) {
        state.withLock { $0[keyPath: count] -= 1 }
    }
}
