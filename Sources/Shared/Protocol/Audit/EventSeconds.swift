internal import PKI

/// Seconds since 1970 of the times of events.
package enum EventSeconds {
    /// The whole milliseconds of such a time.
    package static func milliseconds(of time: String) -> Int64? {
        guard let seconds = of(time) else { return nil }
        let fraction =
            time.utf8.dropFirst(19).first == UInt8(ascii: ".") ? Array(time.utf8.dropFirst(20).prefix(3)) : []
        var milliseconds: Int64 = 0
        for (digit, scale) in zip(fraction, [100, 10, 1] as [Int64]) {
            guard (0x30...0x39).contains(digit) else { break }
            milliseconds += Int64(digit - 0x30) * scale
        }
        return seconds * 1000 + milliseconds
    }

    /// The whole seconds of a time as events write it, RFC 3339 in UTC, from 1970 to 9999; nil for another text.
    package static func of(_ time: String) -> Int64? {
        let text = Array(time.utf8.prefix(32))
        guard text.count >= 20, text.last == UInt8(ascii: "Z") else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            var value = 0
            for byte in text[range] {
                guard (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + Int(byte - 0x30)
            }
            return value
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            year >= 1970, (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60
        else { return nil }
        return CivilTime.secondsSince1970(
            year: year, month: month, day: day, hours: hour, minutes: minute, seconds: second)
    }
}
