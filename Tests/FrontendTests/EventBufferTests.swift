internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import Testing

@testable internal import Frontend

@Suite struct EventBufferTests {
    private let time = Date(timeIntervalSince1970: 1_700_000_000)

    private func buffer(count: Int = 100, bytes: Int = 1 << 20) -> EventBuffer {
        EventBuffer(source: "frontend-1", run: "r", maximumCount: count, maximumBytes: bytes)
    }

    private func event(_ reason: String = "x") -> AuditEvent {
        var event = AuditEvent(.denied, time: time)
        event.reason = reason
        return event
    }

    private func all(_ buffer: inout EventBuffer) throws -> [AuditEvent] {
        try (buffer.batch(maximumCount: 10_000, maximumBytes: 1 << 24, time: time)?.lines ?? []).map {
            try AuditEvent(line: $0)
        }
    }

    @Test func numbersFromOneAndGoesOnAfterAcknowledgement() throws {
        var buffer = buffer()
        for _ in 0..<5 { try buffer.append(event()) }
        #expect(try all(&buffer).map(\.sequence) == [1, 2, 3, 4, 5])
        #expect(buffer.acknowledged(upTo: 3) == true)
        let batch = buffer.batch(maximumCount: 10, maximumBytes: 1 << 20, time: time)
        #expect(batch?.firstSequence == 4)
        #expect(batch?.run == "r")
        #expect(try all(&buffer).map(\.source) == ["frontend-1", "frontend-1"])
        #expect(buffer.acknowledged(upTo: 5) == true)
        #expect(buffer.count == 0)
        #expect(try all(&buffer).isEmpty)
    }

    @Test func aBatchKeepsToItsBoundsAndHoldsAtLeastOne() throws {
        var buffer = buffer()
        for _ in 0..<5 { try buffer.append(event()) }
        #expect(buffer.batch(maximumCount: 2, maximumBytes: 1 << 20, time: time)?.lines.count == 2)
        #expect(buffer.batch(maximumCount: 10, maximumBytes: 1, time: time)?.lines.count == 1)
        let first = buffer.batch(maximumCount: 1, maximumBytes: 1, time: time)
        let line = try #require(first?.lines.first)
        #expect(buffer.batch(maximumCount: 10, maximumBytes: line.utf8.count * 2, time: time)?.lines.count == 1)
    }

    @Test func whatFindsNoRoomIsDeclaredOnceThereIsRoomAgain() throws {
        var buffer = buffer(count: 20)
        for index in 0..<100 { try buffer.append(event("\(index)")) }
        let kept = buffer.count
        #expect(kept <= 20)
        #expect(buffer.droppedTotal == 100 - kept)
        #expect(buffer.acknowledged(upTo: Int64(kept)) == true)
        try buffer.append(event("after"))
        let events = try all(&buffer)
        #expect(events.map(\.type) == [.dropped, .denied])
        #expect(events[0].count == 100 - kept)
        #expect(events.map(\.sequence) == [Int64(kept) + 1, Int64(kept) + 2])
    }

    @Test func whatWasDroppedIsDeclaredAlsoWhenNothingElseHappens() throws {
        var buffer = buffer(count: 20)
        for _ in 0..<50 { try buffer.append(event()) }
        #expect(buffer.acknowledged(upTo: Int64(buffer.count)) == true)
        #expect(try all(&buffer).map(\.type) == [.dropped])
    }

    @Test func theClosingEventIsLastAlsoInAFullBuffer() throws {
        var buffer = buffer(count: 20)
        for _ in 0..<50 { try buffer.append(event()) }
        try buffer.close(AuditEvent(.stopped, time: time))
        #expect(try all(&buffer).suffix(2).map(\.type) == [.dropped, .stopped])
    }

    @Test func anAuditorThatForgotGetsANewRun() throws {
        var buffer = buffer()
        for index in 0..<4 { try buffer.append(event("\(index)")) }
        #expect(buffer.acknowledged(upTo: 2) == true)
        #expect(buffer.acknowledged(upTo: 0) == false)
        try buffer.restart(run: "s")
        let events = try all(&buffer)
        #expect(events.map(\.sequence) == [1, 2])
        #expect(events.map(\.reason) == ["2", "3"])
        #expect(events.map(\.run) == ["s", "s"])
    }

    @Test(arguments: ["/", "\\", "\"", "\u{7f}", "ü", "x"])
    func aBatchIsNoLongerInAMessageThanItWasCounted(character: String) throws {
        var buffer = buffer(bytes: 1 << 24)
        for _ in 0..<50 { try buffer.append(event(String(repeating: character, count: 200))) }
        let first = buffer.batch(maximumCount: 50, maximumBytes: 20_000, time: time)
        let batch = try #require(first)
        #expect(batch.lines.count < 50)
        let counted = batch.lines.reduce(0) { $0 + AppendEventsRequest.encodedBytes(of: $1) }
        let envelope = try CBOR.encode(AppendEventsRequest(run: "r", firstSequence: 1, lines: [])).count
        #expect(try CBOR.encode(batch).count <= counted + envelope)
        #expect(counted <= 20_000)
    }

    @Test func bytesAreBoundedToo() throws {
        var buffer = buffer(count: 10_000, bytes: 10_000)
        for _ in 0..<1_000 { try buffer.append(event()) }
        #expect(buffer.droppedTotal > 900)
    }
}
