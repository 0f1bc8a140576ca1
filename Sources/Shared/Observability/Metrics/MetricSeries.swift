internal import CoreMetrics
internal import Synchronization

/// One series: a metric's name with one set of labels.
protocol MetricSeries: AnyObject, Sendable {
    func render(name: String, labels: String, to text: inout String)
}

final class CounterSeries: CounterHandler, MetricSeries {
    private let value = Atomic<Int64>(0)

    func increment(by amount: Int64) {
        guard amount > 0 else { return }
        value.wrappingAdd(amount, ordering: .relaxed)
    }

    func reset() {
        value.store(0, ordering: .relaxed)
    }

    func render(name: String, labels: String, to text: inout String) {
        PrometheusText.appendSample(name, labels, "\(value.load(ordering: .relaxed))", to: &text)
    }
}

final class GaugeSeries: MeterHandler, RecorderHandler, MetricSeries {
    private let value = Mutex(0.0)

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { self.value.withLock { $0 = value } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }

    func render(name: String, labels: String, to text: inout String) {
        PrometheusText.appendSample(name, labels, PrometheusText.number(value.withLock { $0 }), to: &text)
    }
}

final class HistogramSeries: TimerHandler, RecorderHandler, MetricSeries {
    private struct State {
        /// A count for each bound, and one for what is above the last. Not cumulative.
        var counts: [Int64]
        var sum = 0.0
    }

    /// Upper bounds for durations, in seconds.
    static let seconds = [0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
    /// Upper bounds for sizes and counts.
    static let sizes: [Double] = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 100_000, 1_000_000]

    private let bounds: [Double]
    private let state: Mutex<State>

    init(bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(State(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        guard !value.isNaN else { return }
        let index = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock { state in
            state.counts[index] += 1
            state.sum += value
        }
    }

    func render(name: String, labels: String, to text: inout String) {
        let state = state.withLock { $0 }
        let prefix = labels.isEmpty ? "" : labels + ","
        var total: Int64 = 0
        for (index, count) in state.counts.enumerated() {
            total += count
            let bound = index < bounds.count ? PrometheusText.number(bounds[index]) : "+Inf"
            PrometheusText.appendSample("\(name)_bucket", "\(prefix)le=\"\(bound)\"", "\(total)", to: &text)
        }
        PrometheusText.appendSample("\(name)_sum", labels, PrometheusText.number(state.sum), to: &text)
        PrometheusText.appendSample("\(name)_count", labels, "\(total)", to: &text)
    }
}
