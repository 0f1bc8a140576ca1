internal import ClusterProtocol
internal import Foundation
internal import Hummingbird

/// The filters of a request's query, read strictly: what is not known is refused rather than passed over.
struct EventParameters {
    private let values: [String: String]

    /// - Parameter route: the parameters that the route knows.
    init(_ request: Request, of route: [ConsoleRoute.Parameter]) throws {
        var values: [String: String] = [:]
        for (name, value) in request.uri.queryParameters {
            let name = String(name)
            guard route.contains(where: { $0.name == name }) else {
                let known = route.map(\.name).joined(separator: ", ")
                throw ConsoleError.invalid("There is no parameter «\(name.prefix(64))»; there are: \(known).")
            }
            guard values.updateValue(String(value), forKey: name) == nil else {
                throw ConsoleError.invalid("The parameter «\(name)» is there twice.")
            }
        }
        // A form sends the fields that were left empty, too.
        self.values = values.filter { !$0.value.isEmpty }
    }

    subscript(_ name: String) -> String? { values[name] }

    func integer(_ name: String, default standard: Int64, in range: ClosedRange<Int64>) throws -> Int64 {
        try optionalInteger(name, in: range) ?? standard
    }

    func optionalInteger(_ name: String, in range: ClosedRange<Int64>) throws -> Int64? {
        guard let text = values[name] else { return nil }
        guard let value = Int64(text), range.contains(value) else {
            throw ConsoleError.invalid("\(name) is a whole number from \(range.lowerBound) to \(range.upperBound).")
        }
        return value
    }

    func choice<Choice: RawRepresentable<String> & CaseIterable>(_ name: String, default standard: Choice) throws
        -> Choice
    {
        guard let text = values[name] else { return standard }
        guard let choice = Choice(rawValue: text) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw ConsoleError.invalid("\(name) is one of: \(known).")
        }
        return choice
    }

    /// Seconds since 1970.
    func time(_ name: String) throws -> Int64? {
        guard let text = values[name] else { return nil }
        for style in [Date.ISO8601FormatStyle(includingFractionalSeconds: true), .iso8601] {
            // Four digits of a year at most, so that nothing overflows.
            if text.utf8.count <= 40, let date = try? style.parse(text),
                abs(date.timeIntervalSince1970) < 253_402_300_800
            {
                return Int64(date.timeIntervalSince1970)
            }
        }
        throw ConsoleError.invalid("\(name) is a time like 2026-01-31T12:00:00Z (RFC 3339).")
    }

    enum Order: String, CaseIterable {
        case newest
        case oldest
    }

    /// The request that the store answers.
    func events() throws -> ListEventsRequest {
        var request = ListEventsRequest(
            cursor: try optionalInteger("cursor", in: 0...Int64.max),
            newestFirst: try choice("order", default: Order.newest) == .newest,
            limit: Int(try integer("limit", default: 100, in: 1...Int64(EventQuery.maximumLimit))))
        if let type = self["type"], AuditEvent.Kind(rawValue: type) == nil {
            let known = AuditEvent.Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw ConsoleError.invalid("type is one of: \(known).")
        }
        if let decision = self["decision"], AuditEvent.Decision(rawValue: decision) == nil {
            throw ConsoleError.invalid("decision is one of: allowed, denied, deferred.")
        }
        request.type = self["type"]
        request.label = self["label"]
        request.serial = self["serial"]
        request.source = self["source"]
        request.decision = self["decision"]
        request.principal = self["principal"]
        request.name = self["name"]
        request.subject = self["subject"]
        request.text = self["text"]
        request.since = self["since"]
        request.until = self["until"]
        return request
    }

    /// The filters of ``events()``, as routes declare them.
    static let filters: [ConsoleRoute.Parameter] = [
        .init(name: "type", kind: .choice(AuditEvent.Kind.allCases.map(\.rawValue)), about: "The event's type."),
        .init(name: "label", about: "The label that the request was for."),
        .init(name: "source", about: "The node that recorded the event."),
        .init(name: "decision", kind: .choice(["allowed", "denied", "deferred"]), about: "The decision."),
        .init(name: "principal", about: "Who it was: secret:ID, certificate:SERIAL."),
        .init(name: "serial", about: "The certificate's serial number, hexadecimal."),
        .init(name: "subject", about: "Part of the subject, three characters at least."),
        .init(name: "name", about: "Part of the subject or of a name, three characters at least."),
        .init(name: "text", about: "Words, each of which stands somewhere in the event."),
        .init(name: "since", kind: .time, about: "Not before this time."),
        .init(name: "until", kind: .time, about: "Before this time."),
    ]

    static let paging: [ConsoleRoute.Parameter] = [
        .init(name: "order", kind: .choice(Order.allCases.map(\.rawValue)), about: "Newest first, or oldest first."),
        .init(name: "limit", kind: .integer(1...Int64(EventQuery.maximumLimit)), about: "How many at most (100)."),
        .init(name: "cursor", kind: .integer(0...Int64.max), about: "nextCursor of the page before."),
    ]
}
