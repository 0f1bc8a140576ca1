internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import GRDB
internal import LogVerification
internal import Logging
internal import Testing
internal import TransparencyLog

@testable internal import Auditor

/// One changed byte in any column of any table of the store is found, and the finding names it.
@Suite struct TamperTests {
    let folder: TemporaryFolder
    let path: String
    let witness: NoteSigner

    init() throws {
        witness = try NoteSigner(newKeyOf: "witness", type: .cosignature)
        folder = try TemporaryFolder()
        path = folder.file("events.sqlite")
    }

    /// A store as clusters have it: two sources, three runs, one of which has ended, and nodes.
    private func makeStore() async throws -> NoteVerifierKey {
        try await withStore(at: path) { store in
            let signer = Source(name: "signer")
            let (old, new) = (Source(name: "frontend-1", run: "old"), Source(name: "frontend-1", run: "new"))
            _ = try await store.append(source: "signer", signer.request(1...400))
            _ = try await store.append(
                source: "frontend-1", old.request([old.line(1, .started), old.line(2, .denied), old.line(3, .stopped)]))
            var note = try await store.checkpoint().note
            try Cosignature.add(to: &note, by: witness, at: 1_800_000_000)
            try await store.take(
                WitnessReport(
                    witness: witness.verifierKey.description, checkpoint: String(decoding: note.bytes, as: UTF8.self),
                    alarm: nil))
            _ = try await store.append(source: "frontend-1", new.request([new.line(1, .started)]))
            _ = try await store.append(source: "signer", signer.request(401...600))
            try await store.replaceNodes(
                ["frontend-1", "frontend-2"].map {
                    NodeDescription(
                        name: $0, role: .frontend, publicKeys: ["key of \($0)"], labels: nil, hosts: ["a"], addedAt: 1)
                })
            return store.logKey
        }
    }

