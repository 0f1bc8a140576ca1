internal import ClusterProtocol
internal import Synchronization
internal import TransparencyLog

/// What the auditor remembers, as long as it runs, of the log's witness and of what it has shown to others.
final class WitnessState: Sendable {
    /// How long an older checkpoint with a cosignature is shown while a newer one waits for its own.
    private static let patience = Duration.seconds(30)

    private struct State {
        var report: WitnessReport?
        var cosigned: (size: Int64, time: Int64)?
        var cosignedAt: ContinuousClock.Instant?
        /// The size of the tree that was shown last.
        var shown: Int64 = 0
    }

    private let state = Mutex(State())

    /// The witness's last word, and the tree that it has cosigned, with the time in seconds since 1970.
    var last: (report: WitnessReport, cosigned: (size: Int64, time: Int64)?)? {
        state.withLock { state in state.report.map { ($0, state.cosigned) } }
    }

    func take(_ report: WitnessReport, cosigned: CosignedCheckpoint?, at now: ContinuousClock.Instant = .now) {
        state.withLock { state in
            state.report = report
            guard let cosigned else { return }
            (state.cosigned, state.cosignedAt) = ((cosigned.checkpoint.size, cosigned.time), now)
        }
    }

    /// From now on no tree is shown that is smaller than this.
    func show(atLeast size: Int64) {
        state.withLock { $0.shown = max($0.shown, size) }
    }

    /// Which checkpoint is shown.
    func choose(
        newest: (note: SignedNote, size: Int64), cosigned: (note: SignedNote, size: Int64),
        at now: ContinuousClock.Instant = .now
    ) -> SignedNote {
        state.withLock { state in
            let isFresh = state.cosignedAt.map { now - $0 <= Self.patience } ?? false
            let isChosen = cosigned.size >= state.shown && (isFresh || cosigned.size == newest.size)
            state.shown = max(state.shown, isChosen ? cosigned.size : newest.size)
            return isChosen ? cosigned.note : newest.note
        }
    }
}
