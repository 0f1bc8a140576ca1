/// How long to wait before a lost connection's socket is made anew: longer each time, until one held for a while.
struct ReconnectDelay {
    static let first = Duration.milliseconds(20)
    static let longest = Duration.seconds(1)
    /// A connection that held this long was a good one.
    static let goodAfter = Duration.seconds(2)

    private var next = Self.first
    private var upSince: ContinuousClock.Instant?

    mutating func connectionCameUp(at now: ContinuousClock.Instant) {
        upSince = now
    }

    mutating func connectionWasLost(at now: ContinuousClock.Instant) -> Duration {
        if let upSince, now - upSince >= Self.goodAfter { next = Self.first }
        upSince = nil
        defer { next = min(next * 2, Self.longest) }
        return next
    }
}
