package import Foundation

extension AuditEvent {
    /// A time as events write it: RFC 3339, UTC, milliseconds.
    ///
    /// Written without Foundation's calendars and formats, which take microseconds for each: an issued certificate's
    /// event has three times. Years before 1900, where calendars once differed, or after 9999 are left to
    /// Foundation.
    package static func timestamp(_ date: Date) -> String {
        let seconds = date.timeIntervalSinceReferenceDate.rounded(.down)
        // From 1900 to 9999.
        guard (-3_187_296_000..<252_423_993_600).contains(seconds) else {
            return date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        }
        let milliseconds = min(999, Int((date.timeIntervalSinceReferenceDate - seconds) * 1e9) / 1_000_000)
        // The reference date is 2001-01-01; the count begins at 0000-03-01, so that a leap day ends its year.
        let total = Int(seconds) + 730_791 * 86_400
        let (days, second) = (total / 86_400, total % 86_400)
        let (era, dayOfEra) = (days / 146_097, days % 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let march = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * march + 2) / 5 + 1
        let month = march < 10 ? march + 3 : march - 9
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        return String(unsafeUninitializedCapacity: 24) { text in
            var place = 0
            func write(_ number: Int, digits: Int, then separator: Unicode.Scalar) {
                var number = number
                for index in stride(from: place + digits - 1, through: place, by: -1) {
                    text[index] = UInt8(ascii: "0") + UInt8(number % 10)
                    number /= 10
                }
                text[place + digits] = UInt8(ascii: separator)
                place += digits + 1
            }
            write(year, digits: 4, then: "-")
            write(month, digits: 2, then: "-")
            write(day, digits: 2, then: "T")
            write(second / 3_600, digits: 2, then: ":")
            write(second / 60 % 60, digits: 2, then: ":")
            write(second % 60, digits: 2, then: ".")
            write(milliseconds, digits: 3, then: "Z")
            return place
        }
    }
}
