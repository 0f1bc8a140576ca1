internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import GRDB
internal import Logging
internal import Synchronization

/// Part (d): the signer alone, with its ledger on disk, driven over ZeroMQ with requests prepared in memory.
struct SignerPart {
    /// Calls in flight that are tried, to find the best; the last measurement is with that.
    var depths = [128, 256, 512]
    /// Enrollments for each depth, and for the last measurement.
    var trial = 8000
    var count = 30_000

    func measure(in scratch: String) async throws -> [Figure] {
        let signer = try await SignerAlone(folder: scratch + "/signer-alone")
        try signer.start()
        let system = try ZeroMQActorSystem(logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
        let figures: [Figure]
        do {
            figures = try await measure(signer, system)
        } catch {
            await system.shutdown()
            throw error
        }
        await system.shutdown()
        try await signer.stop()
        try checkLedger(signer)
        return figures
    }

    /// Enrollments by secret and, with their certificates, re-enrollments.
    private var enrollments: Int { depths.count * trial + count }

    private func measure(_ signer: SignerAlone, _ system: ZeroMQActorSystem) async throws -> [Figure] {
        Progress.say("making \(enrollments) certification requests")
        let requests = try await PreparedRequest.make(Array(0..<enrollments), name: DeviceName.text)
        let service = try await signer.connect(system, inFlight: (depths.max() ?? 0) + 64)
        let administration = try await signer.administration(system)
        let load = SigningLoad(service: service, secret: try await SigningLoad.secret(from: administration))
        let certificates = Certificates(count: enrollments)
        let enroll: @Sendable (Int) async throws -> Void = { number in
            certificates.set(number, try await load.enroll(requests[number], identifier: "bench-\(number)"))
        }
        let reenroll: @Sendable (Int) async throws -> Void = { number in
            try await load.reenroll(
                requests[number], certificate: certificates.get(number), identifier: "bench-\(number)")
        }
        let readMetrics = { MetricsText(try await administration.metrics(MetricsRequest()).text) }
        let kept: [Figure] = try await measure(signer, "secret", .keptConnection, readMetrics, enroll)
        let new: [Figure] = try await measure(signer, "certificate", .newConnection, readMetrics, reenroll)
        return kept + new
    }

    private func measure(
        _ signer: SignerAlone, _ credential: String, _ floor: Figure.Floor,
        _ readMetrics: () async throws -> MetricsText, _ call: @escaping @Sendable (Int) async throws -> Void
    ) async throws -> [Figure] {
        var best = (depth: depths[0], rate: 0.0)
        var first = 0
        for depth in depths {
            let start = first
            let outcome = try await ClosedLoop.run(count: trial, callers: depth) { try await call(start + $0) }
            Progress.say("signer alone, \(credential), \(depth) in flight: \(Int(outcome.rate))/s")
            if outcome.rate > best.rate { best = (depth, outcome.rate) }
            first += trial
        }
        let start = first
        let before = (try await readMetrics(), try ProcessorTime.of(signer.identifier), ProcessorTime.own)
        let outcome = try await ClosedLoop.run(count: count, callers: best.depth) { try await call(start + $0) }
        let after = (try ProcessorTime.of(signer.identifier), ProcessorTime.own, try await readMetrics())
        let batches = after.2.histogram("estuary_signer_batch_operations", since: before.0)
        let commits = after.2.histogram("estuary_signer_commit_seconds", since: before.0)
        let name = "signer alone, \(credential)"
        return [
            Figure(
                "d", "\(name): durable issuances", outcome.rate, "/s",
                target: floor == .keptConnection ? .atLeast(6000) : nil),
            Figure("d", "\(name): calls in flight", Double(best.depth), ""),
            Figure("d", "\(name): signer's CPU", (after.0 - before.1) / Double(count) * 1e6, "µs", floor: floor),
            Figure("d", "\(name): caller's CPU", (after.1 - before.2) / Double(count) * 1e6, "µs", floor: floor),
            Figure("d", "\(name): p50", outcome.percentile(0.5) * 1e3, "ms"),
            Figure("d", "\(name): p99", outcome.percentile(0.99) * 1e3, "ms"),
            Figure("h", "\(name): mean batch", batches.sum / batches.count, "operations"),
            Figure("h", "\(name): mean transaction", commits.sum / commits.count * 1e3, "ms"),
        ]
    }

    /// Counts what the ledger has: every enrollment once, each with its event.
    private func checkLedger(_ signer: SignerAlone) throws {
        let database = try DatabaseQueue(path: signer.ledger)
        let (certificates, events) = try database.read { db in
            (
                try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM certificate WHERE device IS NOT NULL") ?? -1,
                try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM outbox WHERE line LIKE '%\"type\":\"issued\"%'") ?? -1
            )
        }
        try database.close()
        guard certificates == 2 * enrollments, events == 2 * enrollments else {
            throw BenchFailure(
                "After \(2 * enrollments) enrollments the ledger has \(certificates) certificates and \(events) events."
            )
        }
    }

    /// The certificates issued, by their request's number.
    private final class Certificates: Sendable {
        private let all: Mutex<[Data]>

        init(count: Int) {
            all = Mutex(Array(repeating: Data(), count: count))
        }

        func set(_ number: Int, _ certificate: Data) { all.withLock { $0[number] = certificate } }
        func get(_ number: Int) -> Data { all.withLock { $0[number] } }
    }
}
