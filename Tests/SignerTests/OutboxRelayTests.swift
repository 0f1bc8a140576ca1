internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import Synchronization
internal import Testing

@testable internal import Signer

@Suite struct OutboxRelayTests {
    private func relay(_ signer: SignerFixture, _ auditor: MemoryAuditor) throws -> OutboxRelay {
        OutboxRelay(
            core: signer.core, audit: auditor, witness: try signer.witness(of: auditor), witnessInterval: .seconds(1),
            isUp: { true }, connectionStates: AsyncStream { $0.finish() }, nodes: { [] }, nodesVersion: { 1 })
    }

    private func append(_ count: Int, to signer: SignerFixture) async throws {
        let line = try UnnumberedEventLine(signer.core.events.event(.started, at: Date()))
        try await signer.core.ledger.writer.perform { db in
            for _ in 0..<count { try OutboxTable.append(db, line, at: 0) }
        }
        signer.core.outboxGrew()
    }

    @Test func everythingArrivesInOrderAndOnce() async throws {
        let signer = try SignerFixture()
        let auditor = try MemoryAuditor()
        try await append(1300, to: signer)
        signer.core.closeOutbox()
        try await relay(signer, auditor).run()
        let sequences = try auditor.state.withLock { $0.lines }.map { try AuditEvent(line: $0).sequence }
        #expect(sequences == Array(1...1300))
        #expect(signer.core.outboxPosition.backlog == 0)
        #expect(auditor.state.withLock { $0.nodes } != nil)
    }

    @Test(arguments: [(0, 2), (2, 0), (1, 1)])
    func aFailureOnEitherSideOfTheStoreLosesAndRepeatsNothing(_ failures: (before: Int, after: Int)) async throws {
        let signer = try SignerFixture()
        let auditor = try MemoryAuditor()
        auditor.state.withLock {
            $0.failsBeforeStoring = failures.before
            $0.failsAfterStoring = failures.after
        }
        try await append(700, to: signer)
        let running = Task { try await relay(signer, auditor).run() }
        try await wait { signer.core.outboxPosition.backlog == 0 && signer.core.outboxPosition.last == 700 }
        signer.core.closeOutbox()
        try await running.value
        #expect(auditor.state.withLock { $0.lines.count } == 700)
    }

    @Test func anAuditorThatLostEventsIsFilledAgain() async throws {
        let signer = try SignerFixture()
        let auditor = try MemoryAuditor()
        try await append(20, to: signer)
        try await signer.core.ledger.writer.perform { try OutboxTable.setDelivered($0, 20) }
        signer.core.closeOutbox()
        try await relay(signer, auditor).run()
        #expect(auditor.state.withLock { $0.lines.count } == 20)
    }

    @Test func aLedgerThatIsOlderThanTheLogIsRefused() async throws {
        let signer = try SignerFixture()
        let auditor = try MemoryAuditor()
        auditor.state.withLock { $0.lines = Array(repeating: "{}", count: 5) }
        try await append(3, to: signer)
        signer.core.closeOutbox()
        await #expect(throws: LedgerBehindAuditor.self) { try await relay(signer, auditor).run() }
    }

    @Test func aLedgerThatHasGoneOnFromAnOlderCopyIsFoundOut() async throws {
        let signer = try SignerFixture()
        let auditor = try MemoryAuditor()
        // The log has five events of this ledger; the copy that was restored has made others under the last numbers.
        auditor.state.withLock { $0.lines = Array(repeating: "{}", count: 5) }
        try await append(9, to: signer)
        signer.core.closeOutbox()
        await #expect(throws: LedgerBehindAuditor.self) { try await relay(signer, auditor).run() }
        #expect(try signer.core.ledger.read { try OutboxTable.deliveredSequence($0) } == 0)
    }

    @Test func eventsThatTheLedgerNoLongerKeepsAreSaidToBeMissing() async throws {
        let signer = try SignerFixture()
        try await append(20, to: signer)
        _ = try await signer.core.ledger.writer.perform { db in
            try OutboxTable.setDelivered(db, 20)
            return try OutboxTable.prune(db, recordedBefore: 1000, limit: 10)
        }
        let comparison = LedgerComparison(ledger: signer.core.ledger, audit: try MemoryAuditor())
        let error = try #require(throws: OutboxGap.self) { try comparison.requireKept(from: 1) }
        #expect(error.first == 11)
        try comparison.requireKept(from: 11)
    }

    @Test func linesThatGrowOnTheWireStillGoOut() async throws {
        let signer = try SignerFixture()
        let auditor = try MemoryAuditor()
        var event = signer.core.events.event(.denied, at: Date())
        event.names = Array(repeating: String(repeating: "/", count: 2000), count: 10)
        let line = try UnnumberedEventLine(event)
        try await signer.core.ledger.writer.perform { db in
            for _ in 0..<40 { try OutboxTable.append(db, line, at: 0) }
        }
        signer.core.closeOutbox()
        try await relay(signer, auditor).run()
        #expect(auditor.state.withLock { $0.lines.count } == 40)
        #expect(auditor.state.withLock { $0.longestRequest } < 262_144)
    }

    private func wait(_ condition: () -> Bool) async throws {
        let limit = ContinuousClock.now + .seconds(30)
        while !condition() {
            try #require(ContinuousClock.now < limit, "the condition did not come true in time")
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
