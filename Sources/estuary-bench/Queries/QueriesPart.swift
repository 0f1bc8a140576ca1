internal import Foundation

/// Part (q): how long the console's answers take, from a log of a year.
///
/// The real auditor, asked over HTTP for what its page asks for; the time is that of one question after another, until
/// the answer is there as a whole.
struct QueriesPart {
    var events = 1_000_000
    /// Of each kind.
    var questions = 50

    func measure(in scratch: String) async throws -> [Figure] {
        let fleet = LoggedFleet(count: events, end: Int64(Date().timeIntervalSince1970))
        let auditor = try FilledAuditor(folder: scratch + "/queries", fleet: fleet, count: events)
        Progress.say("filling a log with \(events) events")
        try await auditor.fill()
        try await auditor.index()
        let kinds = QuestionSet(fleet: fleet, count: questions).kinds
        try auditor.start()
        let client = try await ConsoleClient.connect(port: auditor.consolePort, requireRunning: auditor.requireRunning)
        let before = try ProcessorTime.of(auditor.identifier)
        var figures: [Figure] = []
        for (name, questions) in kinds { figures += try await ask(questions, name, client) }
        let processor = try ProcessorTime.of(auditor.identifier) - before
        figures.append(
            Figure("q", "the auditor's CPU, mean of all", processor / Double(kinds.count * questions) * 1e3, "ms"))
        try await client.close()
        try await auditor.stop()
        try FileManager.default.removeItem(atPath: auditor.folder)
        return figures
    }

    private func ask(_ questions: [Question], _ name: String, _ client: ConsoleClient) async throws -> [Figure] {
        var times: [Double] = []
        var rows: [Int] = []
        for question in questions {
            let start = ContinuousClock.now
            let answer = try await client.get(question.target)
            times.append((ContinuousClock.now - start).inSeconds * 1e3)
            if let count = try question.rows(of: answer) { rows.append(count) }
        }
        times.sort()
        rows.sort()
        let outcome = ClosedLoop.Outcome(elapsed: times.reduce(0, +), latencies: times)
        var figures = [
            Figure("q", "\(name): p50", outcome.percentile(0.5), "ms"),
            Figure("q", "\(name): p95", outcome.percentile(0.95), "ms", target: .atMost(100)),
            Figure("q", "\(name): max", times.last ?? .nan, "ms"),
        ]
        if !rows.isEmpty { figures.append(Figure("q", "\(name): rows, median", Double(rows[rows.count / 2]), "")) }
        return figures
    }
}
