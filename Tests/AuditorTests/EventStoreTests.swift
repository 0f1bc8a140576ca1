internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import GRDB
internal import Logging
internal import Testing

@testable internal import Auditor

@Suite struct EventStoreTests {
    let folder: TemporaryFolder
    let path: String
    let signer = Source(name: "signer")

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("events.sqlite")
    }

    @Test func storesEventsInOrderAndCountsThem() async throws {
        try await withStore(at: path) { store in
            let reply = try await store.append(source: "signer", signer.request(1...3))
            #expect(reply == AppendEventsReply(acknowledgedSequence: 3, logSize: 3))
            let next = try await store.append(source: "signer", signer.request(4...5))
            #expect(next == AppendEventsReply(acknowledgedSequence: 5, logSize: 5))
            let found = try await store.events(ListEventsRequest())
            #expect(found.lines == (try signer.request(1...5).lines))
            #expect(found.places == [1, 2, 3, 4, 5])
            #expect(found.nextCursor == nil)
        }
    }

    @Test func skipsWhatIsStoredAndStoresTheRest() async throws {
        try await withStore(at: path) { store in
            _ = try await store.append(source: "signer", signer.request(1...3))
            let again = try await store.append(source: "signer", signer.request(2...3))
            #expect(again == AppendEventsReply(acknowledgedSequence: 3, logSize: 3))
            let overlapping = try await store.append(source: "signer", signer.request(2...6))
            #expect(overlapping == AppendEventsReply(acknowledgedSequence: 6, logSize: 6))
            #expect(try await store.events(ListEventsRequest()).lines == (try signer.request(1...6).lines))
        }
    }

    @Test func manyCallersOfTheSameEventsStoreThemOnce() async throws {
        try await withStore(at: path) { store in
            try await withThrowingTaskGroup(of: AppendEventsReply.self) { group in
                for _ in 0..<50 {
                    group.addTask { try await store.append(source: "signer", self.signer.request(1...20)) }
                }
                for try await reply in group { #expect(reply.acknowledgedSequence == 20) }
            }
            #expect(store.logSize == 20)
        }
    }

    @Test(arguments: [2, 5] as [Int64])
    func refusesAGapNamingTheExpectedNumber(first: Int64) async throws {
        try await withStore(at: path) { store in
            let error = try await #require(throws: ServiceError.self) {
                try await store.append(source: "signer", signer.request(first...first + 1))
            }
            #expect(error.code == .eventGap)
            #expect(error.message.contains("Number 1 "))
            #expect(store.logSize == 0)
            #expect(try await store.sources().isEmpty)
        }
    }

    @Test func aRefusalCostsTheOtherRequestsNothing() async throws {
        try await withStore(at: path) { store in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        let source = Source(name: "frontend-\(number)")
                        let first: Int64 = number.isMultiple(of: 2) ? 1 : 3
                        do {
                            _ = try await store.append(source: source.name, source.request(first...first + 4))
                            #expect(first == 1)
                        } catch let error as ServiceError {
                            #expect(error.code == .eventGap)
                            #expect(first == 3)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(store.logSize == 20 * 5)
            #expect(try await store.sources().count == 20)
        }
    }

    @Test func refusesANumberThatComesAgainWithOtherContent() async throws {
        try await withStore(at: path) { store in
            _ = try await store.append(source: "signer", signer.request(1...2))
            let other = signer.request([try signer.line(2) { $0.serial = "00ff" }, try signer.line(3)], from: 2)
            let error = try await #require(throws: ServiceError.self) {
                try await store.append(source: "signer", other)
            }
            #expect(error.code == .eventConflict)
            #expect(store.logSize == 2)
        }
    }

    @Test func keepsSourcesAndRunsApart() async throws {
        let sources = [
            signer, Source(name: "signer", run: "run-2"), Source(name: "frontend-1"), Source(name: "frontend-2"),
        ]
        try await withStore(at: path) { store in
            for source in sources {
                _ = try await store.append(source: source.name, source.request(1...2))
            }
            #expect(store.logSize == 8)
            for source in sources {
                #expect(try await store.position(source: source.name, run: source.run).acknowledgedSequence == 2)
            }
            #expect(try await store.position(source: "frontend-3", run: "run-1").acknowledgedSequence == 0)
        }
    }

    @Test func goesOnAfterARestart() async throws {
        try await withStore(at: path) { store in
            _ = try await store.append(source: "signer", signer.request(1...3))
            try await store.replaceNodes([
                NodeDescription(
                    name: "frontend-1", role: .frontend, publicKeys: ["key"], labels: nil, hosts: [], addedAt: 1)
            ])
        }
        try await withStore(at: path) { store in
            #expect(store.logSize == 3)
            #expect(try await store.nodes().map(\.name) == ["frontend-1"])
            #expect(try await store.position(source: "signer", run: "run-1").acknowledgedSequence == 3)
            let reply = try await store.append(source: "signer", signer.request(3...4))
            #expect(reply == AppendEventsReply(acknowledgedSequence: 4, logSize: 4))
        }
    }

    @Test func takesNothingAfterFinish() async throws {
        let store = try EventStore(path: path, logger: Logger(label: "test"))
        store.finish()
        try await store.run()
        let error = try await #require(throws: ServiceError.self) {
            try await store.append(source: "signer", signer.request(1...1))
        }
        #expect(error.code == .shuttingDown)
    }

    @Test func storesWhatWaitsAtFinish() async throws {
        let store = try EventStore(path: path, logger: Logger(label: "test"))
        let append = Task { try await store.append(source: "signer", signer.request(1...4)) }
        while store.waitingRequests == 0 { await Task.yield() }
        store.finish()
        try await store.run()
        #expect(try await append.value.acknowledgedSequence == 4)
    }

    @Test func refusesMoreThanMayWait() async throws {
        var limits = EventWriter.Limits()
        limits.waitingRequests = 2
        let store = try EventStore(path: path, logger: Logger(label: "test"), writerLimits: limits)
        let waiting = (1...2).map { number in
            Task {
                let source = Source(name: "frontend-\(number)")
                return try await store.append(source: source.name, source.request(1...1))
            }
        }
        while store.waitingRequests < 2 { await Task.yield() }
        let error = try await #require(throws: ServiceError.self) {
            try await store.append(source: "signer", signer.request(1...1))
        }
        #expect(error.code == .overloaded)
        store.finish()
        try await store.run()
        for task in waiting { #expect(try await task.value.acknowledgedSequence == 1) }
    }

    @Test func aFailedTransactionEndsTheStoreAndAnswersUnknown() async throws {
        let store = try EventStore(path: path, logger: Logger(label: "test"))
        try await DatabaseQueue(path: path).write { db in
            try db.execute(
                sql: "CREATE TRIGGER broken BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'broken disk'); END")
        }
        let running = Task { try await store.run() }
        let error = try await #require(throws: ServiceError.self) {
            try await store.append(source: "signer", signer.request(1...1))
        }
        #expect(error.code == .unreachable)
        await #expect(throws: DatabaseError.self) { try await running.value }
        await #expect(throws: ServiceError.self) { try await store.append(source: "signer", signer.request(1...1)) }
    }

    @Test func writesThroughToTheDisk() async throws {
        try await withStore(at: path) { store in
            let synchronous = try await store.writerPragma("synchronous")
            #expect(synchronous == "2")
            let journal = try await store.writerPragma("journal_mode")
            #expect(journal == "wal")
        }
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test func theLogRefusesToBeChanged() async throws {
        try await withStore(at: path) { store in
            _ = try await store.append(source: "signer", signer.request(1...2))
        }
        let file = try DatabaseQueue(path: path)
        for statement in ["UPDATE events SET line = ''", "DELETE FROM events WHERE place = 1"] {
            await #expect(throws: DatabaseError.self) { try await file.write { try $0.execute(sql: statement) } }
        }
    }

    @Test func refusesANewerSchemaAndAForeignFile() async throws {
        try await withStore(at: path) { _ in }
        try await DatabaseQueue(path: path).write { try $0.execute(sql: "PRAGMA user_version = 99") }
        let newer = try #require(throws: EventStoreError.self) {
            try EventStore(path: path, logger: Logger(label: "test"))
        }
        #expect(newer.description.contains("schema 99"))

        let foreign = folder.file("foreign.sqlite")
        try await DatabaseQueue(path: foreign).write { try $0.execute(sql: "CREATE TABLE other (a)") }
        #expect(throws: EventStoreError.self) { try EventStore(path: foreign, logger: Logger(label: "test")) }
    }
}
