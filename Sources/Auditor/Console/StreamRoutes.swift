internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import Synchronization

/// Answers that have no end, or none that is near: the live feed, and the export.
struct StreamRoutes: Sendable {
    /// How long the feed is silent at most.
    private static let heartbeat = Duration.seconds(15)
    private static let piece = 256 << 10

    let store: EventStore
    let places: ConsolePlaces
    let limits: ConsoleLimits
    let journal: ConsoleJournal
    let logger: Logger

    private static let streamParameters =
        EventParameters.filters + [
            .init(
                name: "after", kind: .integer(0...Int64.max), about: "Go on after this place; without it from now on.")
        ]
    private static let exportParameters = EventParameters.filters

    var routes: [ConsoleRoute] {
        [
            ConsoleRoute(
                path: "/api/v1/stream", access: .viewer,
                summary: "Events as they come (text/event-stream); Last-Event-ID goes on after a place.",
                parameters: Self.streamParameters, answer: .init(type: "text/event-stream"),
                handler: { request, context in try await stream(request, context) }),
            ConsoleRoute(
                path: "/api/v1/export", access: .auditor,
                summary: "The exact lines of events, the oldest first (JSON Lines).",
                parameters: Self.exportParameters, answer: .init(type: "application/jsonl"),
                handler: { request, context in try await export(request, context) }),
        ]
    }

    private func stream(_ request: Request, _ context: ConsoleContext) async throws -> Response {
        let parameters = try EventParameters(request, of: Self.streamParameters)
        var query = try parameters.events()
        query.newestFirst = false
        query.limit = 500
        let last = request.headers[HTTPField.Name("Last-Event-ID")!]
        if let last, Int64(last).map({ $0 >= 0 }) != true {
            throw ConsoleError.invalid("Last-Event-ID is a place in the log.")
        }
        let after = try last.flatMap { Int64($0) } ?? parameters.optionalInteger("after", in: 0...Int64.max)
        query.cursor = after ?? store.logSize
        // Checks the filters before the answer begins.
        _ = try EventQuery(query)
        try places.beginStream()
        let ticket = Ticket { places.endStream() }
        let (growth, first) = (store.growth.follow(), query)
        return Response(
            status: .ok, headers: [.contentType: "text/event-stream"],
            body: ResponseBody { [self] writer in
                defer { ticket.end() }
                let slow = SlowReaderGuard(channel: context.channel, limit: limits.writeTimeout, logger: logger)
                defer { slow.end() }
                // So that a reader knows that it is connected.
                try await slow.around { try await writer.write(ByteBuffer(string: ": connected\n\n")) }
                var query = first
                var written = ContinuousClock.now
                var signals = growth.makeAsyncIterator()
                repeat {
                    while let page = try await next(query) {
                        if let last = page.places.last {
                            var text = ""
                            for (place, line) in zip(page.places, page.lines) {
                                let data = ConsoleAnswer.event(place: place, line: line)
                                text += "id: \(place)\nevent: event\ndata: \(data)\n\n"
                            }
                            let buffer = ByteBuffer(string: text)
                            try await slow.around { try await writer.write(buffer) }
                            written = .now
                            query.cursor = last
                        }
                        if page.nextCursor == nil { break }
                    }
                    if ContinuousClock.now - written >= Self.heartbeat {
                        try await slow.around { try await writer.write(ByteBuffer(string: ": still here\n\n")) }
                        written = .now
                    }
                } while await signals.next() != nil
                try await writer.finish(nil)
            })
    }

    /// - Returns: nil where the index is being made: it is asked again when the log grows, or at the next heartbeat.
    private func next(_ query: ListEventsRequest) async throws -> ListEventsReply? {
        guard store.logSize > query.cursor ?? 0 else { return nil }
        do {
            return try await store.events(query, maximumBytes: Self.piece)
        } catch let error as ServiceError where error.code == .overloaded {
            return nil
        }
    }

    private func export(_ request: Request, _ context: ConsoleContext) async throws -> Response {
        var query = try EventParameters(request, of: Self.exportParameters).events()
        query.newestFirst = false
        query.limit = EventQuery.maximumLimit
        query.cursor = 0
        _ = try EventQuery(query)
        try places.beginExport()
        let ticket = Ticket { places.endExport() }
        // What comes while it runs is left out: an export has an end.
        let (end, start) = (store.logSize, query)
        try await journal.exported(by: context.user, from: context.remoteAddress, query: request.uri.query)
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/jsonl",
                .contentDisposition: "attachment; filename=\"estuary-events.jsonl\"",
            ],
            body: ResponseBody { [self] writer in
                defer { ticket.end() }
                let slow = SlowReaderGuard(channel: context.channel, limit: limits.writeTimeout, logger: logger)
                defer { slow.end() }
                var query = start
                while true {
                    let page = try await store.events(query, maximumBytes: Self.piece)
                    let lines = zip(page.places, page.lines).filter { $0.0 <= end }
                    if !lines.isEmpty {
                        let buffer = ByteBuffer(string: lines.map { $0.1 + "\n" }.joined())
                        try await slow.around { try await writer.write(buffer) }
                    }
                    guard let next = page.nextCursor, next < end else { break }
                    query.cursor = next
                }
                try await writer.finish(nil)
            })
    }
}

/// Gives something back once, also where an answer is never written.
final class Ticket: Sendable {
    private let give: @Sendable () -> Void
    private let isGiven = Atomic(false)

    init(_ give: @escaping @Sendable () -> Void) {
        self.give = give
    }

    func end() {
        if !isGiven.exchange(true, ordering: .acquiringAndReleasing) { give() }
    }

    deinit { end() }
}
