internal import Dispatch
internal import Foundation
internal import Synchronization

/// SIGINT and SIGTERM as a sequence: 1 for the first, 2 for the second …
final class StopSignals {
    let numbers: AsyncStream<Int>
    /// Ends the sequence.
    let end: @Sendable () -> Void
    /// Counts as a signal.
    let stop: @Sendable () -> Void
    private let sources: [any DispatchSourceSignal]
    private let step: Step

    init() {
        let (stream, continuation) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(8))
        numbers = stream
        end = { continuation.finish() }
        let count = Count()
        let step = Step()
        self.step = step
        stop = { continuation.yield(count.next()) }
        sources = [SIGINT, SIGTERM].map { number in
            // A signal that is not ignored would end the process before the source sees it.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                continuation.yield(count.next())
                step.cancel()
            }
            source.resume()
            return source
        }
    }

    deinit {
        for source in sources { source.cancel() }
    }

    /// Runs a step that a signal cancels. The signal stays in ``numbers`` too.
    ///
    /// - Throws: what the step throws.
    func cancelling(_ body: @escaping @Sendable () async throws -> Void) async throws {
        let task = Task { try await body() }
        step.begin(task)
        defer { step.end() }
        try await task.value
    }

    /// What a signal cancels, if anything.
    private final class Step: Sendable {
        private struct State {
            var task: Task<Void, any Error>?
            var isCancelled = false
        }

        private let state = Mutex(State())

        func begin(_ task: Task<Void, any Error>) {
            state.withLock { state in
                state.task = task
                if state.isCancelled { task.cancel() }
            }
        }

        func cancel() {
            state.withLock { state in
                state.isCancelled = true
                state.task?.cancel()
            }
        }

        func end() {
            state.withLock { $0.task = nil }
        }
    }

    private final class Count: Sendable {
        private let value = Mutex(0)

        func next() -> Int {
            value.withLock { value in
                value += 1
                return value
            }
        }
    }
}
