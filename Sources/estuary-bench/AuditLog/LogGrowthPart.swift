internal import Auditor
internal import ClusterProtocol
internal import Foundation
internal import TransparencyLog

/// Part (l): what an event costs the auditor in a log that is nearly empty, and in one that is long.
///
/// Both logs take the same events in turn, in this process and by the auditor's own store: a transaction for each batch of
/// the signer's size, with the events, the tree's tiles and the signed checkpoint; the proofs that the signer wants of it;
/// and then, apart, the search index. So what else the machine does meets both alike.
struct LogGrowthPart {
    /// Of the long log.
    var events = 10_000_000
    /// Of the log whose index is measured: to make the index takes ten times as long as to fill log and tree.
    var indexed = 1_000_000
    /// The first one is not counted.
    var rounds = 6
    var eventsPerRound = 20_000

    private struct Cost {
        /// In seconds.
        var processor = 0.0
        var elapsed = 0.0

        mutating func add(_ body: () async throws -> Void) async rethrows {
            let (start, began) = (ProcessorTime.own, ContinuousClock.now)
            try await body()
            processor += ProcessorTime.own - start
            elapsed += (ContinuousClock.now - began).inSeconds
        }
    }

    /// One round at one log.
    private struct Round {
        var append = Cost()
        var proofs = Cost()
        var index = Cost()
        var batches = 0
    }

    func measure(in scratch: String) async throws -> [Figure] {
        let fleet = LoggedFleet(count: events, end: Int64(Date().timeIntervalSince1970))
        let short = try FilledAuditor(folder: scratch + "/log-short", fleet: fleet, count: 0)
        try await short.fill()
        let long = try FilledAuditor(folder: scratch + "/log-long", fleet: fleet, count: events)
        Progress.say("filling a log with \(events) events")
        try await long.fill()
        var next = events
        var figures: [Figure] = []
        let appended = try await measure(short, long, from: &next) { auditor, requests in
            var round = Round()
            try await append(requests, to: auditor, &round)
            return round
        }
        let batches = appended.map { Double($0.long.batches) }
        figures.append(Figure("l", "events a transaction", Double(eventsPerRound) / Self.median(batches), ""))
        figures += self.figures(
            appended, "append with tree and checkpoint", \.append, events: events, target: .atMost(1.25))
        figures += self.figures(appended, "the witness's proofs", \.proofs, events: events)
        for auditor in [short, long] { try FileManager.default.removeItem(atPath: auditor.folder) }
        return figures + (try await measureIndex(scratch, fleet))
    }

    /// The same with logs of their own, so that the one has an empty index.
    private func measureIndex(_ scratch: String, _ fleet: LoggedFleet) async throws -> [Figure] {
        let short = try FilledAuditor(folder: scratch + "/index-short", fleet: fleet, count: 0)
        try await short.fill()
        let long = try FilledAuditor(folder: scratch + "/index-long", fleet: fleet, count: indexed)
        Progress.say("filling and indexing a log with \(indexed) events")
        try await long.fill()
        try await long.index()
        var next = events
        let rounds = try await measure(short, long, from: &next) { auditor, requests in
            var round = Round()
            try await append(requests, to: auditor, &round)
            try await index(auditor, &round)
            return round
        }
        for auditor in [short, long] { try FileManager.default.removeItem(atPath: auditor.folder) }
        return figures(rounds, "search index", \.index, events: indexed)
    }

    /// Processor time and time passed at both logs, and what they come to against each other.
    private func figures(
        _ rounds: [(short: Round, long: Round)], _ name: String, _ cost: KeyPath<Round, Cost>,
        events: Int, target: Figure.Target? = nil
    ) -> [Figure] {
        let kinds: [(String, KeyPath<Cost, Double>, Figure.Target?)] = [
            ("CPU", \.processor, target), ("time", \.elapsed, nil),
        ]
        return kinds.flatMap { kind, time, target in
            let short = rounds.map { $0.short[keyPath: cost][keyPath: time] }
            let long = rounds.map { $0.long[keyPath: cost][keyPath: time] }
            let unit = 1e6 / Double(eventsPerRound)
            return [
                Figure("l", "\(name), nearly empty: \(kind)", Self.median(short) * unit, "µs"),
                Figure("l", "\(name), \(events) events: \(kind)", Self.median(long) * unit, "µs"),
                Figure(
                    "l", "\(name): \(kind) against nearly empty", Self.median(zip(long, short).map { $0 / $1 }), "×",
                    target: target),
            ]
        }
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    // MARK: Rounds

    /// All rounds but the first.
    ///
    /// - Parameter next: the number of the next event.
    private func measure(
        _ short: FilledAuditor, _ long: FilledAuditor, from next: inout Int,
        _ body: (FilledAuditor, [AppendEventsRequest]) async throws -> Round
    ) async throws -> [(short: Round, long: Round)] {
        var measured: [(short: Round, long: Round)] = []
        for _ in 0..<rounds {
            let round = (
                short: try await body(short, short.requests(first: next, count: eventsPerRound)),
                long: try await body(long, long.requests(first: next, count: eventsPerRound))
            )
            next += eventsPerRound
            measured.append(round)
        }
        return Array(measured.dropFirst())
    }

    private func append(
        _ requests: [AppendEventsRequest], to auditor: FilledAuditor, _ round: inout Round
    ) async throws {
        let store = try auditor.open()
        let before = store.logSize
        let source = LoggedLines.source(0)
        var (append, proofs) = (Cost(), Cost())
        var witnessed = before
        try await LogFollowing.run(store, indexing: false) {
            for request in requests {
                let end = request.firstSequence + Int64(request.lines.count)
                try await append.add {
                    let reply = try await store.append(source: source, request)
                    guard reply.acknowledgedSequence == end - 1 else {
                        throw BenchFailure("The auditor has not stored event \(end - 1) of the signer.")
                    }
                }
                try await proofs.add {
                    let evidence = try await store.evidence(
                        since: witnessed, source: source, run: request.run, sequences: request.firstSequence..<end)
                    guard evidence.indexes?.count == request.lines.count else {
                        throw BenchFailure("The auditor has no proofs for the events that it stored.")
                    }
                }
                witnessed = store.logSize
            }
        }
        let size = try Checkpoint(parsing: try await store.checkpoint().note.text).size
        try await store.close()
        guard size == before + Int64(eventsPerRound), size == store.logSize else {
            throw BenchFailure("The log's tree has \(size) events, after \(before) and \(eventsPerRound) more.")
        }
        (round.append, round.proofs, round.batches) = (append, proofs, requests.count)
    }

    private func index(_ auditor: FilledAuditor, _ round: inout Round) async throws {
        let store = try auditor.open()
        var index = Cost()
        try await LogFollowing.run(store) {
            try await index.add { try await LogFollowing.waitForIndex(of: store) }
        }
        try await store.close()
        round.index = index
    }
}