    /// Copies the store, and changes it without the triggers that forbid that.
    private func changed(_ sql: String, _ arguments: StatementArguments = []) async throws -> String {
        let copy = folder.file("copy-\(UUID().uuidString).sqlite")
        try FileManager.default.copyItem(atPath: path, toPath: copy)
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        let database = try DatabaseQueue(path: copy, configuration: configuration)
        try await database.writeWithoutTransaction { db in
            let triggers = try Row.fetchAll(db, sql: "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            try db.execute(sql: "PRAGMA ignore_check_constraints = ON")
            for trigger in triggers { try db.execute(sql: "DROP TRIGGER \(trigger[0] as String)") }
            try db.execute(sql: sql, arguments: arguments)
            for trigger in triggers { try db.execute(sql: trigger[1]) }
        }
        try database.close()
        return copy
    }

    @Test func aStoreThatNobodyTouchedIsClean() async throws {
        let key = try await makeStore()
        let report = try StoreVerification.run(path, VerificationOptions(key: key))
        #expect(report.findings.kept == [])
        #expect(report.checkpoint?.size == 604)
        #expect(report.events == 604 && report.runs == 3 && report.sources == 2)
        #expect(report.remarks == [])
    }

    @Test func aChangedByteInAnyColumnIsFoundAndNamed() async throws {
        let key = try await makeStore()
        let tables = try await DatabaseQueue(path: path).read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c
                    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'
                    """
            ).map { (table: $0[0] as String, column: $0[1] as String) }
        }
        #expect(Set(tables.map(\.table)).count >= 7)
        for (table, column) in tables {
            // The identity of the log only ties its search index to it.
            if table == "log", column == "identity" { continue }
            let rows = try await rowCount(table)
            #expect(rows > 0, "\(table) is empty: nothing is tested")
            for row in Set([0, rows / 2, rows - 1]) {
                let copy = try await changed(try await change(table, column, row: row))
                let report = try StoreVerification.run(copy, VerificationOptions(key: key))
                #expect(!report.isClean, "\(table).\(column), row \(row)")
                #expect(
                    report.findings.kept.contains { $0.place.contains(table) || $0.text.contains(column) },
                    "\(table).\(column), row \(row): \(report.findings.kept.prefix(5))")
                try FileManager.default.removeItem(atPath: copy)
            }
        }
    }

    private func rowCount(_ table: String) async throws -> Int {
        try await DatabaseQueue(path: path).read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") ?? 0 }
    }

    /// SQL that changes one byte of a value: in the middle of a text or blob, the lowest of a number.
    private func change(_ table: String, _ column: String, row: Int) async throws -> String {
        let (value, key) = try await DatabaseQueue(path: path).read { db in
            let keys = try String.fetchAll(
                db, sql: "SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", arguments: [table])
            let names = keys.isEmpty ? ["rowid"] : keys
            let found = try #require(
                try Row.fetchOne(
                    db,
                    sql: """
                        SELECT \(column), \(names.map { "quote(\($0))" }.joined(separator: ", ")) FROM \(table)
                        LIMIT 1 OFFSET \(row)
                        """))
            let condition = names.indices.map { "\(names[$0]) = \(found[$0 + 1] as String)" }
            return (found[0] as DatabaseValue, condition.joined(separator: " AND "))
        }
        let new: String
        switch value.storage {
        case .int64(let number): new = "\(number ^ 0x1000)"
        case .string(let text): new = "CAST(x'\(Self.flipped(Data(text.utf8)))' AS TEXT)"
        case .blob(let data): new = "x'\(Self.flipped(data))'"
        default: new = "1"
        }
        return "UPDATE \(table) SET \(column) = \(new) WHERE \(key)"
    }

    private static func flipped(_ data: Data) -> String {
        var bytes = [UInt8](data)
        bytes[bytes.count / 2] ^= 1
        return bytes.map { String(format: "%02x", $0) }.joined()
    }

    @Test(arguments: [
        ("DELETE FROM events WHERE place = 604", "events.place 604"),
        ("DELETE FROM events WHERE place = 17", "events.place 17"),
        ("INSERT INTO events SELECT 605, run_id, 601, line FROM events WHERE place = 604", "place 605"),
        ("UPDATE events SET line = line || char(0) WHERE place = 5", "events.line, place 5"),
        ("DELETE FROM tiles WHERE level = 1", "level 1"),
        ("INSERT INTO tiles VALUES (0, 3, zeroblob(32))", "number 3"),
        ("DELETE FROM checkpoint", "checkpoint"),
        ("DELETE FROM node_list", "node_list"),
        // What the log signed before, and what the witness saw then.
        ("UPDATE checkpoint SET note = (SELECT note FROM cosignature), size = 403", "place 404"),
        ("INSERT INTO nodes VALUES ('frontend-9', '{}')", "nodes"),
        ("UPDATE log SET pruned = 256", "log.pruned"),
        ("INSERT INTO runs (source, run, last_sequence, last_event_at, closed) VALUES ('x', 'y', 0, 0, 0)", "runs"),
        ("CREATE TRIGGER more AFTER INSERT ON events BEGIN SELECT 1; END", "copy"),
        // A change that fits with the tiles, and not with the signature.
        ("UPDATE tiles SET hashes = zeroblob(length(hashes)) WHERE level = 0 AND number = 2", "number 2"),
    ])
    func whatIsMissingOrTooMuchIsFound(sql: String, place: String) async throws {
        let key = try await makeStore()
        let report = try StoreVerification.run(try await changed(sql), VerificationOptions(key: key))
        #expect(report.findings.kept.contains { $0.place.contains(place) }, "\(report.findings.kept.prefix(5))")
    }

    /// Only the event is named where tile and signature agree, only the tile where event and signature do.
    @Test func theOneThatWasChangedIsNamed() async throws {
        let key = try await makeStore()
        let event = try await changed("UPDATE events SET line = replace(line, 'issued', 'denied') WHERE place = 300")
        #expect(
            try StoreVerification.run(event, VerificationOptions(key: key)).findings.kept.map(\.place) == [
                "events.line, place 300"
            ])
        let tile = try await changed(
            """
            UPDATE tiles SET hashes = CAST(zeroblob(32) || substr(hashes, 33) AS BLOB) WHERE level = 0 AND number = 1
            """)
        let findings = try StoreVerification.run(tile, VerificationOptions(key: key)).findings.kept
        #expect(findings.map(\.place) == ["tiles.hashes, level 0, number 1"])
        #expect(findings.first?.text.contains("event 257") == true)
    }

    @Test func aKeptCheckpointOfAnotherHistoryIsFound() async throws {
        let key = try await makeStore()
        var options = VerificationOptions(key: key)
        let lines = try await DatabaseQueue(path: path).read { db in
            try String.fetchAll(db, sql: "SELECT line FROM events ORDER BY place LIMIT 500")
        }
        var frontier = TreeFrontier()
        for line in lines { frontier.append(.leaf(Array(line.utf8))) { _, _ in } }
        options.since = try Checkpoint(origin: key.name, size: 500, root: frontier.root)
        #expect(try StoreVerification.run(path, options).isClean)
        options.since = try Checkpoint(origin: key.name, size: 499, root: frontier.root)
        #expect(try StoreVerification.run(path, options).findings.kept.map(\.kind) == [.history])
        options.since = try Checkpoint(origin: key.name, size: 605, root: frontier.root)
        #expect(try StoreVerification.run(path, options).findings.kept.map(\.kind) == [.history])
    }

    @Test func theWitnessHasToHaveCosignedTheLog() async throws {
        var options = VerificationOptions(key: try await makeStore())
        options.witness = witness.verifierKey
        let report = try StoreVerification.run(path, options)
        #expect(report.findings.kept == [])
        #expect(report.witnessedAt == 1_800_000_000)
        #expect(report.witnessedSize == 403)
        let none = try await changed("DELETE FROM cosignature")
        #expect(try StoreVerification.run(none, options).findings.kept.map(\.kind) == [.cosignature])
        options.witness = try NoteSigner(newKeyOf: "witness", type: .cosignature).verifierKey
        #expect(try StoreVerification.run(path, options).findings.kept.map(\.kind) == [.cosignature])
    }

    /// The log signs anew what it has changed, and the witness's word stands against it.
    @Test func aLogThatIsMadeAnewContradictsItsWitness() async throws {
        let key = try await makeStore()
        let signer = try NoteKeyFile.load(path: path + ".key", of: .log)
        let lines = try await DatabaseQueue(path: path).read { db in
            try String.fetchAll(db, sql: "SELECT line FROM events ORDER BY place")
        }.enumerated().map { $0 == 99 ? $1.replacing("issued", with: "denied") : $1 }
        var edge = TileEdge()
        for line in lines { edge.append(.leaf(Array(line.utf8))) }
        let note = try Checkpoint(origin: key.name, size: edge.size, root: edge.root).signed(by: signer)
        let copy = try await changed(
            "UPDATE checkpoint SET note = ?; UPDATE events SET line = ? WHERE place = 100",
            [String(decoding: note.bytes, as: UTF8.self), lines[99]])
        let changes = edge.takeChanges()
        try await DatabaseQueue(path: copy).write { db in
            for (tile, hashes) in changes {
                try db.execute(
                    sql: "UPDATE tiles SET hashes = ? WHERE level = ? AND number = ?",
                    arguments: [Data(hashes.flatMap(\.bytes)), tile.level, tile.index])
            }
        }
        let report = try StoreVerification.run(copy, VerificationOptions(key: key))
        #expect(report.findings.kept.map(\.place) == ["cosignature.note"])
        #expect(report.findings.kept.map(\.kind) == [.history])
    }

    @Test func anotherKeyVerifiesNothing() async throws {
        _ = try await makeStore()
        let other = try NoteSigner(newKeyOf: "other", type: .ed25519).verifierKey
        let report = try StoreVerification.run(path, VerificationOptions(key: other))
        #expect(report.findings.kept.contains { $0.kind == .checkpoint })
        #expect(report.checkpoint == nil)
    }

    @Test func somethingElseIsNoLog() async throws {
        let key = try NoteSigner(newKeyOf: "other", type: .ed25519).verifierKey
        let file = folder.file("text")
        try Data("no database".utf8).write(to: URL(fileURLWithPath: file))
        #expect(throws: VerificationError.self) { try StoreVerification.run(file, VerificationOptions(key: key)) }
        #expect(throws: VerificationError.self) {
            try StoreVerification.run(folder.file("nothing"), VerificationOptions(key: key))
        }
    }
}
