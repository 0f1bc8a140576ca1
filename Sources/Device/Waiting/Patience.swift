/// How long a device goes on trying, and how it spreads its tries.
package struct Patience: Sendable, Equatable {
    /// The most seconds from the first try to the last: for an approval as well as for a server that is busy or away.
    package var longestWait: Double
    /// The pause after the first failure, in seconds; it doubles from one to the next.
    package var firstPause = 1.0
    package var longestPause = 120.0
    /// The pause where a server says 202 without `Retry-After`.
    package var approvalPause = 60.0

    package init(longestWait: Double = 60) {
        self.longestWait = longestWait
    }
}

/// When the next try of one request is due: no clock, no randomness.
struct TryPlan {
    let patience: Patience
    private(set) var failures = 0

    /// However short a server's `Retry-After` is.
    private static let shortestPause = 1.0

    init(_ patience: Patience) {
        self.patience = patience
    }

    /// The pause after a request that waits for approval (202), in seconds; nil where the device's patience ends first.
    mutating func pause(afterPending asked: Double?, elapsed: Double, jitter: Double) -> Double? {
        failures = 0
        return fitting(spread(max(Self.shortestPause, asked ?? patience.approvalPause), jitter), elapsed)
    }

    /// The pause after a try that failed; nil where the device's patience ends first.
    ///
    /// - Parameters:
    ///   - asked: what the server asked for; never less than that is waited.
    ///   - jitter: from 0 to 1: devices that failed together don't come back together.
    mutating func pause(afterFailure asked: Double?, elapsed: Double, jitter: Double) -> Double? {
        let doubled = patience.firstPause * Double(1 << min(20, failures))
        failures += 1
        let own = min(patience.longestPause, doubled) * (0.5 + jitter / 2)
        return fitting(asked.map { spread(max(Self.shortestPause, $0), jitter) } ?? own, elapsed)
    }

    private func spread(_ asked: Double, _ jitter: Double) -> Double {
        asked + min(asked / 4, 30) * jitter
    }

    private func fitting(_ pause: Double, _ elapsed: Double) -> Double? {
        elapsed + pause <= patience.longestWait ? pause : nil
    }
}
