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
        var measured: [(short: Round, long: Round)] = []
        for number in 0..<rounds {
            let first = events + number * eventsPerRound
            measured.append((try await round(short, first: first), try await round(long, first: first)))
            Progress.say("appending: round \(number + 1) of \(rounds)")
        }
        for auditor in [short, long] { try FileManager.default.removeItem(atPath: auditor.folder) }
        return figures(Array(measured.dropFirst()))
    }

    private func figures(_ rounds: [(short: Round, long: Round)]) -> [Figure] {
        func figures(
            _ name: String, _ cost: KeyPath<Round, Cost>, _ times: [(String, KeyPath<Cost, Double>, Figure.Target?)]
        ) -> [Figure] {
            times.flatMap { kind, time, target in
                let (short, long) = (
                    rounds.map { $0.short[keyPath: cost][keyPath: time] },
                    rounds.map { $0.long[keyPath: cost][keyPath: time] }
                )
                let unit = 1e6 / Double(eventsPerRound)
                return [
                    Figure("l", "\(name), nearly empty: \(kind)", Self.median(short) * unit, "µs"),
                    Figure("l", "\(name), \(events) events: \(kind)", Self.median(long) * unit, "µs"),
                    Figure(
                        "l", "\(name): \(kind) against nearly empty", Self.median(zip(long, short).map { $0 / $1 }),
                        "×", target: target),
                ]
            }
        }
        let batches = rounds.map { Double($0.long.batches) }
        return [
            Figure("l", "events a transaction", Double(eventsPerRound) / Self.median(batches), "")
        ]
            + figures(
                "append with tree and checkpoint", \.append,
                [("CPU", \.processor, .atMost(1.25)), ("time", \.elapsed, nil)])
            + figures("the witness's proofs", \.proofs, [("CPU", \.processor, nil)])
            + figures("search index", \.index, [("CPU", \.processor, nil), ("time", \.elapsed, nil)])
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    // MARK: One round

    private func round(_ auditor: FilledAuditor, first: Int) async throws -> Round {
        let requests = try auditor.requests(first: first, count: eventsPerRound)
        var round = Round()
        round.batches = requests.count
        let before = try await append(requests, to: auditor, &round)
        let store = try auditor.open()
        var index = Cost()
        try await LogFollowing.run(store) {
            try await index.add { try await LogFollowing.waitForIndex(of: store) }
        }
        round.index = index
        let size = try Checkpoint(parsing: try await store.checkpoint().note.text).size
        try await store.close()
        guard size == before + Int64(eventsPerRound), size == store.logSize else {
            throw BenchFailure("The log's tree has \(size) events, after \(before) and \(eventsPerRound) more.")
        }
        return round
    }

    /// - Returns: the log's size before.
    private func append(
        _ requests: [AppendEventsRequest], to auditor: FilledAuditor, _ round: inout Round
    ) async throws -> Int64 {
        let store = try auditor.open()
        let before = store.logSize
        let source = LoggedLines.source(0)
        var (append, proofs) = (Cost(), Cost())
        var witnessed = before
        try await LogFollowing.run(store, indexing: false) {
            for request in requests {
                let last = request.firstSequence + Int64(request.lines.count)
                try await append.add {
                    let reply = try await store.append(source: source, request)
                    guard reply.acknowledgedSequence == last - 1 else {
                        throw BenchFailure("The auditor has not stored event \(last - 1) of the signer.")
                    }
                }
                try await proofs.add {
                    let evidence = try await store.evidence(
                        since: witnessed, source: source, run: request.run, sequences: request.firstSequence..<last)
                    guard evidence.indexes?.count == request.lines.count else {
                        throw BenchFailure("The auditor has no proofs for the events that it stored.")
                    }
                }
                witnessed = store.logSize
            }
        }
        try await store.close()
        (round.append, round.proofs) = (append, proofs)
        return before
    }
}
