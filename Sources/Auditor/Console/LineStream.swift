internal import Hummingbird
internal import Logging
internal import NIOCore
internal import Synchronization

/// Ends a connection whose reader leaves a piece of an answer lying for too long.
///
/// A piece is only made when the one before has been taken, so a reader that is slow costs one piece of memory; this
/// bounds for how long it may.
final class SlowReaderGuard: Sendable {
    private let writingSince = Mutex<ContinuousClock.Instant?>(nil)
    private let watch: Task<Void, Never>

    init(channel: any Channel, limit: Duration, logger: Logger) {
        let reference = WeakReference()
        watch = Task {
            while (try? await Task.sleep(for: min(limit / 4, .seconds(1)))) != nil {
                guard let writing = reference.value?.writingSince.withLock({ $0 }) else { continue }
                guard ContinuousClock.now - writing > limit else { continue }
                logger.info("console reader is too slow and is cut")
                channel.close(promise: nil)
                return
            }
        }
        reference.set(self)
    }

    func around(_ write: () async throws -> Void) async throws {
        writingSince.withLock { $0 = .now }
        defer { writingSince.withLock { $0 = nil } }
        try await write()
    }

    func end() { watch.cancel() }

    private final class WeakReference: Sendable {
        private struct Weak: Sendable { weak var value: SlowReaderGuard? }
        private let state = Mutex(Weak())
        var value: SlowReaderGuard? { state.withLock { $0.value } }
        func set(_ value: SlowReaderGuard) { state.withLock { $0.value = value } }
    }
}
