internal import ConfigurationFile

/// GCRA, the generic cell rate algorithm, for many keys: one theoretical arrival time each (design §10).
///
/// A key may take a rate's count at once and gets it back evenly over the rate's period, so that the time until the next
/// one is exact. What is refused lengthens nothing. Pure: time comes in.
struct RateLimiter: Sendable {
    struct Entry: Sendable {
        /// When the key will have got back everything.
        var whole: ContinuousClock.Instant
        /// Refusals that stand in no event.
        var unreported = 0
        /// When a refusal was last reported.
        var reported: ContinuousClock.Instant?

        /// How long until the key has got back everything; where the rate was changed, at most the new one's period.
        func debt(_ rate: Rate, at now: ContinuousClock.Instant) -> Duration {
            min(max(whole - now, .zero), rate.period)
        }
    }

    /// How long after a reported refusal the next ones are only counted.
    static let reportInterval = Duration.seconds(60)

    private var entries: RecentlyUsed<String, Entry>
    /// Of keys that were forgotten.
    private var unreported = 0

    /// - Parameter capacity: how many keys are remembered; past that the least recently used one is forgotten, and has its
    ///   whole rate again.
    init(capacity: Int) {
        entries = RecentlyUsed(capacity: capacity)
    }

    var count: Int { entries.count }

    /// How long the key has to wait for one more; nil where it need not.
    func wait(for key: String, _ rate: Rate, at now: ContinuousClock.Instant) -> Duration? {
        guard let entry = entries.peek(key) else { return nil }
        let excess = entry.debt(rate, at: now) + rate.increment - rate.period
        return excess > .zero ? excess : nil
    }

    /// Takes one. To be asked before: ``wait(for:_:at:)``.
    mutating func take(_ key: String, _ rate: Rate, at now: ContinuousClock.Instant) {
        let evicted = entries.use(key, initial: Entry(whole: now)) {
            $0.whole = now + $0.debt(rate, at: now) + rate.increment
        }
        unreported += evicted?.unreported ?? 0
    }

    /// Gives one back that led to nothing.
    mutating func giveBack(_ key: String, _ rate: Rate, at now: ContinuousClock.Instant) {
        guard entries.peek(key) != nil else { return }
        entries.use(key, initial: Entry(whole: now)) { $0.whole -= rate.increment }
    }

    /// Counts a refusal.
    ///
    /// - Returns: whether it is to have an event of its own: the first one in a while has.
    mutating func refused(_ key: String, _ rate: Rate, at now: ContinuousClock.Instant) -> Bool {
        var isReported = false
        let evicted = entries.use(key, initial: Entry(whole: now)) { entry in
            entry.whole = now + entry.debt(rate, at: now)
            isReported = entry.reported.map { now - $0 >= Self.reportInterval } ?? true
            if isReported {
                entry.reported = now
            } else {
                entry.unreported += 1
            }
        }
        unreported += evicted?.unreported ?? 0
        return isReported
    }

    /// The refusals since the last time that stand in no event, by key; nil for keys that were forgotten.
    ///
    /// - Parameter maximum: of how many keys; those of others come under nil.
    mutating func takeUnreported(maximum: Int) -> [(key: String?, count: Int)] {
        var reports: [(key: String?, count: Int)] = []
        var others = unreported
        unreported = 0
        entries.changeAll { key, entry in
            guard entry.unreported > 0 else { return }
            if reports.count < maximum {
                reports.append((key, entry.unreported))
            } else {
                others += entry.unreported
            }
            entry.unreported = 0
        }
        if others > 0 { reports.append((nil, others)) }
        return reports
    }
}
