internal import NIOCore

/// How often each client network may fail to authenticate (design §10): GCRA, one theoretical arrival time a network.
///
/// A network may fail ``Limits/failures`` times at once, and gets that number back evenly over ``Limits/window``. Past
/// that a failure is turned away; it does not lengthen the time until the network may fail again. Pure: time comes in.
struct FailureLimitState {
    struct Limits: Sendable, Equatable {
        var failures = 100
        var window = Duration.seconds(60)
        /// The most networks that are remembered. Past it the one that has failed first is forgotten.
        var networks = 10_000
    }

    enum Verdict: Equatable {
        case withinLimit
        /// To be turned away; the network may fail again, and not only once, after so long.
        case beyondLimit(retryAfter: Duration)
    }

    /// Refusals that stand in no event of their own.
    struct Report: Equatable {
        /// nil: of several networks.
        var network: ClientNetwork?
        var count: Int
    }

    private struct Entry {
        /// When the network will have got back everything.
        var whole: ContinuousClock.Instant
        var unreported = 0
    }

    /// How many networks have a report of their own; the others share one.
    private static let maximumReports = 100

    let limits: Limits
    private let increment: Duration
    private var entries: [ClientNetwork: Entry] = [:]
    /// In the order of their first failures; as long as ``entries``.
    private var order = CircularBuffer<ClientNetwork>()
    /// Of networks that are forgotten.
    private var unreported = 0

    init(limits: Limits) {
        self.limits = limits
        increment = limits.window / max(1, limits.failures)
    }

    var networkCount: Int { entries.count }

    /// A client of this network failed to authenticate.
    ///
    /// - Parameter isRecorded: Whether that already stands in an event.
    mutating func failed(_ network: ClientNetwork, at now: ContinuousClock.Instant, isRecorded: Bool) -> Verdict {
        if entries[network] == nil {
            forgetOld(at: now)
            order.append(network)
        }
        var entry = entries[network] ?? Entry(whole: now)
        defer { entries[network] = entry }
        let whole = max(entry.whole, now)
        guard whole + increment - now > limits.window else {
            entry.whole = whole + increment
            return .withinLimit
        }
        if !isRecorded { entry.unreported += 1 }
        return .beyondLimit(retryAfter: max(whole - now - limits.window / 2, .seconds(1)))
    }

    /// Whether one more failure would be turned away.
    func isBeyondLimit(_ network: ClientNetwork, at now: ContinuousClock.Instant) -> Bool {
        guard let entry = entries[network] else { return false }
        return max(entry.whole, now) + increment - now > limits.window
    }

    /// What has been turned away since the last time and stands in no event.
    mutating func takeReports() -> [Report] {
        var reports: [Report] = []
        var others = exchange(&unreported, with: 0)
        for network in order {
            guard let count = entries[network]?.unreported, count > 0 else { continue }
            entries[network]?.unreported = 0
            if reports.count < Self.maximumReports {
                reports.append(Report(network: network, count: count))
            } else {
                others += count
            }
        }
        if others > 0 { reports.append(Report(network: nil, count: others)) }
        return reports
    }

    private mutating func forgetOld(at now: ContinuousClock.Instant) {
        while let first = order.first, let entry = entries[first],
            entries.count >= limits.networks || entry.whole <= now
        {
            order.removeFirst()
            entries[first] = nil
            unreported += entry.unreported
        }
    }
}
