/// So many at once, and as many again evenly over a time, as configuration files write it: `120/1h`, or `off`.
package struct Rate: Sendable, Hashable, CustomStringConvertible {
    package static let counts = 1...1_000_000_000
    package static let periods: ClosedRange<Duration> = .seconds(1) ... .seconds(366 * 86_400)

    package let count: Int
    package let period: Duration

    /// - Precondition: both are within their bounds.
    package init(_ count: Int, per period: Duration) {
        precondition(Self.counts.contains(count) && Self.periods.contains(period))
        self.count = count
        self.period = period
    }

    /// The rate that the text stands for; nil where it is none.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let count = Int(parts[0]), Self.counts.contains(count),
            let period = DurationText.parse(String(parts[1])), Self.periods.contains(period)
        else { return nil }
        self.init(count, per: period)
    }

    /// In which time one of them comes back.
    package var increment: Duration { period / count }

    package var description: String { "\(count)/\(DurationText.format(period))" }
}

extension ConfigurationReader {
    /// A rate such as `120/1h`; nil for `off`.
    package func rate(_ key: String, default standard: Rate?) throws -> Rate? {
        guard let text = try optionalString(key) else { return standard }
        if text == "off" { return nil }
        guard let rate = Rate(text) else {
            throw error(
                key,
                "«\(text)» is no rate: a number and a time from 1s to 366d are expected, such as 120/1h, or off")
        }
        return rate
    }
}
