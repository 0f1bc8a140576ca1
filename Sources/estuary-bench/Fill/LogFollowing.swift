internal import Auditor
internal import Foundation
internal import Logging

/// Has the auditor's own code take the events of a log that was filled into its tree and its index.
enum LogFollowing {
    /// How long the index may stand still.
    private static let patience = Duration.seconds(120)

    /// - Parameter configuration: the auditor's configuration file.
    /// - Throws: ``BenchFailure`` where the index does not come to the log's end.
    static func complete(configuration path: String) async throws {
        let store = try EventStore(
            configuration: AuditorConfiguration.load(path: path), logger: Logger(label: "estuary-bench"))
        try await run(store) { try await waitForIndex(of: store) }
        try await store.close()
    }

    /// Runs a store, with its search index or without, while the body runs.
    static func run<Result: Sendable>(
        _ store: EventStore, indexing: Bool = true, _ body: () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await store.run(indexing: indexing) }
            defer { store.finish() }
            let result = try await body()
            store.finish()
            try await group.waitForAll()
            return result
        }
    }

    static func waitForIndex(of store: EventStore) async throws {
        var backlog = await store.indexBacklog
        var (movedAt, saidAt) = (ContinuousClock.now, ContinuousClock.now)
        while backlog > 0 {
            try await Task.sleep(for: .milliseconds(5))
            let left = await store.indexBacklog
            let now = ContinuousClock.now
            if left < backlog { movedAt = now }
            guard now - movedAt < patience else {
                throw BenchFailure("The index stands still, \(left) events before the log's end.")
            }
            if now - saidAt > .seconds(30) {
                Progress.say("index: \(left) events left")
                saidAt = now
            }
            backlog = left
        }
    }
}
