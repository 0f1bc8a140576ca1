internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import Synchronization
internal import Testing
internal import TransparencyLog

@testable internal import Signer

/// The signer as the log's witness: what it acknowledges, and what stops it.
@Suite struct LogWitnessTests {
    private let signer: SignerFixture
    private let auditor: MemoryAuditor

    init() throws {
        signer = try SignerFixture(limits: .init(outbox: 40))
        auditor = try MemoryAuditor()
    }

    private func append(_ count: Int) async throws {
        let line = try UnnumberedEventLine(signer.core.events.event(.started, at: Date()))
        try await signer.core.ledger.writer.perform { db in
            for _ in 0..<count { try OutboxTable.append(db, line, at: 0) }
        }
        signer.core.outboxGrew()
    }

    /// Runs the relay until a condition holds.
    private func relay(until isDone: () throws -> Bool) async throws {
        let relay = OutboxRelay(
            core: signer.core, audit: auditor, witness: try signer.witness(of: auditor), witnessInterval: .seconds(1),
            isUp: { true }, connectionStates: AsyncStream { $0.finish() }, nodes: { [] }, nodesVersion: { 1 })
        let running = Task { try await relay.run() }
        let limit = ContinuousClock.now + .seconds(30)
        while try !isDone() {
            try #require(ContinuousClock.now < limit, "the condition did not come true in time")
            signer.core.outboxGrew()
            try await Task.sleep(for: .milliseconds(5))
        }
        running.cancel()
        _ = await running.result
    }

    private func delivered() throws -> Int64 {
        try signer.core.ledger.read { try OutboxTable.deliveredSequence($0) }
    }

    private func status() throws -> WitnessStatus { try signer.witness(of: auditor).status() }

    private func alarms() throws -> [AuditEvent] {
        try signer.core.ledger.read { try OutboxTable.lines($0, from: 1, limit: 1000) }
            .map { try AuditEvent(line: $0) }.filter { $0.type == .alarm }
    }

    /// Delivers 20 events, changes what the log has, sends three more, and waits for the alarm.
    private func alarm(after change: @Sendable (inout MemoryAuditor.State) -> Void) async throws -> String {
        try await append(20)
        try await relay { signer.core.outboxPosition.backlog == 0 && signer.core.outboxPosition.last >= 20 }
        let before = try delivered()
        auditor.state.withLock { change(&$0) }
        try await append(3)
        try await relay { try status().alarm != nil }
        #expect(try delivered() == before, "nothing is acknowledged")
        let text = try #require(try status().alarm)
        #expect(try alarms().map(\.reasonText) == [text], "once, as an event")
        return text
    }

    @Test func eachAcknowledgementIsCosignedAndTold() async throws {
        try await append(700)
        try await relay { try delivered() == 700 && auditor.state.withLock { !$0.reports.isEmpty } }
        let log = try #require(try signer.core.ledger.read { try WitnessTable.log($0) })
        #expect(log.checkpoint.size == 700)
        #expect(try Cosignature.time(of: log.note, by: signer.witnessKey.verifierKey) != nil)
        #expect(try log.note.isSigned(by: auditor.logKey))
        let told = auditor.state.withLock { $0.reports.last }
        #expect(told?.checkpoint == log.text)
        #expect(told?.alarm == nil)
        #expect(try status().size == 700)
    }

    @Test func whatOthersAddIsCosignedToo() async throws {
        try await append(2)
        try await relay { try delivered() == 2 }
        // Of the same run here, which makes no difference to the tree.
        auditor.state.withLock { $0.lines += ["{}", "{}"] }
        let evidence = try await auditor.position(EventPositionRequest(run: "r", witnessedSize: 2)).evidence
        try await signer.witness(of: auditor).record(evidence)
        #expect(try status().size == 4)
        #expect(try delivered() == 2)
    }

    @Test func aLogThatWentBackStopsTheAcknowledgements() async throws {
        let text = try await alarm { $0.lines.removeLast(5) }
        #expect(text.contains("went back"))
    }

    @Test func aLogThatForkedStopsTheAcknowledgements() async throws {
        let text = try await alarm { $0.lines[7] += " " }
        #expect(text.contains("another root") || text.contains("forked"))
    }

    @Test func aLogThatLostAnEventStopsTheAcknowledgements() async throws {
        // It goes on as if nothing had happened, with as many events as before.
        auditor.state.withLock { $0.foreign = ["{\"a\":1}", "{\"a\":2}", "{\"a\":3}"] }
        let text = try await alarm { $0.foreign = ["{\"a\":1}", "{\"a\":3}", "{}"] }
        #expect(text.contains("forked"))
    }

