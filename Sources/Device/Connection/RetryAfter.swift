internal import Foundation
internal import NIOHTTP1

extension HTTPHeaders {
    /// The `Retry-After` header in seconds from `now`, as a number or as a date (RFC 9110 §10.2.3); nil where there is
    /// none that can be read.
    func retryAfter(now: Date) -> Double? {
        guard let value = first(name: "Retry-After")?.trimmingCharacters(in: .whitespaces) else { return nil }
        if let seconds = Int(value) { return seconds >= 0 ? Double(seconds) : nil }
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "GMT")
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return format.date(from: value).map { Swift.max(0, $0.timeIntervalSince(now)) }
    }
}
