internal import ClusterProtocol
internal import Foundation
internal import Logging
internal import Testing

@testable internal import Frontend

/// What the auditor refuses, in the codes of the real one, never stops what comes after it.
@Suite struct EventSenderTests {
    private func withSender(
        _ auditor: StandInAuditor, signOfLifeInterval: Duration = .seconds(600),
        _ body: (EventRecorder) async throws -> Void
    ) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let recorder = EventRecorder(
            source: "frontend-1", run: "r", maximumCount: 1_000, maximumBytes: 1 << 20, logger: logger)
        let sender = EventSender(
            recorder: recorder, auditor: auditor, logger: logger, signOfLifeInterval: signOfLifeInterval)
        let task = Task { try await sender.run() }
        defer { task.cancel() }
        try await body(recorder)
    }

    private func event(_ reason: String) -> AuditEvent {
        var event = AuditEvent(.denied, time: .now)
        event.reason = reason
        return event
    }

    @Test func aProcessWithoutEventsGivesSignsOfLifeAndTellsItsBacklog() async throws {
        let auditor = StandInAuditor()
        try await withSender(auditor, signOfLifeInterval: .milliseconds(10)) { recorder in
            try await eventually { auditor.positions.count >= 2 }
            #expect(auditor.positions.allSatisfy { $0.run == "r" && $0.backlog == 0 })
            auditor.setUp(false)
            for index in 0..<3 { recorder.record(event("\(index)")) }
            try await eventually { auditor.positions.last?.backlog == 3 }
            auditor.setUp(true)
            try await eventually { auditor.positions.last?.backlog == 0 && auditor.events.count == 3 }
        }
    }

    @Test func afterAGapANewRunBeginsAndSaysWhatIsLost() async throws {
        let auditor = StandInAuditor()
        try await withSender(auditor) { recorder in
            for index in 0..<3 { recorder.record(event("\(index)")) }
            try await eventually { auditor.events.count == 3 && recorder.counts.backlog == 0 }
            auditor.store([], run: "r")
            recorder.record(event("later"))
            try await eventually { auditor.events.count == 2 }
            #expect(auditor.events.map(\.type) == [.denied, .dropped])
            #expect(auditor.events.map(\.sequence) == [1, 2])
            #expect(auditor.events.last?.count == 3)
            #expect(Set(auditor.events.map(\.run)).count == 1 && auditor.events[0].run != "r")
            #expect(recorder.counts == (0, 3))
        }
    }

    @Test func afterAConflictANewRunBegins() async throws {
        let auditor = StandInAuditor()
        var other = event("stored by another process")
        other.run = "r"
        auditor.store([other], run: "r")
        try await withSender(auditor) { recorder in
            for index in 0..<3 { recorder.record(event("\(index)")) }
            try await eventually { auditor.events.count == 4 && recorder.counts.backlog == 0 }
            #expect(auditor.events(ofRun: "r").count == 1)
            #expect(auditor.events.filter { $0.run != "r" }.map(\.reason) == ["0", "1", "2"])
            #expect(recorder.counts.dropped == 0)
        }
    }

    @Test func anEventThatIsRefusedIsSingledOut() async throws {
        let auditor = StandInAuditor()
        auditor.refuses(reason: "poison")
        auditor.setUp(false)
        try await withSender(auditor) { recorder in
            for index in 0..<50 { recorder.record(event(index == 33 ? "poison" : "\(index)")) }
            auditor.setUp(true)
            try await eventually { recorder.counts.backlog == 0 }
            let events = auditor.events(ofRun: "r")
            #expect(events.map(\.sequence) == Array(1...50))
            #expect(events.filter { $0.type == .dropped }.map(\.sequence) == [34])
            #expect(events[33].count == 1)
            #expect(recorder.counts.dropped == 1)
        }
    }

    @Test func aBatchThatIsTooLargeIsHalved() async throws {
        let auditor = StandInAuditor()
        auditor.takesAtOnce(3)
        auditor.setUp(false)
        try await withSender(auditor) { recorder in
            for index in 0..<20 { recorder.record(event("\(index)")) }
            auditor.setUp(true)
            try await eventually { recorder.counts.backlog == 0 }
            #expect(auditor.events(ofRun: "r").map(\.reason) == (0..<20).map { "\($0)" })
        }
    }
}