    @Test func aLogThatLostWhatItHadOfOthersStopsTheAcknowledgements() async throws {
        auditor.state.withLock { $0.foreign = ["{\"a\":1}"] }
        let text = try await alarm { $0.foreign = [] }
        #expect(text.contains("went back"))
    }

    @Test func aLogThatStoresSomethingElseStopsTheAcknowledgements() async throws {
        let text = try await alarm { $0.stores = "{}" }
        #expect(text.contains("lacks an event"))
    }

    @Test func aLogThatShowsNothingStopsTheAcknowledgements() async throws {
        let text = try await alarm { $0.showsNothing = true }
        #expect(text.contains("does not show"))
    }

    @Test func aLogWithAnotherKeyStopsTheAcknowledgements() async throws {
        let other = try NoteSigner(newKeyOf: "other", type: .ed25519)
        try await append(1)
        try await relay { try delivered() == 1 }
        let expected = auditor.logKey
        auditor.state.withLock { $0.key = other }
        let witness = LogWitness(core: signer.core, audit: auditor, log: expected, key: signer.witnessKey)
        let evidence = try await auditor.position(EventPositionRequest(run: "r", witnessedSize: 1)).evidence
        await #expect(throws: LogAlarm.self) { try await witness.record(evidence) }
        // Nor does a new key in the configuration do, before an operator has accepted the log.
        let changed = LogWitness(core: signer.core, audit: auditor, log: other.verifierKey, key: signer.witnessKey)
        await #expect(throws: LogAlarm.self) { try await changed.record(evidence) }
        let reply = try await changed.accept(by: "operator:0")
        #expect(reply.former?.size == 1)
        #expect(reply.accepted.origin == "other")
    }

    @Test func issuanceGoesOnUntilTheBacklogIsFull() async throws {
        let secret = try await signer.secret(uses: 100).secret
        _ = try await alarm { $0.lines[7] += " " }
        var issued = 0
        let refusal = await code {
            while issued < 100 {
                _ = try await signer.enroll(Device("sensor-\(issued)"), secret: secret)
                issued += 1
                try signer.core.refreshOutboxPosition()
            }
        }
        #expect(refusal == .auditBacklogFull)
        #expect(issued > 20)
        #expect(try delivered() == 21)
    }

    @Test func theRightLogEndsTheAlarm() async throws {
        let lines = try await {
            try await append(20)
            try await relay { try delivered() == 20 }
            return auditor.state.withLock { $0.lines }
        }()
        auditor.state.withLock { $0.lines.removeLast(5) }
        try await append(1)
        try await relay { try status().alarm != nil }
        auditor.state.withLock { $0.lines = lines }
        try await relay { try status().alarm == nil && signer.core.outboxPosition.backlog == 0 }
        // The event that was added, and that of the alarm.
        #expect(auditor.state.withLock { $0.lines.count } == 22)
        try await relay { auditor.state.withLock { $0.reports.last?.alarm == nil } }
    }

    @Test func aLogThatIsWrongAndRightByTurnsFillsNoLedgerWithAlarms() async throws {
        let witness = try signer.witness(of: auditor)
        for _ in 0..<3 {
            try await witness.raise(LogAlarm(description: "The log forked."))
            #expect(try status().alarm == "The log forked.")
            try await signer.core.ledger.writer.perform { try WitnessTable.setAlarm($0, nil) }
        }
        #expect(try alarms().count == 1)
        signer.advance(by: 61)
        try await witness.raise(LogAlarm(description: "The log forked."))
        #expect(try alarms().count == 2)
    }

    @Test func anOperatorAcceptsALogThatWasRestored() async throws {
        _ = try await alarm { $0.lines.removeLast(5) }
        try await relay { auditor.state.withLock { $0.reports.last?.alarm != nil } }
        let reply = try await signer.witness(of: auditor).accept(by: "operator:7")
        #expect(reply.former?.size == 20)
        #expect(reply.accepted.size == 15)
        #expect(reply.alarm != nil)
        // What the log had lost is sent again, then what had waited.
        try await relay { signer.core.outboxPosition.backlog == 0 }
        let events = try auditor.state.withLock { $0.lines }.map { try AuditEvent(line: $0) }
        #expect(events.map(\.sequence) == Array(1...Int64(events.count)))
        let accepted = try #require(events.first { $0.type == .logAccepted })
        #expect(accepted.operator == "operator:7")
        #expect(accepted.reasonText?.contains("15 events") == true)
    }
}
