/// Points in time as certificates, CRLs and OCSP responses write them: UTC, whole seconds (RFC 5280 §4.1.2.5).
///
/// Without Foundation: a CRL may hold a million of them.
enum DERTime {
    /// UTCTime through 2049, GeneralizedTime from 2050 on.
    static func time(_ seconds: Int64) -> [UInt8] {
        var bytes: [UInt8] = []
        append(seconds, to: &bytes)
        return bytes
    }

    /// GeneralizedTime whatever the year, as OCSP has it (RFC 6960 §4.2.2.1).
    static func generalizedTime(_ seconds: Int64) -> [UInt8] {
        var bytes: [UInt8] = []
        appendGeneralized(Fields(seconds), to: &bytes)
        return bytes
    }

    /// As ``time(_:)``, at the end of other bytes.
    static func append(_ seconds: Int64, to bytes: inout [UInt8]) {
        let fields = Fields(seconds)
        guard (1950...2049).contains(fields.year) else { return appendGeneralized(fields, to: &bytes) }
        bytes.append(0x17)
        bytes.append(13)
        appendDigits(fields.year % 100, to: &bytes)
        appendRest(fields, to: &bytes)
    }

    private static func appendGeneralized(_ fields: Fields, to bytes: inout [UInt8]) {
        bytes.append(0x18)
        bytes.append(15)
        appendDigits(fields.year / 100, to: &bytes)
        appendDigits(fields.year % 100, to: &bytes)
        appendRest(fields, to: &bytes)
    }

    private static func appendRest(_ fields: Fields, to bytes: inout [UInt8]) {
        appendDigits(fields.month, to: &bytes)
        appendDigits(fields.day, to: &bytes)
        appendDigits(fields.secondOfDay / 3600, to: &bytes)
        appendDigits(fields.secondOfDay / 60 % 60, to: &bytes)
        appendDigits(fields.secondOfDay % 60, to: &bytes)
        bytes.append(UInt8(ascii: "Z"))
    }

    /// Two digits of a number below 100.
    private static func appendDigits(_ number: Int, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "0") + UInt8(number / 10))
        bytes.append(UInt8(ascii: "0") + UInt8(number % 10))
    }

    /// A point in time taken apart, by the proleptic Gregorian calendar; before the year 0 and after 9999 the nearest
    /// that can be written.
    private struct Fields {
        private static let writable: ClosedRange<Int64> = -62_167_219_200...253_402_300_799

        let year: Int
        let month: Int
        let day: Int
        let secondOfDay: Int

        init(_ seconds: Int64) {
            let seconds = min(max(seconds, Self.writable.lowerBound), Self.writable.upperBound)
            // Days since 1 March of the year -400: a leap day is then the last day of its year, of its
            // four years and of its four centuries.
            let days = Int((seconds - Self.writable.lowerBound) / 86400) + 146_037
            secondOfDay = Int((seconds - Self.writable.lowerBound) % 86400)
            let era = days / 146_097
            let dayOfEra = days % 146_097
            let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
            let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
            let shifted = (5 * dayOfYear + 2) / 153
            day = dayOfYear - (153 * shifted + 2) / 5 + 1
            month = shifted < 10 ? shifted + 3 : shifted - 9
            year = era * 400 + yearOfEra - 400 + (month <= 2 ? 1 : 0)
        }
    }
}
