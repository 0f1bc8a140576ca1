internal import ClusterProtocol
internal import Foundation
internal import Hummingbird

/// What the events come to: counts over time, and certificates that expire.
struct CountRoutes: Sendable {
    static let maximumBuckets: Int64 = 1500
    /// The farthest that a look at expiring certificates goes, in days.
    private static let maximumDays: Int64 = 3660

    let store: EventStore
    let places: ConsolePlaces
    let now: @Sendable () -> Date

    enum Interval: String, CaseIterable {
        case minute, hour, day

        var counted: EventCounts.Interval {
            switch self {
            case .minute: .minute
            case .hour: .hour
            case .day: .day
            }
        }
    }

    enum Dimension: String, CaseIterable {
        case type, outcome, label, reason, source, node

        var counted: EventCounts.Dimension {
            switch self {
            case .type: .type
            case .outcome: .outcome
            case .label: .label
            case .reason: .reason
            case .source: .source
            case .node: .node
            }
        }
    }

    private struct Counts: Encodable {
        struct Bucket: Encodable {
            var start: String
            var counts: [String: Int64]
        }

        var interval: String
        var by: String
        var buckets: [Bucket]
    }

    private struct Expiring: Encodable {
        struct Certificate: Encodable {
            var serial: String
            var subject: Nullable<String>
            var notAfter: String
            var label: Nullable<String>
            var place: Int64
        }

        var certificates: [Certificate]
        var total: Int64
        var nextCursor: Nullable<String>
    }

    private static let countParameters: [ConsoleRoute.Parameter] = [
        .init(
            name: "interval", kind: .choice(Interval.allCases.map(\.rawValue)), about: "The length of a bucket (hour)."),
        .init(
            name: "by", kind: .choice(Dimension.allCases.map(\.rawValue)),
            about: "What is told apart (type). outcome counts requests, and as many as an event stands for: "
                + RequestOutcome.Kind.allCases.map(\.rawValue).joined(separator: ", ") + "."),
        .init(name: "since", kind: .time, about: "The first bucket holds this time (150 buckets before until)."),
        .init(name: "until", kind: .time, about: "Buckets begin before this time (now)."),
    ]

    private static let expiringParameters: [ConsoleRoute.Parameter] = [
        .init(name: "within", about: "How soon: 12h, 7d, 90d (7d)."),
        .init(name: "limit", kind: .integer(1...1000), about: "How many at most (100)."),
        .init(name: "cursor", about: "nextCursor of the page before."),
    ]

    var routes: [ConsoleRoute] {
        [
            ConsoleRoute(
                path: "/api/v1/counts", access: .viewer,
                summary: "Counts of events over time; buckets without events are left out.",
                parameters: Self.countParameters, answer: .init(type: "application/json", schema: "Counts"),
                handler: { request, _ in try await counts(EventParameters(request, of: Self.countParameters)) }),
            ConsoleRoute(
                path: "/api/v1/certificates/expiring", access: .viewer,
                summary: "Certificates that expire soon: the newest of each device, neither expired nor revoked.",
                parameters: Self.expiringParameters, answer: .init(type: "application/json", schema: "Expiring"),
                handler: { request, _ in try await expiring(EventParameters(request, of: Self.expiringParameters)) }),
        ]
    }

    private func counts(_ parameters: EventParameters) async throws -> Response {
        let interval = try parameters.choice("interval", default: Interval.hour)
        let dimension = try parameters.choice("by", default: Dimension.type)
        let length = interval.counted.minutes
        let standardEnd = Int64(now().timeIntervalSince1970) + 1
        // The last second before the end decides which bucket is the last.
        let end = ((try parameters.time("until") ?? standardEnd) - 1).flooringDivided(by: 60)
        let endBucket = (end.flooringDivided(by: length) + 1) * length
        let start = try parameters.time("since").map { $0.flooringDivided(by: 60 * length) * length }
        let first = start ?? endBucket - 150 * length
        guard first < endBucket else { throw ConsoleError.invalid("since has to be before until.") }
        guard (endBucket - first) / length <= Self.maximumBuckets else {
            throw ConsoleError.invalid(
                "That is more than \(Self.maximumBuckets) buckets: ask for less time, or longer intervals.")
        }
        let buckets = try await places.query {
            try await store.summary { db in
                try EventCounts.fetch(db, interval: interval.counted, by: dimension.counted, minutes: first..<endBucket)
            }
        }
        return ConsoleAnswer.json(
            Counts(
                interval: interval.rawValue, by: dimension.rawValue,
                buckets: buckets.map { .init(start: ConsoleAnswer.time($0.start * 60), counts: $0.counts) }))
    }

    private func expiring(_ parameters: EventParameters) async throws -> Response {
        let within = try Self.seconds(parameters["within"] ?? "7d")
        let limit = Int(try parameters.integer("limit", default: 100, in: 1...1000))
        let after = try parameters["cursor"].map(Self.cursor)
        let now = Int64(now().timeIntervalSince1970)
        let (found, total) = try await places.query {
            try await store.summary { db in
                try NewestCertificates.expiring(db, seconds: now..<now + within, limit: limit + 1, after: after)
            }
        }
        let page = found.prefix(limit)
        let next = found.count > limit ? page.last.map { "\($0.notAfter).\($0.place)" } : nil
        return ConsoleAnswer.json(
            Expiring(
                certificates: page.map {
                    .init(
                        serial: $0.serial, subject: Nullable($0.subject), notAfter: ConsoleAnswer.time($0.notAfter),
                        label: Nullable($0.label), place: $0.place)
                }, total: total, nextCursor: Nullable(next)))
    }

    private static func seconds(_ text: String) throws -> Int64 {
        let units: [Character: Int64] = ["m": 60, "h": 3600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[$0] }), let number = Int64(text.dropLast()), number >= 1,
            number <= maximumDays * 86_400 / unit
        else { throw ConsoleError.invalid("within is a time such as 30m, 12h or 7d, \(maximumDays)d at most.") }
        return number * unit
    }

    private static func cursor(_ text: String) throws -> (notAfter: Int64, place: Int64) {
        let parts = text.split(separator: ".").map { Int64($0) }
        guard parts.count == 2, let notAfter = parts[0], let place = parts[1] else {
            throw ConsoleError.invalid("cursor is nextCursor of the page before.")
        }
        return (notAfter, place)
    }
}

extension Int64 {
    /// Rounded down, before 1970 too.
    fileprivate func flooringDivided(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
