internal import ClusterProtocol
internal import Foundation
internal import GRDB
internal import Synchronization
internal import Testing

@testable internal import Signer

@Suite struct LedgerTests {
    private func path() -> String {
        NSTemporaryDirectory() + "estuary-ledger-\(UUID().uuidString).sqlite"
    }

    private func open(_ path: String, key: [UInt8] = [1], limits: LedgerLimits = .init()) throws -> Ledger {
        try Ledger(path: path, authorities: ["devices": key], limits: limits, failStop: { fatalError("\($0)") })
    }

    @Test func whatIsCommittedIsDurable() throws {
        let ledger = try open(path())
        let durability = try ledger.durability()
        #expect(durability.journalMode == "wal")
        #expect(durability.synchronous == 2)  // FULL
    }

    @Test func itKeepsItsIncarnationAndIsNotOpenedForAnotherCA() throws {
        let path = path()
        let first = try open(path)
        let incarnation = first.incarnation
        try first.close()
        let second = try open(path)
        #expect(second.incarnation == incarnation)
        try second.close()
        #expect(throws: LedgerError.anotherAuthority(path: path, name: "devices")) { try open(path, key: [2]) }
    }

    @Test func aNewerSchemaIsRefused() throws {
        let path = path()
        try open(path).close()
        let queue = try DatabaseQueue(path: path)
        try queue.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('\(LedgerSchema.version + 1)')") }
        try queue.close()
        #expect(throws: LedgerError.newerSchema(path: path)) { try open(path) }
    }

    @Test func anOperationThatThrowsUndoesOnlyItself() async throws {
        struct Refusal: Error {}
        let ledger = try open(path())
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<50 {
                group.addTask {
                    let outcome = try? await ledger.writer.perform { db in
                        try MetaTable.set(db, "key-\(index)", index)
                        if index % 2 == 1 { throw Refusal() }
                        return index
                    }
                    #expect(outcome == (index % 2 == 1 ? nil : index))
                }
            }
        }
        let count = try ledger.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM meta WHERE key LIKE 'key-%'") }
        #expect(count == 25)
    }

    @Test func manyAtOnceAreCommittedInFewTransactions() async throws {
        let ledger = try open(path())
        let batches = Mutex<[Int]>([])
        ledger.writer.observeBatches { size, _ in batches.withLock { $0.append(size) } }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<500 {
                group.addTask { try await ledger.writer.perform { try MetaTable.add($0, "counter", 1) } }
            }
            try await group.waitForAll()
        }
        #expect(try ledger.read { try MetaTable.integer($0, "counter") } == 500)
        #expect(batches.withLock { $0.reduce(0, +) } == 500)
        #expect(batches.withLock { $0.count } < 250)
    }

    @Test(.timeLimit(.minutes(1))) func moreThanTheBoundIsRefusedAtOnce() async throws {
        let ledger = try open(path(), limits: LedgerLimits(batch: 1, waiting: 2))
        let held = DispatchSemaphore(value: 0)
        let isRunning = Mutex(false)
        let blocker = Task {
            try await ledger.writer.perform { _ in
                isRunning.withLock { $0 = true }
                held.wait()
            }
        }
        while !isRunning.withLock({ $0 }) {
            await Task.yield()
        }
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    do {
                        try await ledger.writer.perform { _ in }
                        return true
                    } catch {
                        #expect(error as? LedgerError == .busy)
                        return false
                    }
                }
            }
            var refused = 0
            for await done in group {
                if !done { refused += 1 }
                // Two wait; the eight others don't fit.
                if refused == 8 { held.signal() }
            }
            return refused
        }
        try await blocker.value
        #expect(outcomes == 8)
    }

    @Test func operatorsHaveRoomThatEnrollmentsNeverTake() async throws {
        let ledger = try open(path(), limits: LedgerLimits(batch: 1, waiting: 0))
        await #expect(throws: LedgerError.busy) { try await ledger.writer.perform { _ in } }
        try await ledger.writer.perform(reserved: true) { try MetaTable.set($0, "key", 1) }
        #expect(try ledger.read { try MetaTable.integer($0, "key") } == 1)
    }

    @Test func anOperationThatThrowsAfterWritingLeavesNothing() async throws {
        struct Refusal: Error {}
        let ledger = try open(path())
        await #expect(throws: Refusal.self) {
            try await ledger.writer.perform { db in
                try MetaTable.set(db, "half", 1)
                throw Refusal()
            }
        }
        #expect(try ledger.read { try MetaTable.integer($0, "half") } == nil)
    }

    @Test func aNewIncarnationTakesAlongWhatWasNotDelivered() async throws {
        let ledger = try open(path())
        var event = AuditEvent(.started, time: Date())
        event.source = "signer"
        event.run = ledger.incarnation
        let line = try UnnumberedEventLine(event)
        try await ledger.writer.perform { db in
            for _ in 0..<5 { try OutboxTable.append(db, line, at: 100) }
            try OutboxTable.setDelivered(db, 3)
        }
        let before = ledger.incarnation
        try ledger.startNewIncarnation()
        #expect(ledger.incarnation != before)
        let events = try ledger.read { try OutboxTable.lines($0, from: 1, limit: 10) }.map(AuditEvent.init(line:))
        #expect(events.map(\.sequence) == [1, 2])
        #expect(events.allSatisfy { $0.run == ledger.incarnation && $0.id == event.id })
        #expect(try ledger.read { try OutboxTable.deliveredSequence($0) } == 0)
    }

    @Test func prunedEventsAreAcknowledgedOnesAndTheNewestStays() async throws {
        let ledger = try open(path())
        let line = try UnnumberedEventLine(AuditEvent(.started, time: Date()))
        try await ledger.writer.perform { db in
            for _ in 0..<10 { try OutboxTable.append(db, line, at: 100) }
            try OutboxTable.setDelivered(db, 6)
        }
        let removed = try await ledger.writer.perform { try OutboxTable.prune($0, recordedBefore: 200, limit: 100) }
        #expect(removed == 6)
        try await ledger.writer.perform { try OutboxTable.setDelivered($0, 10) }
        _ = try await ledger.writer.perform { try OutboxTable.prune($0, recordedBefore: 200, limit: 100) }
        #expect(try ledger.read { try OutboxTable.lastSequence($0) } == 10)
        #expect(try ledger.read { try OutboxTable.lines($0, from: 1, limit: 100) }.count == 1)
    }
}
