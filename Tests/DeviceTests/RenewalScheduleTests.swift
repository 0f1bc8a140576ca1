internal import Device
internal import Foundation
internal import Testing

@Suite("Renewal schedule")
struct RenewalScheduleTests {
    private let start = Date(timeIntervalSince1970: 1_800_000_000)

    @Test("lies in its window, and is the same whenever it is asked for")
    func withinTheWindow() {
        let end = start.addingTimeInterval(1_000_000)
        for number in UInt8.min...UInt8.max {
            let due = RenewalSchedule.standard.due(certificate: [number], notBefore: start, notAfter: end)
            #expect(due >= start.addingTimeInterval(500_000))
            #expect(due <= start.addingTimeInterval(750_000))
            #expect(due == RenewalSchedule.standard.due(certificate: [number], notBefore: start, notAfter: end))
        }
    }

    @Test("differs from device to device")
    func spread() {
        let end = start.addingTimeInterval(1_000_000)
        let points = Set(
            (0..<100).map {
                RenewalSchedule.standard.due(certificate: [UInt8($0)], notBefore: start, notAfter: end)
            })
        #expect(points.count == 100)
    }
}
