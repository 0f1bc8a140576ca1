internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import Logging

@testable internal import Auditor

/// A folder that is gone after the test.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "estuary-auditor-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String {
        path + "/" + name
    }
}

/// Runs a store for as long as the body runs, and ends it in good order.
func withStore<Result>(
    at path: String, _ body: (EventStore) async throws -> Result
) async throws -> Result {
    let store = try EventStore(path: path, logger: Logger(label: "test"))
    let running = Task { try await store.run() }
    let result: Result
    do {
        result = try await body(store)
    } catch {
        store.finish()
        try await running.value
        throw error
    }
    store.finish()
    try await running.value
    try await store.close()
    return result
}

/// Events as a source makes them.
struct Source {
    var name: String
    var run = "run-1"

    func line(
        _ sequence: Int64, _ type: AuditEvent.Kind = .issued,
        at time: Date = Date(timeIntervalSince1970: 1_800_000_000),
        _ change: (inout AuditEvent) -> Void = { _ in }
    ) throws -> String {
        var event = AuditEvent(
            type, time: time,
            id: UUID(uuidString: "00000000-0000-4000-8000-\(String(format: "%012ld", Int(sequence)))")!,
            salt: "00")
        event.source = name
        event.run = run
        event.sequence = sequence
        change(&event)
        return try event.line()
    }

    func request(_ sequences: ClosedRange<Int64>) throws -> AppendEventsRequest {
        AppendEventsRequest(
            run: run, firstSequence: sequences.lowerBound, lines: try sequences.map { try line($0) })
    }

    func request(_ lines: [String], from first: Int64 = 1) -> AppendEventsRequest {
        AppendEventsRequest(run: run, firstSequence: first, lines: lines)
    }
}
