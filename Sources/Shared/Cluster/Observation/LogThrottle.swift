/// Lets one log line a second through: of what a peer can cause as often as it likes.
struct LogThrottle {
    private var suppressed = 0
    private var next: ContinuousClock.Instant?

    /// - Returns: how many lines were kept back since the last one, where this one may be written; else nil.
    mutating func admit(at now: ContinuousClock.Instant) -> Int? {
        if let next, now < next {
            suppressed += 1
            return nil
        }
        defer { suppressed = 0 }
        next = now + .seconds(1)
        return suppressed
    }
}
