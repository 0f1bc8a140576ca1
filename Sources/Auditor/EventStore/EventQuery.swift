internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import GRDB

/// A request for events, checked, as SQL over the index or, without a filter, over the log itself.
struct EventQuery: Sendable {
    /// The most events of one answer, whatever the request says.
    static let maximumLimit = 1000
    /// The longest text that is looked for.
    static let maximumText = 512

    let limit: Int
    let newestFirst: Bool
    let cursor: Int64?
    /// What every match has in the full-text table.
    private let terms: [String]
    /// What it has, too, and ``conditions`` say exactly: the three-character terms of parts.
    private let parts: [String]
    /// A condition on the index's columns and its values.
    private let conditions: [(sql: String, values: [String])]
    /// Minutes since 1970, both within.
    private let minutes: ClosedRange<Int64>?
    /// Whether nothing can match.
    private let isEmpty: Bool

    /// - Throws: ``ServiceError`` with code `invalid-argument` for a time that is not RFC 3339, and for a text that
    ///   nothing can be found by.
    init(_ request: ListEventsRequest) throws {
        limit = min(max(request.limit, 1), Self.maximumLimit)
        newestFirst = request.newestFirst
        cursor = request.cursor
        var conditions: [(String, [String])] = []
        var (terms, parts) = (SearchTerms(), SearchTerms())
        let serial = request.serial.map(Self.canonicalSerial)
        let equal: [(SearchTerms.Field, String, String?)] = [
            (.type, "type", request.type), (.label, "label", request.label), (.source, "source", request.source),
            (.decision, "decision", request.decision), (.principal, "principal", request.principal),
            (.serial, "serial", serial),
        ]
        for case (let field, let column, let value?) in equal {
            terms.add(field, value)
            conditions.append(("\(column) = ?", [value]))
        }
        for (what, kind, part) in [("name", "g", request.name), ("subject", "s", request.subject)] {
            guard let part = part?.lowercased() else { continue }
            guard (SearchTerms.minimumPart...Self.maximumText).contains(part.unicodeScalars.count) else {
                throw ServiceError(
                    .invalidArgument,
                    "A part of a \(what) has from \(SearchTerms.minimumPart) to \(Self.maximumText) characters.")
            }
            parts.addParts(of: part, Character(kind), maximum: SearchTerms.maximumTerms / 2)
            conditions.append(
                kind == "s"
                    ? ("instr(subject, ?) > 0", [part])
                    : ("(instr(subject, ?) > 0 OR instr(names, ?) > 0)", [part, part]))
        }
        if let text = request.text {
            let words = SearchTerms.words(of: text)
            guard !words.isEmpty, words.count <= SearchTerms.maximumTerms, text.utf8.count <= Self.maximumText else {
                throw ServiceError(
                    .invalidArgument, "A text to look for has from 1 to \(SearchTerms.maximumTerms) words.")
            }
            terms.addWords(of: text)
        }
        let (since, until) = (try request.since.map(Self.canonicalTime), try request.until.map(Self.canonicalTime))
        if let since { conditions.append(("time >= ?", [since])) }
        if let until { conditions.append(("time < ?", [until])) }
        let first = since.flatMap(EventMinute.of) ?? 0
        let last = until.flatMap(EventMinute.of) ?? Self.lastMinute
        isEmpty = first > last
        minutes = since == nil && until == nil || first > last ? nil : first...last
        self.terms = terms.terms
        self.parts = parts.terms
        self.conditions = conditions
    }

    var isFiltered: Bool {
        !conditions.isEmpty || !terms.isEmpty || !parts.isEmpty
    }

    /// The places that match, by the index.
    func places(_ db: Database, limit: Int) throws -> [Int64] {
        guard !isEmpty else { return [] }
        let terms = try terms + rareParts(db)
        var sql = "SELECT e.place FROM entries e WHERE "
        var arguments = StatementArguments()
        var all = conditions.map(\.sql)
        if !terms.isEmpty {
            // The order of the two is fixed: the lists of places first, and a look at each that they give.
            sql = "SELECT e.place FROM found f CROSS JOIN entries e ON e.place = f.rowid WHERE found MATCH ? AND "
            arguments += [Array(Set(terms)).map { "\"\($0)\"" }.joined(separator: " AND ")]
        }
        let place = terms.isEmpty ? "e.place" : "f.rowid"
        if let minutes {
            guard let range = try EventCounts.places(db, minutes: minutes) else { return [] }
            all.insert("\(place) BETWEEN \(range.lowerBound) AND \(range.upperBound)", at: 0)
        }
        if let cursor { all.insert("\(place) \(newestFirst ? "<" : ">") \(cursor)", at: 0) }
        if all.isEmpty { all = ["1"] }
        arguments += StatementArguments(conditions.flatMap(\.values))
        arguments += [limit]
        return try Int64.fetchAll(
            db,
            sql: sql + all.joined(separator: " AND ") + " ORDER BY \(place) \(newestFirst ? "DESC" : "ASC") LIMIT ?",
            arguments: arguments)
    }

    /// Of the terms of parts those that few events have.
    ///
    /// What all names of a fleet have in common has a list as long as the log, and walking it tells nothing that the
    /// columns don't. How far back a term's hundredth event stands says how rare it is, for the price of reading a hundred.
    private func rareParts(_ db: Database) throws -> [String] {
        let parts = Array(Set(parts))
        guard parts.count > 1 else { return parts }
        let newest = try Int64.fetchOne(db, sql: "SELECT max(place) FROM entries") ?? 0
        let select = try db.cachedStatement(
            sql: "SELECT rowid FROM found WHERE found MATCH ? ORDER BY rowid DESC LIMIT 1 OFFSET 100")
        let distances = try parts.map { part in
            (part, newest - (try Int64.fetchOne(select, arguments: ["\"\(part)\""]) ?? 0))
        }.sorted { $0.1 > $1.1 }
        let farthest = distances[0].1
        return distances.prefix(6).filter { $0.1 >= farthest / 8 }.map(\.0)
    }

    /// Places and lines by the log alone; takes ``logArguments`` and then the limit.
    var logSQL: String {
        let condition = cursor == nil ? "" : " WHERE place \(newestFirst ? "<" : ">") ?"
        return "SELECT place, line FROM events\(condition) ORDER BY place \(newestFirst ? "DESC" : "ASC") LIMIT ?"
    }

    var logArguments: StatementArguments {
        StatementArguments(cursor.map { [$0] } ?? [])
    }

    /// The last minute of the year 9999.
    private static let lastMinute: Int64 = 4_223_371_679

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
