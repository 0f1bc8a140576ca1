package import CoreMetrics
internal import Synchronization

/// Every metric of this process, as a backend of swift-metrics that renders the Prometheus text format.
///
/// Counters become counters, gauges, meters and plain recorders gauges, timers histograms in seconds (so that their
/// names end in `_seconds`), aggregating recorders histograms. A component makes its metrics with this registry as the
/// factory, one struct a component, and never with a label value that a client chooses: ``maximumSeries`` is the last
/// bound on memory, not the first. A series beyond it is not kept, and counted.
package final class MetricsRegistry: MetricsFactory, Sendable {
    enum Kind: String {
        case counter, gauge, histogram
    }

    struct Family {
        let kind: Kind
        /// By the label part as it is rendered, without the braces.
        var series: [String: any MetricSeries]
    }

    struct State {
        var families: [String: Family] = [:]
        var help: [String: String] = [:]
        var collectors: [@Sendable () -> Void] = []
        var seriesCount = 0
        var refused = 0
    }

    package let maximumSeries: Int
    private let state = Mutex(State())

    package init(maximumSeries: Int = 2_000) {
        self.maximumSeries = maximumSeries
        let build = Gauge(label: "estuary_build_info", dimensions: [("version", EstuaryVersion.current)], factory: self)
        build.record(1)
        Gauge(label: "process_start_time_seconds", factory: self).record(ProcessStart.secondsSince1970)
        describe("estuary_build_info", "The version of this build; always 1.")
        describe("process_start_time_seconds", "When the process started, in seconds since 1970.")
        describe(Self.refusedName, "Metrics that were not kept, because there were too many or of another kind.")
    }

    /// Gives a metric its HELP line.
    package func describe(_ name: String, _ help: String) {
        state.withLock { $0.help[PrometheusText.name(name)] = help }
    }

    /// Adds a closure that runs before each rendering, for gauges that show what something else holds.
    ///
    /// Collectors are never removed: they belong to components that live as long as the process.
    package func beforeRendering(_ collect: @escaping @Sendable () -> Void) {
        state.withLock { $0.collectors.append(collect) }
    }

    /// Shows counts that something else keeps, asked for before each rendering.
    package func show(
        _ samples: @escaping @Sendable () -> [(name: String, dimensions: [(String, String)], value: Int)]
    ) {
        beforeRendering { [unowned self] in
            for sample in samples() {
                Gauge(label: sample.name, dimensions: sample.dimensions, factory: self).record(sample.value)
            }
        }
    }

    /// All metrics in the Prometheus text format 0.0.4, sorted by name.
    package func render() -> String {
        for collect in state.withLock({ $0.collectors }) {
            collect()
        }
        let (families, help, refused) = state.withLock { ($0.families, $0.help, $0.refused) }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            PrometheusText.appendHeader(name: name, kind: family.kind, help: help[name], to: &text)
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                series.render(name: name, labels: labels, to: &text)
            }
        }
        PrometheusText.appendHeader(
            name: Self.refusedName, kind: .counter, help: help[Self.refusedName], to: &text)
        PrometheusText.appendSample(Self.refusedName, "", "\(refused)", to: &text)
        return text
    }

    private static let refusedName = "estuary_metrics_refused_total"

    /// The series of that name and labels, made if need be. One that can't be kept works, and nobody sees it.
    private func series<S: MetricSeries>(
        _ label: String, _ dimensions: [(String, String)], _ kind: Kind, make: () -> S
    ) -> S {
        let name = PrometheusText.name(label)
        let labels = PrometheusText.labels(dimensions)
        return state.withLock { state in
            if let existing = state.families[name]?.series[labels] as? S {
                return existing
            }
            let made = make()
            guard state.seriesCount < maximumSeries, name != Self.refusedName,
                (state.families[name]?.kind ?? kind) == kind, state.families[name]?.series[labels] == nil
            else {
                state.refused += 1
                return made
            }
            state.families[name, default: Family(kind: kind, series: [:])].series[labels] = made
            state.seriesCount += 1
            return made
        }
    }

    private func remove(_ handler: AnyObject) {
        state.withLock { state in
            for (name, family) in state.families {
                guard let labels = family.series.first(where: { $0.value === handler })?.key else { continue }
                state.families[name]?.series[labels] = nil
                state.seriesCount -= 1
                if state.families[name]?.series.isEmpty == true {
                    state.families[name] = nil
                }
                return
            }
        }
    }
}

extension MetricsRegistry {
    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, .counter) { CounterSeries() }
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions, .gauge) { GaugeSeries() }
    }

    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        if aggregate {
            series(label, dimensions, .histogram) { HistogramSeries(bounds: HistogramSeries.sizes) }
        } else {
            series(label, dimensions, .gauge) { GaugeSeries() }
        }
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, dimensions, .histogram) { HistogramSeries(bounds: HistogramSeries.seconds) }
    }

    package func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    package func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    package func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    package func destroyTimer(_ handler: any TimerHandler) { remove(handler) }
}
