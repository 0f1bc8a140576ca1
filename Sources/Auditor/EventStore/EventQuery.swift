internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import GRDB

/// A request for events, checked, as SQL over the index or, without a filter, over the log itself.
struct EventQuery: Sendable {
    /// The most events of one answer, whatever the request says.
    static let maximumLimit = 1000

    let limit: Int
    let newestFirst: Bool
    let cursor: Int64?
    /// A condition on the index's columns and its value.
    private let conditions: [(sql: String, value: String)]

    /// - Throws: ``ServiceError`` with code `invalid-argument` for a time that is not RFC 3339.
    init(_ request: ListEventsRequest) throws {
        limit = min(max(request.limit, 1), Self.maximumLimit)
        newestFirst = request.newestFirst
        cursor = request.cursor
        var conditions: [(String, String)] = []
        func add(_ sql: String, _ value: String?) {
            if let value { conditions.append((sql, value)) }
        }
        add("type = ?", request.type)
        add("label = ?", request.label)
        add("source = ?", request.source)
        add("decision = ?", request.decision)
        add("principal = ?", request.principal)
        add("serial = ?", request.serial.map(Self.canonicalSerial))
        add("time >= ?", try request.since.map(Self.canonicalTime))
        add("time < ?", try request.until.map(Self.canonicalTime))
        add("instr(text, ?) > 0", request.name?.lowercased())
        self.conditions = conditions
    }

    var isFiltered: Bool {
        !conditions.isEmpty
    }

    /// Places by the index; takes ``indexArguments`` and then the limit.
    var indexSQL: String {
        let all = conditions.map(\.sql) + (cursor == nil ? [] : [cursorCondition])
        return "SELECT place FROM entries WHERE " + all.joined(separator: " AND ") + order
    }

    var indexArguments: StatementArguments {
        StatementArguments(conditions.map(\.value)) + StatementArguments(cursor.map { [$0] } ?? [])
    }

    /// Places and lines by the log alone; takes ``logArguments`` and then the limit.
    var logSQL: String {
        "SELECT place, line FROM events" + (cursor == nil ? "" : " WHERE " + cursorCondition) + order
    }

    var logArguments: StatementArguments {
        StatementArguments(cursor.map { [$0] } ?? [])
    }

    private var cursorCondition: String {
        newestFirst ? "place < ?" : "place > ?"
    }

    private var order: String {
        " ORDER BY place \(newestFirst ? "DESC" : "ASC") LIMIT ?"
    }

    private static func canonicalSerial(_ serial: String) -> String {
        serial.filter { $0 != ":" }.lowercased()
    }

    /// The time as events write it, so that comparing texts compares times.
    private static func canonicalTime(_ time: String) throws -> String {
        for style in [Date.ISO8601FormatStyle(includingFractionalSeconds: true), .iso8601] {
            if let date = try? style.parse(time) { return AuditEvent.timestamp(date) }
        }
        throw ServiceError(
            .invalidArgument, "\(time.prefix(64)) is no time like 2026-01-31T12:00:00Z (RFC 3339).")
    }
}
