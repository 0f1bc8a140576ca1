internal import Foundation

/// Times for people.
enum TimeText {
    /// RFC 3339 in UTC, to the second.
    static func absolute(_ secondsSince1970: Int64) -> String {
        Date(timeIntervalSince1970: TimeInterval(secondsSince1970)).formatted(.iso8601)
    }

    /// How far off a time is, in its largest unit that leaves two or more: `in 13 d`, `90 min ago`.
    static func relative(_ secondsSince1970: Int64, now: Int64) -> String {
        let distance = secondsSince1970 - now
        if abs(distance) < 2 { return "now" }
        let text = length(abs(distance))
        return distance > 0 ? "in \(text)" : "\(text) ago"
    }

    /// Both: `2026-01-31T12:00:00Z (in 13 d)`.
    static func full(_ secondsSince1970: Int64, now: Int64) -> String {
        "\(absolute(secondsSince1970)) (\(relative(secondsSince1970, now: now)))"
    }

    /// A number of seconds in its largest unit that leaves two or more.
    static func length(_ seconds: Int64) -> String {
        let units: [(Int64, String)] = [(365 * 86_400, "y"), (86_400, "d"), (3600, "h"), (60, "min")]
        for (size, name) in units where seconds >= 2 * size { return "\(seconds / size) \(name)" }
        return "\(seconds) s"
    }

    static var now: Int64 { Int64(Date().timeIntervalSince1970) }
}
