internal import Foundation
internal import NIOHTTP1

extension HTTPHeaders {
    /// The `Retry-After` header in seconds from `now`, as a number or as a date in any of HTTP's three formats
    /// (RFC 9110 §10.2.3, §5.6.7); nil where there is none that can be read.
    func retryAfter(now: Date) -> Double? {
        guard let value = first(name: "Retry-After")?.trimmingCharacters(in: .whitespaces), !value.isEmpty else {
            return nil
        }
        if value.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            // A number of any length: one that is too large for a wait is refused later.
            return Double(value)
        }
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "GMT")
        for pattern in ["EEE, dd MMM yyyy HH:mm:ss 'GMT'", "EEEE, dd-MMM-yy HH:mm:ss 'GMT'", "EEE MMM d HH:mm:ss yyyy"]
        {
            format.dateFormat = pattern
            if let date = format.date(from: value) { return Swift.max(0, date.timeIntervalSince(now)) }
        }
        return nil
    }
}
