internal import GRDB

/// How many events there were in each minute, hour and day, kept with the index, so that a year is counted at once.
enum EventCounts {
    enum Interval: Int64, CaseIterable, Sendable {
        case minute = 0
        case hour = 1
        case day = 2

        var minutes: Int64 {
            switch self {
            case .minute: 1
            case .hour: 60
            case .day: 1440
            }
        }
    }

    enum Dimension: Int64, Sendable {
        case type = 0
        case label = 1
        case reason = 2
        case source = 3
        case node = 4
        /// Source and type, in minutes only: what rates are made of.
        case sourceAndType = 5
        /// What became of requests: ``RequestOutcome``.
        case outcome = 6
    }

    /// What of an event is counted.
    struct Counted: Sendable {
        /// nil where the event's time can't be read.
        var minute: Int64?
        var type: String
        var label: String?
        var reason: String?
        var source: String
        var node: String?
        var outcome: RequestOutcome?

        /// Each value with what it is counted as.
        fileprivate var values: [(Dimension, String, Int64)] {
            var values: [(Dimension, String, Int64)] = [(.type, type, 1), (.source, source, 1)]
            if let label { values.append((.label, label, 1)) }
            if let reason { values.append((.reason, reason, 1)) }
            if let node { values.append((.node, node, 1)) }
            if let outcome { values.append((.outcome, outcome.kind.rawValue, outcome.requests)) }
            return values
        }
    }

    static let schema = """
        CREATE TABLE counts (
            interval INTEGER NOT NULL,
            dimension INTEGER NOT NULL,
            start INTEGER NOT NULL,
            value TEXT NOT NULL,
            count INTEGER NOT NULL,
            PRIMARY KEY (interval, dimension, start, value)
        ) WITHOUT ROWID;
        CREATE TABLE spans (
            interval INTEGER NOT NULL,
            start INTEGER NOT NULL,
            first INTEGER NOT NULL,
            last INTEGER NOT NULL,
            PRIMARY KEY (interval, start)
        ) WITHOUT ROWID;

        """

    private struct Key: Hashable {
        var interval: Interval
        var dimension: Int64
        var start: Int64
        var value: String
    }

    private struct SpanKey: Hashable {
        var interval: Interval
        var start: Int64
    }

    static let separator = "\u{1f}"

    static func add(_ entries: [IndexEntry], _ db: Database) throws {
        var counts: [Key: Int64] = [:]
        var spans: [SpanKey: ClosedRange<Int64>] = [:]
        for entry in entries {
            guard let minute = entry.counted.minute else { continue }
            for interval in Interval.allCases {
                let start = minute / interval.minutes * interval.minutes
                for (dimension, value, number) in entry.counted.values {
                    let key = Key(interval: interval, dimension: dimension.rawValue, start: start, value: value)
                    counts[key, default: 0] += number
                }
                let key = SpanKey(interval: interval, start: start)
                let known = spans[key] ?? entry.place...entry.place
                spans[key] = min(known.lowerBound, entry.place)...max(known.upperBound, entry.place)
            }
            let both = entry.source + separator + entry.type
            counts[
                Key(interval: .minute, dimension: Dimension.sourceAndType.rawValue, start: minute, value: both),
                default: 0] += 1
        }
        let count = try db.cachedStatement(
            sql: """
                INSERT INTO counts (interval, dimension, start, value, count) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET count = count + excluded.count
                """)
        for (key, number) in counts {
            try count.execute(arguments: [key.interval.rawValue, key.dimension, key.start, key.value, number])
        }
        let span = try db.cachedStatement(
            sql: """
                INSERT INTO spans (interval, start, first, last) VALUES (?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET first = min(first, excluded.first), last = max(last, excluded.last)
                """)
        for (key, places) in spans {
            try span.execute(arguments: [key.interval.rawValue, key.start, places.lowerBound, places.upperBound])
        }
    }

    /// A bucket of an answer.
    struct Bucket: Sendable, Equatable {
        /// Minutes since 1970.
        var start: Int64
        var counts: [String: Int64]
    }

    /// - Parameter minutes: from the first bucket's start to before the end, since 1970.
    /// - Returns: the buckets that have events, oldest first. Beyond `maximumValues` different values the rarest are
    ///   counted together as `(other)`.
    static func fetch(
        _ db: Database, interval: Interval, by dimension: Dimension, minutes: Range<Int64>, maximumValues: Int = 50
    ) throws -> [Bucket] {
        let arguments: StatementArguments = [
            interval.rawValue, dimension.rawValue, minutes.lowerBound, minutes.upperBound,
        ]
        let condition = "interval = ? AND dimension = ? AND start >= ? AND start < ?"
        let kept = Set(
            try String.fetchAll(
                db,
                sql: """
                    SELECT value FROM counts WHERE \(condition)
                    GROUP BY value ORDER BY sum(count) DESC, value LIMIT \(maximumValues)
                    """, arguments: arguments))
        var buckets: [Bucket] = []
        let rows = try Row.fetchCursor(
            db, sql: "SELECT start, value, count FROM counts WHERE \(condition) ORDER BY start", arguments: arguments)
        while let row = try rows.next() {
            let start: Int64 = row[0]
            let value: String = row[1]
            if buckets.last?.start != start { buckets.append(Bucket(start: start, counts: [:])) }
            buckets[buckets.count - 1].counts[kept.contains(value) ? value : "(other)", default: 0] += row[2] as Int64
        }
        return buckets
    }

    /// The places among which all events of a range of time are, by the minutes and hours that it spans.
    ///
    /// Places follow the order in which events came, times the order in which they happened: nearly the same, and others
    /// may stand between.
    static func places(_ db: Database, minutes: ClosedRange<Int64>) throws -> ClosedRange<Int64>? {
        let hour = Interval.hour.minutes
        // Whole hours inside, minutes at both ends.
        let firstHour = (minutes.lowerBound + hour - 1) / hour * hour
        let endHour = minutes.upperBound / hour * hour
        let ranges: [(Interval, Int64, Int64)] =
            firstHour < endHour
            ? [
                (.minute, minutes.lowerBound, firstHour - 1), (.hour, firstHour, endHour - 1),
                (.minute, endHour, minutes.upperBound),
            ] : [(.minute, minutes.lowerBound, minutes.upperBound)]
        var found: ClosedRange<Int64>?
        let select = try db.cachedStatement(
            sql: "SELECT min(first), max(last) FROM spans WHERE interval = ? AND start BETWEEN ? AND ?")
        for (interval, start, end) in ranges where start <= end {
            guard let row = try Row.fetchOne(select, arguments: [interval.rawValue, start, end]),
                let first = row[0] as Int64?, let last = row[1] as Int64?
            else { continue }
            found = min(found?.lowerBound ?? first, first)...max(found?.upperBound ?? last, last)
        }
        return found
    }
}
