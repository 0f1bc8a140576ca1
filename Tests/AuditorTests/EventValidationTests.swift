internal import ClusterProtocol
internal import ClusterTransport
internal import Testing

@testable internal import Auditor

@Suite struct EventValidationTests {
    static let source = Source(name: "frontend-1")

    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let request: AppendEventsRequest
    }

    static func cases() throws -> [Case] {
        let good = try source.line(1)
        return [
            Case(testDescription: "not JSON", request: source.request(["hello"])),
            Case(testDescription: "empty line", request: source.request([""])),
            Case(testDescription: "JSON that is no event", request: source.request(["{}"])),
            Case(
                testDescription: "an unknown type",
                request: source.request([
                    good.replacing("\"issued\"", with: "\"invented\"")
                ])),
            Case(testDescription: "a line break", request: source.request([good + "\n"])),
            Case(testDescription: "another source", request: source.request([try Source(name: "signer").line(1)])),
            Case(
                testDescription: "another run",
                request: source.request([
                    try Source(name: "frontend-1", run: "run-2").line(1)
                ])),
            Case(testDescription: "another number", request: source.request([try source.line(2)])),
            Case(testDescription: "a number twice", request: source.request([good, good])),
            Case(
                testDescription: "another schema",
                request: source.request([
                    good.replacing("\"schema\":1", with: "\"schema\":2")
                ])),
            Case(
                testDescription: "too long",
                request: source.request([
                    good.replacing("{\"", with: "{" + String(repeating: " ", count: AuditEvent.maximumLineBytes) + "\"")
                ])),
            Case(testDescription: "numbered from 0", request: source.request([try source.line(0)], from: 0)),
            Case(testDescription: "numbers that overflow", request: source.request([good], from: .max)),
            Case(testDescription: "no run", request: AppendEventsRequest(run: "", firstSequence: 1, lines: [])),
            Case(testDescription: "too many", request: source.request(Array(repeating: good, count: 2001))),
        ]
    }

    @Test(arguments: try cases())
    func refusesWhatIsNoEventOfItsSender(_ example: Case) throws {
        let error = try #require(throws: ServiceError.self) {
            try IncomingEvents(source: "frontend-1", request: example.request)
        }
        #expect(error.code == .invalidEvent)
    }

    @Test func oneBadLineRefusesTheWholeRequest() async throws {
        let folder = try TemporaryFolder()
        try await withStore(at: folder.file("events.sqlite")) { store in
            await #expect(throws: ServiceError.self) {
                try await store.append(
                    source: "frontend-1", Self.source.request([try Self.source.line(1), "nonsense"]))
            }
            #expect(store.logSize == 0)
        }
    }

    @Test func takesALineOfTheGreatestLength() throws {
        let line = try Self.source.line(1) {
            $0.reasonText = String(repeating: "x", count: AuditEvent.maximumLineBytes)
        }
        #expect(line.utf8.count <= AuditEvent.maximumLineBytes)
        #expect(try IncomingEvents(source: "frontend-1", request: Self.source.request([line])).events.count == 1)
    }
}
