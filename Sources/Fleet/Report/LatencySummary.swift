internal import Histogram

/// A histogram in a few figures, all in microseconds.
package struct LatencySummary: Codable, Sendable, Equatable {
    package var count: UInt64
    package var min: UInt64
    package var mean: Double
    package var p50: UInt64
    package var p75: UInt64
    package var p90: UInt64
    package var p95: UInt64
    package var p99: UInt64
    package var p999: UInt64
    package var p9999: UInt64
    package var max: UInt64

    /// - Returns: nil for a histogram without a value.
    package init?(_ latencies: Tally.Latencies) {
        guard latencies.totalCount > 0 else { return nil }
        count = latencies.totalCount
        // The histogram's figures are the ends of its ranges; no percentile is above the largest value.
        let most = latencies.max
        func at(_ percentile: Double) -> UInt64 { Swift.min(most, latencies.valueAtPercentile(percentile)) }
        min = latencies.min
        mean = (latencies.mean * 10).rounded() / 10
        p50 = at(50)
        p75 = at(75)
        p90 = at(90)
        p95 = at(95)
        p99 = at(99)
        p999 = at(99.9)
        p9999 = at(99.99)
        max = most
    }
}
