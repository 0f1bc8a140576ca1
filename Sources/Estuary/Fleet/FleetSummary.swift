internal import Fleet

/// A run's report for people.
struct FleetSummary {
    private let report: FleetReport

    init(_ report: FleetReport) {
        self.report = report
    }

    var text: String {
        [headline, latencies, problems, processors].filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private var headline: String {
        var facts = FactSheet()
        let requests = report.requests
        facts.add(
            "Requests",
            "\(FleetText.count(requests.succeeded)) succeeded in \(Self.seconds(report.durationSeconds)), "
                + "\(Self.rate(report.requestsPerSecond))/s")
        if report.completedEnrollments > 0 {
            let repeated =
                requests.repeated > 0 ? "; \(FleetText.count(requests.repeated)) answers repeated a certificate" : ""
            facts.add(
                "Enrollments",
                "\(FleetText.count(report.completedEnrollments)), \(Self.rate(report.enrollmentsPerSecond))/s\(repeated)"
            )
        }
        let connections = report.connections
        facts.add(
            "Connections",
            "\(FleetText.count(connections.established)) of \(FleetText.count(connections.opened))"
                + (connections.resumed > 0 ? ", \(FleetText.count(connections.resumed)) resumed" : "")
                + (connections.handshakeMicroseconds.map {
                    "; handshake p50 \(FleetText.latency($0.p50)), p99 \(FleetText.latency($0.p99))"
                } ?? ""))
        switch report.endedBy {
        case .devicesUsedUp: facts.add("Ended", "no device was left that had never enrolled; --devices makes more")
        case .stopped: facts.add("Ended", "by a signal")
        case .count, .duration: break
        }
        return facts.text
    }

    private var latencies: String {
        var table = TextTable("LATENCY", "#DONE", "#P50", "#P90", "#P99", "#P99.9", "#MAX")
        func add(_ name: String, _ latencies: LatencySummary?) {
            guard let latencies else { return }
            table.add(
                name, FleetText.count(Int(clamping: latencies.count)), FleetText.latency(latencies.p50),
                FleetText.latency(latencies.p90), FleetText.latency(latencies.p99),
                FleetText.latency(latencies.p999), FleetText.latency(latencies.max))
        }
        for (name, operation) in report.operations.sorted(by: { $0.key < $1.key }) {
            add(name, operation.latencyMicroseconds)
        }
        if report.operations.count > 1 { add("all", report.latencyMicroseconds) }
        add("refused", report.refusedLatencyMicroseconds)
        return table.rows.isEmpty ? "" : table.render()
    }

    private var problems: String {
        var facts = FactSheet()
        for (status, count) in report.statuses.sorted(by: { $0.key < $1.key }) where report.examples[status] != nil {
            let said = report.examples[status].flatMap { $0.isEmpty ? nil : ": \($0)" } ?? ""
            facts.add("Status \(status)", "\(FleetText.count(count))\(said)")
        }
        for (failure, count) in report.failures.sorted(by: { $0.key < $1.key }) {
            facts.add(failure, "\(FleetText.count(count)): \(report.examples[failure] ?? "")")
        }
        if report.requests.notStarted > 0 {
            facts.add("Not started", "\(FleetText.count(report.requests.notStarted)): no place was free in time")
        }
        return facts.text
    }

    private var processors: String {
        var table = TextTable("PROCESSOR TIME", "#PROCESS", "#USER", "#SYSTEM", "#A REQUEST", "#AN ENROLLMENT")
        func add(_ processor: FleetReport.Processor) {
            table.add(
                processor.name ?? "?", String(processor.process),
                Self.seconds(Double(processor.userMicroseconds) / 1e6),
                Self.seconds(Double(processor.systemMicroseconds) / 1e6), Self.each(processor.microsecondsPerRequest),
                Self.each(processor.microsecondsPerEnrollment))
        }
        add(report.clientProcessor)
        report.serverProcessors.forEach(add)
        if report.serverProcessors.count > 1, let sum = report.serverMicrosecondsPerEnrollment {
            table.add("the server", "", "", "", "", Self.each(sum))
        }
        return table.render()
    }

    /// Why requests came to nothing, in one line.
    static func reasons(_ tally: Tally) -> String {
        let refusals = tally.refusals.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        let failures = tally.examples.sorted { $0.key < $1.key }.map { "\($0.key.rawValue), \($0.value)" }
        return (refusals + failures).joined(separator: "; ")
    }

    private static func each(_ microseconds: Double?) -> String {
        microseconds.map { "\(Int($0.rounded())) µs" } ?? "-"
    }

    private static func seconds(_ seconds: Double) -> String { "\((seconds * 100).rounded() / 100) s" }

    private static func rate(_ perSecond: Double) -> String {
        perSecond < 100 ? "\((perSecond * 10).rounded() / 10)" : FleetText.count(Int(perSecond.rounded()))
    }
}
