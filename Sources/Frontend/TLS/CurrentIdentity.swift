internal import Foundation
internal import NIOSSL
internal import Synchronization
internal import X509

/// The TLS context that new connections get, replaced without a restart.
final class CurrentIdentity: Sendable {
    private struct State {
        var context: NIOSSLContext?
        var notAfter: Int64?
    }

    private let settings: TLSSettings
    private let state = Mutex(State())
    private let changes: AsyncStream<Void>
    private let changed: AsyncStream<Void>.Continuation

    init(settings: TLSSettings) {
        self.settings = settings
        (changes, changed) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    var context: NIOSSLContext? {
        state.withLock { $0.context }
    }

    /// The end of the certificate in use, in seconds since 1970.
    var notAfter: Int64? {
        state.withLock { $0.notAfter }
    }

    func use(_ identity: ServerIdentity) throws {
        let context = try settings.context(for: identity)
        state.withLock { state in
            state.context = context
            state.notAfter = Int64(identity.leaf.notValidAfter.timeIntervalSince1970)
        }
        changed.yield()
    }

    /// Returns when there is an identity, or when the task is cancelled. For one waiter.
    func waitUntilPresent() async {
        guard context == nil else { return }
        for await _ in changes where context != nil { return }
    }
}
