internal import ClusterTransport
internal import Dispatch
internal import Foundation
internal import PKI
internal import Synchronization

/// Makes keys for devices, without keeping other work waiting.
///
/// Elliptic curve keys take microseconds. RSA keys take tenths of a second of a processor each: they are made on threads
/// of their own, half as many as there are processors, and as many as wait for them are bounded.
final class KeyGenerator: Sendable {
    private static let maximumWaiting = 128

    private struct State {
        var waiting = 0
        var next = 0
    }

    private let queues: [DispatchQueue]
    private let state = Mutex(State())

    init() {
        let count = max(1, ProcessInfo.processInfo.activeProcessorCount / 2)
        queues = (1...count).map { DispatchQueue(label: "estuary.key-generation.\($0)", qos: .utility) }
    }

    /// - Parameter deadline: after this the key is not made any more: nobody waits for it.
    /// - Throws: `overloaded`, `deadlineExceeded`; ``CryptoLibraryError``.
    func make(_ kind: ServerKey, deadline: ContinuousClock.Instant) async throws -> GeneratedKey {
        guard kind == .rsa2048 || kind == .rsa3072 else { return try GeneratedKey(kind) }
        let index: Int? = state.withLock { state in
            guard state.waiting < Self.maximumWaiting else { return nil }
            state.waiting += 1
            state.next = (state.next + 1) % queues.count
            return state.next
        }
        guard let index else {
            throw ServiceError(.overloaded, "Too many keys are to be made.", retryAfter: 10)
        }
        defer { state.withLock { $0.waiting -= 1 } }
        return try await withCheckedThrowingContinuation { continuation in
            queues[index].async {
                guard ContinuousClock.now < deadline else {
                    continuation.resume(throwing: ServiceError(.deadlineExceeded, "The request came too late."))
                    return
                }
                continuation.resume(with: Result { try GeneratedKey(kind) })
            }
        }
    }
}
