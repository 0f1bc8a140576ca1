internal import Dispatch
internal import Foundation
internal import Synchronization

/// SIGINT and SIGTERM as a sequence: 1 for the first, 2 for the second …
final class StopSignals {
    let numbers: AsyncStream<Int>
    /// Ends the sequence.
    let end: @Sendable () -> Void
    private let sources: [any DispatchSourceSignal]

    init() {
        let (stream, continuation) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(8))
        numbers = stream
        end = { continuation.finish() }
        let count = Count()
        sources = [SIGINT, SIGTERM].map { number in
            // A signal that is not ignored would end the process before the source sees it.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield(count.next()) }
            source.resume()
            return source
        }
    }

    deinit {
        for source in sources { source.cancel() }
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
