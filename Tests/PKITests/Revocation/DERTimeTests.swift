internal import Foundation
internal import Testing

@testable internal import PKI

struct DERTimeTests {
    private static func text(_ seconds: Int64, _ format: String) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.calendar = Calendar(identifier: .iso8601)
        formatter.dateFormat = format
        return formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
    }

    @Test(arguments: [
        (2_524_607_999, "17", "491231235959Z"), (2_524_608_000, "18", "20500101000000Z"),
        (0, "17", "700101000000Z"), (-631_152_000, "17", "500101000000Z"), (-631_152_001, "18", "19491231235959Z"),
        (951_782_400, "17", "000229000000Z"), (951_868_799, "17", "000229235959Z"),
        (951_868_800, "17", "000301000000Z"),
        (253_402_300_799, "18", "99991231235959Z"), (Int64.max, "18", "99991231235959Z"),
        (Int64.min, "18", "00000101000000Z"),
    ])
    func UTCTimeEndsWith2049(seconds: Int64, tag: String, text: String) {
        let bytes = DERTime.time(seconds)
        #expect([bytes[0]].hexadecimal == tag)
        #expect(Int(bytes[1]) == bytes.count - 2)
        #expect(String(decoding: bytes.dropFirst(2), as: UTF8.self) == text)
    }

    @Test func everyDayIsWhatTheCalendarSays() {
        // A prime number of seconds, so that months, leap years and hours all come by.
        for seconds in stride(from: Int64(-2_000_000_000), to: 20_000_000_000, by: 7_654_321) {
            #expect(
                String(decoding: DERTime.generalizedTime(seconds).dropFirst(2), as: UTF8.self)
                    == Self.text(seconds, "yyyyMMddHHmmss") + "Z")
        }
    }
}
