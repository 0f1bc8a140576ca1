internal import ClusterProtocol
internal import Foundation
internal import Hummingbird

/// Events, one and many.
struct EventRoutes: Sendable {
    /// The lines of one answer together: more than a page of usual events has.
    private static let maximumPageBytes = 4 << 20

    let store: EventStore
    let places: ConsolePlaces

    var routes: [ConsoleRoute] {
        let filters = EventParameters.filters + EventParameters.paging
        return [
            ConsoleRoute(
                path: "/api/v1/events", access: .viewer, summary: "Find events.", parameters: filters,
                answer: .init(type: "application/json", schema: "EventPage")
            ) { request, _ in
                let query = try EventParameters(request, of: filters).events()
                let page = try await places.query {
                    try await store.events(query, maximumBytes: Self.maximumPageBytes)
                }
                let events = zip(page.places, page.lines).map { ConsoleAnswer.event(place: $0, line: $1) }
                let next = page.nextCursor.map { String($0) } ?? "null"
                return ConsoleAnswer.json(
                    bytes: Array("{\"events\":[\(events.joined(separator: ","))],\"nextCursor\":\(next)}".utf8))
            },
            ConsoleRoute(
                path: "/api/v1/events/{place}", access: .viewer,
                summary: "One event, its exact line, and its certificate decoded.",
                answer: .init(type: "application/json", schema: "EventDetail")
            ) { _, context in
                let place = try Self.place(context)
                guard let line = try await store.line(at: place) else { throw ConsoleError.notFound }
                let certificate = (try? AuditEvent(line: line))?.certificate.map(DecodedCertificate.init)
                let detail = Detail(line: line, certificate: Nullable(certificate ?? nil))
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
                let rest = String(decoding: try encoder.encode(detail), as: UTF8.self)
                return ConsoleAnswer.json(
                    bytes: Array("{\"place\":\(place),\"event\":\(line),\(rest.dropFirst())".utf8))
            },
        ]
    }

    private struct Detail: Encodable {
        var line: String
        var certificate: Nullable<DecodedCertificate>
    }

    /// The place in the path, from 1.
    static func place(_ context: ConsoleContext) throws -> Int64 {
        guard let text = context.parameters.get("place"), let place = Int64(text), place >= 1 else {
            throw ConsoleError.notFound
        }
        return place
    }
}
