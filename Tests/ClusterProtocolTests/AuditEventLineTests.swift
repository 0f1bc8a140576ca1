internal import ClusterProtocol
internal import Foundation
internal import Testing

@Suite struct AuditEventLineTests {
    private let time = Date(timeIntervalSince1970: 1_800_000_000.25)

    @Test func aLineComesBackAsItWas() throws {
        var event = AuditEvent(.issued, time: time)
        event.source = "signer"
        event.run = "run"
        event.sequence = 7
        event.subject = "CN=sensor-1"
        event.names = ["dns:a.example.com", "uri:urn:x/1"]
        event.certificate = Data([1, 2, 3])
        let line = try event.line()
        #expect(try AuditEvent(line: line) == event)
        #expect(line.contains("\"time\":\"2027-01-15T08:00:00.250Z\""))
        #expect(!line.contains("\n"))
    }

    /// RFC 9562 §5.4: version 4, variant 10.
    @Test func identifiersAreRandomUUIDs() throws {
        let identifiers = Set((0..<100).map { _ in AuditEvent(.denied, time: time).id })
        #expect(identifiers.count == 100)
        for identifier in identifiers {
            let pattern = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/
            #expect(try pattern.wholeMatch(in: identifier) != nil)
        }
    }

    @Test func whatCanNotBeSeenIsEscaped() throws {
        var event = AuditEvent(.denied, time: time)
        event.subject = "CN=a\u{202e}b\u{7}c\u{85}d\u{2028}e\u{feff}"
        let line = try event.line()
        for scalar in line.unicodeScalars {
            #expect((0x20...0x7e).contains(scalar.value), "\(scalar.value)")
        }
        #expect(try AuditEvent(line: line).subject == event.subject)
    }

    @Test func aLongListIsCutWithItsCountAndHash() throws {
        var event = AuditEvent(.denied, time: time)
        event.names = (0..<2500).map { "dns:device-\($0).example.com" }
        let line = try event.line()
        #expect(line.utf8.count <= AuditEvent.maximumLineBytes)
        let read = try AuditEvent(line: line)
        #expect(read.namesCount == 2500)
        #expect(read.namesSHA256?.count == 64)
        #expect((1..<2500).contains(read.names?.count ?? 0))
    }

    @Test func noTextMakesALineLongerThanItsBound() throws {
        let long = String(repeating: "\"/\\\u{1}ä", count: 40_000)
        let texts: [WritableKeyPath<AuditEvent, String?>] = [
            \.label, \.node, \.requestID, \.remoteAddress, \.principal, \.operator, \.subject, \.reasonText, \.reason,
            \.operation,
        ]
        var all = AuditEvent(.denied, time: time)
        for text in texts {
            var event = AuditEvent(.denied, time: time)
            event[keyPath: text] = long
            all[keyPath: text] = long
            #expect(try event.line().utf8.count <= AuditEvent.maximumLineBytes)
        }
        all.names = Array(repeating: long, count: 3)
        all.remarks = [long]
        all.certificate = Data(count: 100_000)
        #expect(try all.line().utf8.count <= AuditEvent.maximumLineBytes)
        #expect(try UnnumberedEventLine(all).numbered(.max).utf8.count <= AuditEvent.maximumLineBytes)
    }

    @Test func theNumberComesLastAndChangesNothingElse() throws {
        var event = AuditEvent(.denied, time: time)
        event.subject = "CN=\"sequence\":0"
        let unnumbered = try UnnumberedEventLine(event)
        for number in [1, 42, Int64.max] {
            event.sequence = number
            #expect(unnumbered.numbered(number) == (try event.line()))
        }
    }
}
