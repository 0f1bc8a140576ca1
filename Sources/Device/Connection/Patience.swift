/// How long a device goes on trying, and how it spreads its tries.
package struct Patience: Sendable {
    /// Tries that failed for want of a server: no connection, or 503.
    package var maximumFailures = 6
    /// The pause after the first failure, in seconds; it doubles from one to the next.
    package var firstPause = 1.0
    package var longestPause = 120.0
    /// How long an enrollment may wait for approval (202), in seconds.
    package var approval = 0.0

    package init() {}

    /// The pause before the next try, in seconds.
    ///
    /// - Parameters:
    ///   - failures: how many tries have failed, at least one.
    ///   - asked: what the server asked for; never less than that is waited.
    ///   - jitter: from 0 to 1: devices that failed together don't come back together.
    func pause(failures: Int, asked: Double?, jitter: Double) -> Double {
        let doubled = firstPause * Double(1 << min(20, max(0, failures - 1)))
        let own = min(longestPause, doubled) * (0.5 + jitter / 2)
        guard let asked else { return own }
        return asked + min(asked / 4, 30) * jitter
    }
}
