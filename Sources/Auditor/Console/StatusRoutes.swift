internal import ClusterProtocol
internal import Foundation
internal import Hummingbird
internal import TransparencyLog

/// How the auditor is, and who sends it events.
struct StatusRoutes: Sendable {
    /// Rates are those of so many minutes.
    private static let minutesOfRates: Int64 = 5

    let store: EventStore
    let places: ConsolePlaces
    let version: String
    /// Seconds since 1970.
    let startedAt: Int64
    let now: @Sendable () -> Date

    private struct Status: Encodable {
        struct Log: Encodable {
            var origin: String
            var size: Int64
            var root: String
            var checkpointTime: String?
            var key: String
        }

        struct Witness: Encodable {
            var key: String
            /// Of the tree that it cosigned last.
            var size: Int64
            var time: String?
            var alarm: String?
        }

        struct Source: Encodable {
            var name: String
            var role: String
            var run: String
            var lastSequence: Int64
            var lastStoredAt: String
            var closed: Bool
            var unclosedRuns: Int
            /// Since the auditor started, by any message.
            var heardAt: String?
            /// Events that it had not handed over then.
            var backlog: Int64?
            var rates: [String: Double]
        }

        var version: String
        var startedAt: String
        var log: Log
        /// Of the signer, which cosigns the log.
        var witness: Witness?
        var indexBacklog: Int64
        var sources: [Source]
    }

    var routes: [ConsoleRoute] {
        [
            ConsoleRoute(
                path: "/api/v1/status", access: .viewer,
                summary: "How the auditor is, its log, and the sources of its events.",
                answer: .init(type: "application/json", schema: "Status")
            ) { _, _ in try await status() }
        ]
    }

    private func status() async throws -> Response {
        let (all, signs) = (try await store.sources(), store.signs.all)
        let rates = try await places.query { try await recentRates() }
        var sources: [Status.Source] = []
        // The newest run of a source comes first.
        for run in all {
            if let known = sources.firstIndex(where: { $0.name == run.name }) {
                sources[known].unclosedRuns += run.closed ? 0 : 1
                continue
            }
            let role =
                switch run.name {
                case AuditorPeers.signerName: "signer"
                case AuditorPeers.ownName: "auditor"
                default: "frontend"
                }
            sources.append(
                Status.Source(
                    name: run.name, role: role, run: run.run, lastSequence: run.lastSequence,
                    lastStoredAt: ConsoleAnswer.time(run.lastStoredAt), closed: run.closed, unclosedRuns: 0,
                    heardAt: signs[run.name].map { ConsoleAnswer.time($0.time) }, backlog: signs[run.name]?.backlog,
                    rates: rates[run.name] ?? [:]))
        }
        return ConsoleAnswer.json(
            Status(
                version: version, startedAt: ConsoleAnswer.time(startedAt), log: try await log(),
                witness: store.witness.last.map { report, cosigned in
                    .init(
                        key: report.witness, size: cosigned?.size ?? 0,
                        time: cosigned.map { ConsoleAnswer.time($0.time) },
                        alarm: report.alarm)
                },
                indexBacklog: await store.indexBacklog, sources: sources))
    }

    private func log() async throws -> Status.Log {
        let (note, time) = try await store.checkpoint()
        let checkpoint = try Checkpoint.verified(note, by: store.logKey)
        return Status.Log(
            origin: checkpoint.origin, size: checkpoint.size, root: checkpoint.root.base64,
            checkpointTime: time.map(ConsoleAnswer.time), key: store.logKey.description)
    }

    /// Events a second, by source and type.
    private func recentRates() async throws -> [String: [String: Double]] {
        let now = now().timeIntervalSince1970
        let minute = Int64(now) / 60
        let first = minute - Self.minutesOfRates
        let elapsed = max(1, now - Double(first * 60))
        let buckets = try await store.summary { db in
            try EventCounts.fetch(
                db, interval: .minute, by: .sourceAndType, minutes: first..<minute + 1, maximumValues: 1000)
        }
        var rates: [String: [String: Double]] = [:]
        for (key, count) in buckets.flatMap(\.counts) {
            let parts = key.components(separatedBy: EventCounts.separator)
            guard parts.count == 2 else { continue }
            rates[parts[0], default: [:]][parts[1], default: 0] += Double(count) / elapsed
        }
        return rates.mapValues { $0.mapValues { ($0 * 1000).rounded() / 1000 } }
    }
}
