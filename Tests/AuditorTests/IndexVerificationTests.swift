internal import ClusterProtocol
internal import Foundation
internal import GRDB
internal import LogVerification
internal import Testing

@testable internal import Auditor

/// The search index against its log: a changed value in any of its tables is found and named.
@Suite struct IndexVerificationTests {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("events.sqlite")
    }

    private func makeStore() async throws {
        let signer = Source(name: "signer")
        let lines = try (1...300).map { number in
            try signer.line(
                Int64(number), number.isMultiple(of: 3) ? .denied : .issued,
                at: Date(timeIntervalSince1970: 1_800_000_000 + Double(number) * 60)
            ) { event in
                (event.label, event.decision) = ("default", .allowed)
                (event.serial, event.device) = ("00ab\(100 + number)", "d\(number)")
                (event.subject, event.names) = ("CN=device-\(number)", ["dns:d\(number).example.com"])
                (event.reason, event.principal) = ("reason-\(number % 5)", "secret:\(number % 7)")
                event.notAfter = "2028-01-31T12:00:00.000Z"
            }
        }
        try await withStore(at: path) { store in
            _ = try await store.append(source: "signer", signer.request(lines))
            // A filtered query waits for the index.
            var request = ListEventsRequest()
            request.type = "denied"
            _ = try await store.events(request)
        }
    }

    private var tables: [(table: String, column: String)] {
        get async throws {
            try await DatabaseQueue(path: path + ".index").read { db in
                try Row.fetchAll(
                    db,
                    sql: """
                        SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c
                        WHERE m.type = 'table' AND m.name NOT LIKE 'found%' AND m.name NOT LIKE 'sqlite_%'
                        """
                ).map { ($0[0], $0[1]) }
            }
        }
    }

    private func verify(after sql: String) async throws -> [Finding] {
        let copy = folder.file(UUID().uuidString + ".index")
        try FileManager.default.copyItem(atPath: path + ".index", toPath: copy)
        let database = try DatabaseQueue(path: copy)
        try await database.write { try $0.execute(sql: sql) }
        try database.close()
        defer { try? FileManager.default.removeItem(atPath: copy) }
        return try IndexVerification.run(log: path, index: copy).findings.kept
    }

    @Test func anIndexThatNobodyTouchedIsClean() async throws {
        try await makeStore()
        let (findings, remarks) = try IndexVerification.run(log: path, index: path + ".index")
        #expect(findings.kept == [] && remarks == [])
    }

    @Test func aChangedValueInAnyColumnIsFoundAndNamed() async throws {
        try await makeStore()
        for (table, column) in try await tables {
            let number =
                "CASE typeof(\(column)) WHEN 'integer' THEN \(column) + 1000000 ELSE 'x' || \(column) || 'y' END"
            let row = "SELECT 1 FROM (SELECT * FROM \(table) ORDER BY 1 DESC, 2 DESC LIMIT 1) AS last"
            let keys = try await DatabaseQueue(path: path + ".index").read { db in
                try String.fetchAll(
                    db, sql: "SELECT name FROM pragma_table_info(?) WHERE pk > 0", arguments: [table])
            }
            let same = keys.isEmpty ? "1" : keys.map { "last.\($0) = \(table).\($0)" }.joined(separator: " AND ")
            let ordered = keys.isEmpty ? "1" : "EXISTS (\(row) WHERE \(same))"
            let findings = try await verify(
                after: "UPDATE \(table) SET \(column) = ifnull(\(number), 'x') WHERE \(ordered)")
            #expect(findings.contains { $0.place.contains(table) }, "\(table).\(column): \(findings.prefix(3))")
        }
    }

    @Test(arguments: [
        ("DELETE FROM entries WHERE place = 5", "entries"),
        ("DELETE FROM counts WHERE start = (SELECT max(start) FROM counts)", "counts"),
        ("INSERT INTO found (rowid, terms) VALUES (7, 'wsmuggled')", "found"),
        ("DELETE FROM found_data WHERE id > 10", "found"),
        ("UPDATE found_data SET block = zeroblob(length(block)) WHERE id > 10", "found"),
    ])
    func whatIsMissingOrTooMuchIsFound(sql: String, table: String) async throws {
        try await makeStore()
        let findings = try await verify(after: sql)
        #expect(findings.contains { $0.kind == .index && $0.place.contains(table) }, "\(findings.prefix(3))")
    }
}
