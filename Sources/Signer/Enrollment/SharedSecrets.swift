internal import Foundation
internal import Synchronization

/// The multi-use enrollment secrets that were asked for of late, so that a fleet that shares one does not have it looked
/// up for every device. Single-use ones are asked for once.
///
/// What is remembered may lag behind in its uses: the ledger's writer burns a use, or finds that there is none. It never
/// lags behind a revocation: every change that an operator makes empties it before the operator has an answer.
final class SharedSecrets: Sendable {
    private struct State {
        var secrets: [Data: SecretRecord] = [:]
        /// Counts the changes, so that what was read before one is not remembered after it.
        var generation = 0
    }

    /// Past this it begins anew.
    private static let maximumCount = 1024

    private let state = Mutex(State())

    /// The secret with this SHA-256, remembered or read.
    func find(sha256: Data, _ read: () throws -> SecretRecord?) rethrows -> SecretRecord? {
        let (remembered, generation) = state.withLock { ($0.secrets[sha256], $0.generation) }
        if let remembered { return remembered }
        guard let record = try read() else { return nil }
        guard record.isMultiUse, !record.isSpent, record.revokedAt == nil else { return record }
        state.withLock { state in
            guard state.generation == generation else { return }
            if state.secrets.count >= Self.maximumCount { state.secrets.removeAll() }
            state.secrets[sha256] = record
        }
        return record
    }

    /// Forgets all: an operator's change has been committed, or a remembered secret was found to be spent.
    func forget() {
        state.withLock { state in
            state.secrets.removeAll()
            state.generation += 1
        }
    }
}
