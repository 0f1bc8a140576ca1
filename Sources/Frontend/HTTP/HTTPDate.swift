internal import Foundation
internal import PKI
internal import Synchronization

/// Dates as HTTP writes them (RFC 9110 §5.6.7); the `Date` of answers is formatted once a second.
enum HTTPDate {
    private static let cached = Mutex((second: Int64.min, text: ""))

    static var now: String {
        let second = Int64(Date.now.timeIntervalSince1970)
        return cached.withLock { cached in
            if cached.second != second {
                cached = (second, format(second))
            }
            return cached.text
        }
    }

    static func format(_ seconds: Int64) -> String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents(
            [.weekday, .day, .month, .year, .hour, .minute, .second],
            from: Date(timeIntervalSince1970: TimeInterval(seconds)))
        func padded(_ number: Int?) -> String { String(format: "%02d", number ?? 0) }
        return "\(days[(parts.weekday ?? 1) - 1]), \(padded(parts.day)) \(months[(parts.month ?? 1) - 1]) "
            + "\(parts.year ?? 0) \(padded(parts.hour)):\(padded(parts.minute)):\(padded(parts.second)) GMT"
    }

    /// The seconds since 1970 of a date in any of the three forms that may come; nil for anything else.
    static func parse(_ text: String) -> Int64? {
        var parts = text.split { $0 == " " || $0 == "," }.map(String.init)
        if parts.count == 4 {
            parts.replaceSubrange(1...1, with: parts[1].split(separator: "-").map(String.init))
        }
        guard parts.count >= 5, let first = parts.first, days.contains(String(first.prefix(3))) else { return nil }
        if text.contains(",") {
            // Sun, 06 Nov 1994 08:49:37 GMT, or Sunday, 06-Nov-94 08:49:37 GMT
            guard parts.count == 6, parts[5] == "GMT" else { return nil }
        } else {
            // Sun Nov  6 08:49:37 1994
            guard parts.count == 5 else { return nil }
            parts = [parts[0], parts[2], parts[1], parts[4], parts[3]]
        }
        let clock = parts[4].split(separator: ":", omittingEmptySubsequences: false).map { number(String($0), 0...60) }
        guard let day = number(parts[1], 1...31), let month = months.firstIndex(of: parts[2]),
            var year = number(parts[3], 0...9999), clock.count == 3, let hours = clock[0], let minutes = clock[1],
            let seconds = clock[2], hours < 24, minutes < 60
        else { return nil }
        if parts[3].utf8.count == 2 {
            // A year that seems to be more than 50 years ahead is past; none of ours is before 1970.
            year += year < 70 ? 2000 : 1900
        }
        return CivilTime.secondsSince1970(
            year: year, month: month + 1, day: day, hours: hours, minutes: minutes, seconds: seconds)
    }

    private static func number(_ text: String, _ range: ClosedRange<Int>) -> Int? {
        guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text).flatMap { range.contains($0) ? $0 : nil }
    }

    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
