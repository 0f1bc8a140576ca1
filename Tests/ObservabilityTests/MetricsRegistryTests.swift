internal import CoreMetrics
internal import Foundation
internal import Testing

@testable private import Observability

@Suite struct MetricsRegistryTests {
    private func lines(of registry: MetricsRegistry) -> [String] {
        registry.render().split(separator: "\n").map(String.init)
    }

    @Test func rendersCountersWithHelpTypeAndSortedLabels() {
        let registry = MetricsRegistry()
        registry.describe("estuary_requests_total", "Requests.\nBy \\ route.")
        let counter = Counter(
            label: "estuary_requests_total", dimensions: [("status", "200"), ("route", "cacerts")], factory: registry)
        counter.increment(by: 2)
        counter.increment()
        let text = registry.render()
        #expect(
            text.contains(
                """
                # HELP estuary_requests_total Requests.\\nBy \\\\ route.
                # TYPE estuary_requests_total counter
                estuary_requests_total{route="cacerts",status="200"} 3

                """))
    }

    @Test func sameNameAndLabelsAreOneSeries() {
        let registry = MetricsRegistry()
        Counter(label: "c", dimensions: [("a", "1"), ("b", "2")], factory: registry).increment()
        Counter(label: "c", dimensions: [("b", "2"), ("a", "1")], factory: registry).increment()
        #expect(lines(of: registry).contains("c{a=\"1\",b=\"2\"} 2"))
    }

    @Test func escapesLabelValuesAndMendsNames() {
        let registry = MetricsRegistry()
        Counter(label: "http.requests", dimensions: [("1-a", "x\"y\\z\nw")], factory: registry).increment()
        #expect(lines(of: registry).contains("http_requests{_1_a=\"x\\\"y\\\\z\\nw\"} 1"))
    }

    @Test func gaugesAndMetersShowTheLastValue() {
        let registry = MetricsRegistry()
        let gauge = Gauge(label: "g", factory: registry)
        gauge.record(5)
        gauge.record(2.5)
        let meter = Meter(label: "m", factory: registry)
        meter.set(7)
        meter.decrement(by: 3)
        #expect(lines(of: registry).contains("g 2.5"))
        #expect(lines(of: registry).contains("m 4"))
        #expect(lines(of: registry).contains("# TYPE g gauge"))
    }

    @Test func timersAreCumulativeHistogramsInSeconds() {
        let registry = MetricsRegistry()
        let timer = CoreMetrics.Timer(label: "t_seconds", dimensions: [("r", "x")], factory: registry)
        timer.recordMilliseconds(2)
        timer.recordMilliseconds(40)
        timer.recordSeconds(60)
        let lines = lines(of: registry)
        #expect(lines.contains("t_seconds_bucket{r=\"x\",le=\"0.001\"} 0"))
        #expect(lines.contains("t_seconds_bucket{r=\"x\",le=\"0.0025\"} 1"))
        #expect(lines.contains("t_seconds_bucket{r=\"x\",le=\"0.05\"} 2"))
        #expect(lines.contains("t_seconds_bucket{r=\"x\",le=\"10\"} 2"))
        #expect(lines.contains("t_seconds_bucket{r=\"x\",le=\"+Inf\"} 3"))
        #expect(lines.contains("t_seconds_count{r=\"x\"} 3"))
        #expect(lines.contains("t_seconds_sum{r=\"x\"} 60.042"))
    }

    @Test func keepsNoMoreSeriesThanItsBoundAndSaysSo() {
        let registry = MetricsRegistry(maximumSeries: 4)
        for index in 0..<10 {
            Counter(label: "c", dimensions: [("i", "\(index)")], factory: registry).increment()
        }
        let lines = lines(of: registry)
        #expect(lines.count(where: { $0.hasPrefix("c{") }) == 2)
        #expect(lines.contains("estuary_metrics_refused_total 8"))
    }

    @Test func aNameHasOneKindOnly() {
        let registry = MetricsRegistry()
        Counter(label: "x", factory: registry).increment()
        Gauge(label: "x", factory: registry).record(9)
        #expect(lines(of: registry).filter { $0.hasPrefix("x ") } == ["x 1"])
    }

    @Test func destroyingASeriesMakesRoom() {
        let registry = MetricsRegistry(maximumSeries: 3)
        let first = Counter(label: "first", factory: registry)
        first.destroy()
        Counter(label: "second", factory: registry).increment()
        #expect(!registry.render().contains("first"))
        #expect(lines(of: registry).contains("second 1"))
    }

    @Test func collectorsRunBeforeEachRendering() {
        let registry = MetricsRegistry()
        let gauge = Gauge(label: "g", factory: registry)
        registry.beforeRendering { gauge.record(3) }
        #expect(lines(of: registry).contains("g 3"))
    }

    @Test func concurrentIncrementsAreNotLost() async {
        let registry = MetricsRegistry()
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    let counter = Counter(label: "c", factory: registry)
                    for _ in 0..<1_000 { counter.increment() }
                }
            }
        }
        #expect(lines(of: registry).contains("c 8000"))
    }

    @Test func metricsFileIsReplacedWhole() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "estuary.prom").path
        let registry = MetricsRegistry()
        let counter = Counter(label: "c", factory: registry)
        let file = MetricsFile(path: path, registry: registry)
        try file.write()
        counter.increment()
        try file.write()
        #expect(try String(contentsOfFile: path, encoding: .utf8) == registry.render())
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["estuary.prom"])
        #expect(throws: (any Error).self) {
            try MetricsFile(path: folder.path + "/none/x.prom", registry: registry).write()
        }
    }
}
