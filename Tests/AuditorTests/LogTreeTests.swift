internal import Foundation
internal import GRDB
internal import LogVerification
internal import Logging
internal import Testing
internal import TransparencyLog

@testable internal import Auditor

/// The tree over the events, as the store keeps it.
@Suite struct LogTreeTests {
    let folder: TemporaryFolder
    let path: String
    let signer = Source(name: "signer")

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("events.sqlite")
    }

    /// The Merkle tree hash as RFC 6962 §2.1 defines it, without tiles.
    private static func root(_ lines: ArraySlice<String>) -> MerkleHash {
        guard let first = lines.first else { return .empty }
        guard lines.count > 1 else { return .leaf(Array(first.utf8)) }
        var split = 1
        while split * 2 < lines.count { split *= 2 }
        let middle = lines.startIndex + split
        return .node(root(lines[..<middle]), root(lines[middle...]))
    }

    private func expectTree(_ store: EventStore, of lines: [String]) async throws {
        let checkpoint = try Checkpoint.verified(await store.checkpoint().note, by: store.logKey)
        #expect(checkpoint.size == Int64(lines.count))
        #expect(checkpoint.root == Self.root(lines[...]))
    }

    @Test func theCheckpointIsAlwaysThatOfTheEvents() async throws {
        let lines = try (1...700).map { try signer.line(Int64($0)) }
        try await withStore(at: path) { store in
            try await expectTree(store, of: [])
            for range in [0..<1, 1..<255, 255..<256, 256..<257, 257..<600] {
                _ = try await store.append(
                    source: "signer", signer.request(Array(lines[range]), from: Int64(range.lowerBound) + 1))
                try await expectTree(store, of: Array(lines[..<range.upperBound]))
            }
        }
        // A start goes on where the last one ended.
        try await withStore(at: path) { store in
            try await expectTree(store, of: Array(lines[..<600]))
            _ = try await store.append(source: "signer", signer.request(Array(lines[590...]), from: 591))
            try await expectTree(store, of: lines)
        }
    }

    @Test func everyEventIsProvenAndNoOther() async throws {
        let lines = try (1...300).map { try signer.line(Int64($0)) }
        try await withStore(at: path) { store in
            _ = try await store.append(source: "signer", signer.request(lines))
            for place in [1, 2, 256, 257, 300] {
                let proof = try #require(try await store.inclusionProof(place: Int64(place)))
                let read = try EntryProof(parsing: proof.bytes)
                #expect(try read.verify(Array(lines[place - 1].utf8), log: store.logKey).size == 300)
                #expect(throws: TransparencyLogError.self) {
                    try read.verify(Array(lines[place - 1].replacing("issued", with: "denied").utf8), log: store.logKey)
                }
            }
            #expect(try await store.inclusionProof(place: 301) == nil)
            #expect(try await store.inclusionProof(place: 0) == nil)
        }
    }

    @Test func tilesAndEntriesAreServedInEveryWidthThatTheTreeHas() async throws {
        let lines = try (1...300).map { try signer.line(Int64($0)) }
        try await withStore(at: path) { store in
            _ = try await store.append(source: "signer", signer.request(lines))
            let leaves = lines.map { MerkleHash.leaf(Array($0.utf8)).bytes }
            #expect(try await store.tile(TileAddress(level: 0, index: 0)) == leaves[..<256].flatMap { $0 })
            #expect(try await store.tile(TileAddress(level: 0, index: 1, width: 44)) == leaves[256...].flatMap { $0 })
            // Also as wide as it was in a smaller tree.
            #expect(
                try await store.tile(TileAddress(level: 0, index: 1, width: 3)) == leaves[256..<259].flatMap { $0 })
            #expect(try await store.tile(TileAddress(level: 1, index: 0, width: 1)) == Self.root(lines[..<256]).bytes)
            #expect(try await store.tile(TileAddress(level: 0, index: 1, width: 45)) == nil)
            #expect(try await store.tile(TileAddress(level: 1, index: 1, width: 1)) == nil)
            let bundle = try #require(try await store.entries(TileAddress(level: 0, index: 1, width: 44)))
            #expect(try EntryBundle.decode(bundle) == lines[256...].map { Array($0.utf8) })
            #expect(try await store.entries(TileAddress(level: 0, index: 1)) == nil)
        }
    }

    /// A crash leaves events with their tiles or none of both; older files have events without any.
    @Test(arguments: [1, 2]) func aStartCompletesAStoreOfAnEarlierVersion(version: Int) async throws {
        let lines = try (1...300).map { try signer.line(Int64($0)) }
        try await DatabaseQueue(path: path).write { db in
            try db.execute(sql: LogDatabase.schema1 + "INSERT INTO log (identity) VALUES ('x');")
            if version == 2 { try db.execute(sql: LogDatabase.schema2) }
            try db.execute(
                sql: "PRAGMA user_version = \(version); PRAGMA application_id = \(LogDatabase.applicationID)")
            try db.execute(
                sql: """
                    INSERT INTO runs (source, run, last_sequence, last_stored_at, closed)
                    VALUES ('signer', 'run-1', 300, 7, 0)
                    """)
            for (offset, line) in lines.enumerated() {
                try db.execute(
                    sql: "INSERT INTO events (place, run_id, sequence, stored_at, line) VALUES (?, 1, ?, 7, ?)",
                    arguments: [offset + 1, offset + 1, line])
            }
        }
        let key = try await withStore(at: path) { store in
            try await expectTree(store, of: lines)
            #expect(try await store.checkpoint().time == 1_800_000_000)
            return store.logKey
        }
        #expect(try StoreVerification.run(path, VerificationOptions(key: key)).findings.kept == [])
    }

    @Test func aLogThatContradictsItsCheckpointIsNotGoneOnWith() async throws {
        try await withStore(at: path) { store in
            _ = try await store.append(source: "signer", signer.request(1...300))
        }
        try await DatabaseQueue(path: path).write { db in
            try db.execute(sql: "UPDATE tiles SET hashes = zeroblob(length(hashes)) WHERE level = 1")
        }
        let error = try #require(throws: EventStoreError.self) {
            try EventStore(path: path, logger: Logger(label: "test"))
        }
        #expect(error.description.contains("contradicts its checkpoint"))
    }

    @Test func theKeyIsMadeOnceAndIsForItsOwnerAlone() async throws {
        let key = try await withStore(at: path) { store in store.logKey }
        let file = path + ".key"
        #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)
        #expect(try String(contentsOfFile: file + ".pub", encoding: .utf8) == "\(key)\n")
        try await withStore(at: path) { store in #expect(store.logKey == key) }

        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: file)
        let readable = try #require(throws: EventStoreError.self) {
            try EventStore(path: path, logger: Logger(label: "test"))
        }
        #expect(readable.description.contains("chmod 600"))
        // Whoever verifies the log knows its key: a new one would be another log.
        try FileManager.default.removeItem(atPath: file)
        let missing = try #require(throws: EventStoreError.self) {
            try EventStore(path: path, logger: Logger(label: "test"))
        }
        #expect(missing.description.contains("can't be found"))
    }
}
