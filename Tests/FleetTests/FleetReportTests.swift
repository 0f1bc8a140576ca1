internal import Device
internal import Fleet
internal import Foundation
internal import Histogram
internal import Testing

@Suite("Fleet report")
struct FleetReportTests {
    private static func report(_ latencies: ClosedRange<UInt64>) throws -> (FleetReport, FleetResult) {
        var tally = Tally()
        for value in latencies {
            tally[.enroll].latencies.record(value)
            tally.latencies.record(value)
        }
        tally[.enroll].started = latencies.count + 5
        tally[.enroll].succeeded = latencies.count
        tally[.enroll].repeated = 1
        tally[.enroll].statuses = [200: latencies.count, 503: 3]
        tally[.enroll].failures = [.closedEarly: 2]
        tally.examples = [.closedEarly: "it <closed> & went"]
        tally.refusals = [503: "Not now."]
        let result = FleetResult(
            tally: tally, startedAt: Date(timeIntervalSince1970: 0), seconds: 2, ending: .count,
            own: OwnTime(userMicroseconds: 6000, systemMicroseconds: 4000), servers: [])
        let mix = try #require(OperationMix(text: "enroll"))
        let plan = FleetPlan(
            server: ESTServer(host: "est.example.com", port: 443, label: "<&>"), trust: .provisional, mix: mix)
        let preparation = FleetReport.Preparation(devices: 1, keySeconds: 0, enrolled: 0, enrollmentSeconds: 0)
        return (FleetReport(plan: plan, preparation: preparation, result: result), result)
    }

    @Test("has the figures that the run counted, in the units that their names say")
    func figures() throws {
        let (report, _) = try Self.report(1...1001)
        #expect(report.requests.started == 1006 && report.requests.refused == 3 && report.requests.failed == 2)
        #expect(report.completedEnrollments == 1000 && report.enrollmentsPerSecond == 500)
        #expect(report.clientProcessor.microsecondsPerEnrollment == 10)
        let latencies = try #require(report.latencyMicroseconds)
        #expect(latencies.p50 == 501 && latencies.p99 == 991 && latencies.max == 1001 && latencies.min == 1)
        let object = try JSONSerialization.jsonObject(with: report.json()) as? [String: Any]
        let fields = try #require(object)
        #expect((fields["latencyMicroseconds"] as? [String: Any])?["p99"] as? Int == 991)
        #expect((fields["statuses"] as? [String: Int]) == ["200": 1001, "503": 3])
        #expect((fields["failures"] as? [String: Int]) == ["closedEarly": 2])
        #expect(fields["serverMicrosecondsPerEnrollment"] == nil)
        #expect(try JSONDecoder().decode(FleetReport.self, from: report.json()).completedEnrollments == 1000)
    }

    @Test("draws labelled axes and a curve that XML can carry")
    func plot() throws {
        let (report, result) = try Self.report(900...40_000)
        let svg = LatencyPlot(report, result.tally).svg
        for label in ["50 %", "90 %", "99.9 %", "1 ms", "20 ms", "enroll (39101)", "&lt;&amp;&gt;"] {
            #expect(svg.contains(label), "\(label)")
        }
        #expect(!svg.contains("<&>") && svg.hasSuffix("</svg>\n"))
        #expect(svg.contains("<polyline") && !svg.contains("nan") && !svg.contains("inf"))
    }

    @Test("draws an empty run, too")
    func emptyPlot() throws {
        let (report, result) = try Self.report(1...1)
        #expect(LatencyPlot(report, result.tally).svg.contains("<polyline"))
        #expect(LatencyPlot(report, Tally()).svg.contains("No request succeeded."))
    }
}

@Suite("Processor time")
struct ProcessMeterTests {
    @Test("a process's own time is the one that the kernel counts for it")
    func ownTime() throws {
        var meter = ProcessMeter(process: getpid())
        let before = OwnTime.now
        var sum = 0.0
        // Until a tick of the clock has passed for certain.
        while (OwnTime.now - before).totalMicroseconds < 50_000 {
            for number in 1...1000 { sum += 1 / Double(number) }
        }
        meter.stop()
        let used = try #require(meter.used)
        #expect(used.totalMicroseconds >= 40_000 && sum > 0)
        #expect(meter.name != nil)
    }

    @Test("a process that there is not has none")
    func absent() {
        var meter = ProcessMeter(process: 999_999_999)
        meter.stop()
        #expect(meter.used == nil && meter.name == nil)
    }
}
