internal import ClusterTransport
internal import Foundation
internal import Synchronization

/// The requests that are being decided: a second one with the same digest waits for the first one's result.
///
/// Bounded by the lane that admits enrollments.
final class InFlightRequests<Result: Sendable>: Sendable {
    private let tasks = Mutex<[Data: Task<Result, any Error>]>([:])

    var count: Int {
        tasks.withLock { $0.count }
    }

    /// Runs `body`, or waits for the one that runs already under this digest.
    ///
    /// The work goes on when its first caller goes away: others may wait for it, and what is signed must be recorded.
    ///
    /// - Returns: the result, and whether it is another one's.
    func run(
        _ digest: Data, _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> (result: Result, joined: Bool) {
        let (task, joined) = tasks.withLock { tasks in
            if let running = tasks[digest] {
                return (running, true)
            }
            let task = Task {
                defer { self.tasks.withLock { $0[digest] = nil } }
                return try await body()
            }
            tasks[digest] = task
            return (task, false)
        }
        return (try await task.value, joined)
    }
}
