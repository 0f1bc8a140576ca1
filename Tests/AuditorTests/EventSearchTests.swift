internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import GRDB
internal import Testing

@testable internal import Auditor

@Suite struct EventSearchTests {
    let folder: TemporaryFolder
    let path: String
    let signer = Source(name: "signer")

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("events.sqlite")
    }

    /// Ten events: odd ones issued, even ones denied, a minute apart.
    private func fill(_ store: EventStore) async throws {
        let lines = try (1...10).map { number in
            let time = Date(timeIntervalSince1970: 1_800_000_000 + Double(number) * 60)
            return try signer.line(Int64(number), number.isMultiple(of: 2) ? .denied : .issued, at: time) { event in
                event.decision = number.isMultiple(of: 2) ? .denied : .allowed
                event.label = number <= 5 ? "default" : "pumps"
                event.serial = "00ab0\(number % 10)"
                event.principal = "secret:\(number % 3)"
                event.subject = "CN=Device-\(number)"
                event.names = ["dns:d\(number).Example.com"]
            }
        }
        _ = try await store.append(source: "signer", signer.request(lines))
    }

    static let filters: [(String, @Sendable (inout ListEventsRequest) -> Void, [Int64])] = [
        ("type", { $0.type = "issued" }, [1, 3, 5, 7, 9]),
        ("decision", { $0.decision = "denied" }, [2, 4, 6, 8, 10]),
        ("label", { $0.label = "pumps" }, [6, 7, 8, 9, 10]),
        ("serial with colons in capitals", { $0.serial = "00:AB:03" }, [3]),
        ("principal", { $0.principal = "secret:0" }, [3, 6, 9]),
        ("part of a subject", { $0.name = "device-1" }, [1, 10]),
        ("part of a name", { $0.name = "d7.example" }, [7]),
        ("source", { $0.source = "signer" }, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
        ("unknown source", { $0.source = "nobody" }, []),
        ("since, with milliseconds", { $0.since = "2027-01-15T08:08:00.000Z" }, [8, 9, 10]),
        ("until, without", { $0.until = "2027-01-15T08:03:00Z" }, [1, 2]),
        (
            "two together",
            {
                $0.type = "issued"; $0.label = "pumps"
            }, [7, 9]
        ),
        ("a quote in a value", { $0.label = "x' OR 1=1 --" }, []),
        (
            "newest first",
            {
                $0.type = "issued"; $0.newestFirst = true
            }, [9, 7, 5, 3, 1]
        ),
        (
            "after a cursor",
            {
                $0.type = "issued"; $0.cursor = 5
            }, [7, 9]
        ),
        (
            "before a cursor",
            {
                $0.type = "issued"; $0.cursor = 5; $0.newestFirst = true
            }, [3, 1]
        ),
        ("no filter after a cursor", { $0.cursor = 8 }, [9, 10]),
    ]

    @Test(arguments: filters.indices) func findsBy(_ number: Int) async throws {
        let (name, change, places) = Self.filters[number]
        try await withStore(at: path) { store in
            try await fill(store)
            var request = ListEventsRequest()
            change(&request)
            let found = try await store.events(request)
            #expect(found.places == places, "\(name)")
            #expect(try found.lines.map { try AuditEvent(line: $0).sequence } == places, "\(name)")
        }
    }

    /// Of three hundred events: some are in each name, more than are looked at to tell, and some in few.
    static let parts: [(String, [Int64])] = [
        ("device-", Array(1...300)), ("device-0", Array(1...99)), ("device-17", Array(170...179)),
        ("device-173", [173]),
        ("device-301", []), ("vice", Array(1...300)), ("-29", Array(290...299)),
    ]

    @Test(arguments: parts) func findsByPartsThatNamesShareOrNot(_ part: String, _ places: [Int64]) async throws {
        try await withStore(at: path) { store in
            let lines = try (1...300).map { number in
                let digits = String(1000 + number).dropFirst()
                return try signer.line(Int64(number)) { $0.subject = "CN=Device-\(digits)" }
            }
            _ = try await store.append(source: "signer", signer.request(lines))
            for isSubject in [false, true] {
                var request = ListEventsRequest(limit: 1000)
                if isSubject { request.subject = part } else { request.name = part }
                #expect(try await store.events(request).places == places)
            }
        }
    }

    @Test func pagesFollowOneAnotherWithoutGapOrRepetition() async throws {
        try await withStore(at: path) { store in
            try await fill(store)
            for newestFirst in [false, true] {
                var request = ListEventsRequest(newestFirst: newestFirst, limit: 3)
                var places: [Int64] = []
                repeat {
                    let page = try await store.events(request)
                    #expect(page.places.count <= 3)
                    places += page.places
                    request.cursor = page.nextCursor
                } while request.cursor != nil
                #expect(places == (newestFirst ? (1...10).reversed() : Array(1...10)))
            }
        }
    }

    @Test func aPageFitsIntoAMessage() async throws {
        try await withStore(at: path) { store in
            let lines = try (1...40).map { number in
                try signer.line(Int64(number)) { $0.reasonText = String(repeating: "\"", count: 6000) }
            }
            for start in stride(from: 0, to: 40, by: 10) {
                _ = try await store.append(
                    source: "signer", signer.request(Array(lines[start..<start + 10]), from: Int64(start + 1)))
            }
            var request = ListEventsRequest()
            var found: [String] = []
            repeat {
                let page = try await store.events(request)
                #expect(try CBOR.encode(page).count < 240 << 10)
                found += page.lines
                request.cursor = page.nextCursor
            } while request.cursor != nil
            #expect(found == lines)
        }
    }

    @Test func refusesATimeThatIsNone() async throws {
        try await withStore(at: path) { store in
            var request = ListEventsRequest()
            request.since = "yesterday"
            let error = try await #require(throws: ServiceError.self) { try await store.events(request) }
            #expect(error.code == .invalidArgument)
        }
    }

    enum Harm: String, CaseIterable, Sendable {
        case missing, overwritten, foreign, ahead, behind, otherVersion
    }

    @Test(arguments: Harm.allCases) func anIndexThatDoesNotFitItsLogIsMadeAnew(_ harm: Harm) async throws {
        try await withStore(at: path) { try await fill($0) }
        let index = EventStore.indexPath(of: path)
        switch harm {
        case .missing:
            try IndexDatabase.remove(path: index)
        case .overwritten:
            try IndexDatabase.remove(path: index)
            try Data(repeating: 0x55, count: 20_000).write(to: URL(fileURLWithPath: index))
        case .foreign:
            try await change(index, "UPDATE owner SET log = 'another'")
        case .ahead:
            try await change(
                index, "INSERT INTO entries (place, id, time, type, source) VALUES (99, 'x', '', 'issued', 'signer')")
        case .behind:
            try await change(index, "DELETE FROM entries WHERE place > 4")
        case .otherVersion:
            try await change(index, "PRAGMA user_version = 7")
        }
        try await withStore(at: path) { store in
            var request = ListEventsRequest()
            request.type = "issued"
            let found = try await store.events(request)
            #expect(found.places == [1, 3, 5, 7, 9])
        }
    }

    @Test func anIndexThatIsHarmedWhileInUseIsMadeAnew() async throws {
        try await withStore(at: path) { store in
            try await fill(store)
            var request = ListEventsRequest()
            request.type = "issued"
            #expect(try await store.events(request).places == [1, 3, 5, 7, 9])
            try await change(EventStore.indexPath(of: path), "DROP TABLE entries")
            let error = try await #require(throws: ServiceError.self) { try await store.events(request) }
            #expect(error.code == .overloaded)
            #expect(try await store.events(request).places == [1, 3, 5, 7, 9])
        }
    }

    private func change(_ path: String, _ sql: String) async throws {
        try await DatabaseQueue(path: path).write { try $0.execute(sql: sql) }
    }

    @Test func reportsTheNewestRunsAndThoseWithoutAnEnd() async throws {
        try await withStore(at: path) { store in
            let runs: [(run: String, closed: Bool)] = [("a", true), ("b", false), ("c", true), ("d", false)]
            for (run, closed) in runs {
                let source = Source(name: "frontend-1", run: run)
                _ = try await store.append(
                    source: "frontend-1",
                    source.request([try source.line(1, .started), try source.line(2, closed ? .stopped : .issued)]))
            }
            _ = try await store.append(source: "signer", signer.request([try signer.line(1, .stopped)]))
            #expect(
                try await store.sources().map { "\($0.name) \($0.run) \($0.lastSequence) \($0.closed)" } == [
                    "frontend-1 d 2 false", "signer run-1 1 true", "frontend-1 b 2 false",
                ])
        }
    }

    @Test func aRunThatGoesOnAfterItsEndIsOpenAgain() async throws {
        try await withStore(at: path) { store in
            _ = try await store.append(source: "signer", signer.request([try signer.line(1, .stopped)]))
            #expect(try await store.sources().map(\.closed) == [true])
            _ = try await store.append(source: "signer", signer.request([try signer.line(2, .started)], from: 2))
            #expect(try await store.sources().map(\.closed) == [false])
        }
    }
}
