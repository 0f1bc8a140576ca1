internal import SwiftASN1

/// Calendar times, in UTC by the proleptic Gregorian calendar.
package enum CivilTime {
    /// - Parameter year: of four digits, so that nothing overflows.
    package static func secondsSince1970(
        year: Int, month: Int, day: Int, hours: Int, minutes: Int, seconds: Int
    ) -> Int64 {
        let shifted = Int64(month <= 2 ? year - 1 : year)
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let monthOfYear = Int64((month + 9) % 12)
        let dayOfYear = (153 * monthOfYear + 2) / 5 + Int64(day) - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        return days * 86_400 + Int64(hours) * 3_600 + Int64(minutes) * 60 + Int64(seconds)
    }

    /// The seconds since 1970 of a Time: UTCTime until 2049, GeneralizedTime from then on (RFC 5280 §4.1.2.5).
    ///
    /// - Throws: `ASN1Error`
    static func secondsSince1970(_ node: ASN1Node) throws -> Int64 {
        guard node.identifier == .utcTime else { return try GeneralizedTime(derEncoded: node).secondsSince1970 }
        let time = try UTCTime(derEncoded: node)
        return secondsSince1970(
            year: time.year, month: time.month, day: time.day, hours: time.hours, minutes: time.minutes,
            seconds: time.seconds)
    }
}

extension GeneralizedTime {
    var secondsSince1970: Int64 {
        CivilTime.secondsSince1970(
            year: year, month: month, day: day, hours: hours, minutes: minutes, seconds: seconds)
    }
}
