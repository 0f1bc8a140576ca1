internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import GRDB
internal import LogVerification
internal import Testing
internal import TransparencyLog

@testable internal import Auditor

/// Events are exported, verified, and only then pruned; the log verifies before and after, with and without them.
@Suite struct RetentionTests {
    let folder: TemporaryFolder
    let path: String
    let archive: String
    let signer = Source(name: "signer")
    let frontend = Source(name: "frontend-1", run: "old")

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("events.sqlite")
        archive = folder.file("archive")
    }

    /// 700 events, one a minute; those of the frontend are the first ten.
    private func fill(_ store: EventStore) async throws {
        let lines = try (1...10).map { try frontend.line(Int64($0), $0 == 10 ? .stopped : .denied, at: time($0)) }
        _ = try await store.append(source: "frontend-1", frontend.request(lines))
        let others = try (1...690).map { try signer.line(Int64($0), at: time($0 + 10)) { $0.serial = "00ab" } }
        _ = try await store.append(source: "signer", signer.request(others))
    }

    private func time(_ minutes: Int) -> Date { Date(timeIntervalSince1970: 1_800_000_000 + Double(minutes) * 60) }

    private func export(_ key: NoteVerifierKey) async throws -> ExportOutcome {
        try await LogExport.run(DatabaseLog(path: path), to: archive, key: key)
    }

    private func prune(_ store: EventStore, olderThan minutes: Int) async throws -> Int64 {
        let size = try TileFolder(path: archive).checkpointSize(store.logKey)
        let prunable = try PrunableEvents(
            in: TileFolder(path: archive), size: size, before: Int64(time(minutes).timeIntervalSince1970),
            after: try await store.prunedEvents, step: 256)
        var pruned = try await store.prunedEvents
        for (through, root) in prunable.steps {
            pruned = try await store.prune(
                PruneEventsRequest(through: through, root: root.base64), by: "operator:1"
            ).pruned
        }
        return pruned
    }

    @Test func whatIsExportedMayBePrunedAndTheLogVerifies() async throws {
        try await withStore(at: path) { store in
            try await fill(store)
            let key = store.logKey
            let first = try await export(key)
            #expect(first.report.findings.kept == [] && first.size == 700 && first.formerSize == 0)

            // Of 600 minutes two bundles are whole.
            #expect(try await prune(store, olderThan: 600) == 512)
            #expect(try await prune(store, olderThan: 600) == 512)
            let after = try StoreVerification.run(path, VerificationOptions(key: key))
            #expect(after.findings.kept == [] && after.pruned == 512 && after.checkpoint?.size == 704)
            #expect(after.events == 704 - 512)
            #expect(after.remarks.contains { $0.contains("1 runs are wholly pruned") })

            var options = VerificationOptions(key: key)
            options.archive = archive
            let whole = try StoreVerification.run(path, options)
            #expect(whole.findings.kept == [] && whole.events == 704)
            #expect(whole.remarks.isEmpty)

            // What is served says so, and proofs of what is there are as before.
            #expect(try await store.entries(TileAddress(level: 0, index: 0)) == nil)
            #expect(try await store.entries(TileAddress(level: 0, index: 2, width: 192)) != nil)
            #expect(try await store.inclusionProof(place: 5) != nil)
            let events = try await store.events(ListEventsRequest())
            #expect(events.places.first == 513)
            let found = try await store.events(filtered("denied"))
            #expect(found.lines.isEmpty)

            // The next export goes on with the folder, which still has everything.
            let second = try await export(key)
            #expect(second.report.findings.kept == [] && second.formerSize == 700 && second.size == 704)
            #expect(second.report.events == 704 && second.absent == 0)
        }
        // A restart goes on, and sources may send again what was pruned.
        try await withStore(at: path) { store in
            let again = try await store.append(source: "signer", signer.request(480...490))
            #expect(again == AppendEventsReply(acknowledgedSequence: 690, logSize: 704))
            let more = try await store.append(source: "signer", signer.request(691...1000))
            #expect(more.logSize == 1014)
            #expect(try StoreVerification.run(path, VerificationOptions(key: store.logKey)).findings.kept == [])
        }
    }

    private func filtered(_ type: String) -> ListEventsRequest {
        var request = ListEventsRequest()
        request.type = type
        return request
    }

    @Test func onlyWhatWasExportedMayGo() async throws {
        try await withStore(at: path) { store in
            try await fill(store)
            let root = MerkleHash.leaf([1]).base64
            for (through, root) in [(256, root), (100, root), (0, root), (-256, root), (1024, root), (256, "x")] {
                let error = try await #require(throws: ServiceError.self) {
                    try await store.prune(PruneEventsRequest(through: Int64(through), root: root), by: "operator:1")
                }
                #expect(error.code == .invalidArgument)
            }
            #expect(store.logSize == 700)
            #expect(try await store.prunedEvents == 0)
            #expect(try StoreVerification.run(path, VerificationOptions(key: store.logKey)).isClean)
        }
        // Not even by hand.
        let file = try DatabaseQueue(path: path)
        await #expect(throws: DatabaseError.self) {
            try await file.write { try $0.execute(sql: "DELETE FROM events WHERE place = 1") }
        }
    }

    @Test func aChangedFileOfAnExportIsFound() async throws {
        try await withStore(at: path) { store in
            try await fill(store)
            let key = store.logKey
            _ = try await export(key)
            for name in [
                "checkpoint", "tile/0/000", "tile/0/002.p/188", "tile/1/000.p/2", "tile/entries/001",
                "tile/entries/002.p/188",
            ] {
                let file = URL(fileURLWithPath: "\(archive)/\(name)")
                let good = try Data(contentsOf: file)
                for place in [0, good.count / 2, good.count - 1] {
                    var bad = good
                    bad[place] ^= 1
                    try bad.write(to: file)
                    let report = try await TiledVerification.run(
                        TileFolder(path: archive), VerificationOptions(key: key))
                    #expect(!report.isClean, "\(name), byte \(place)")
                }
                try FileManager.default.removeItem(at: file)
                if name != "checkpoint" {
                    let report = try await TiledVerification.run(
                        TileFolder(path: archive), VerificationOptions(key: key))
                    #expect(!report.isClean, "\(name) is missing")
                }
                try good.write(to: file)
            }
            #expect(
                try await TiledVerification.run(TileFolder(path: archive), VerificationOptions(key: key)).isClean)
        }
    }

    /// RFC 6962 and RFC 8032 in a few lines of Python: nothing of this project.
    @Test func anIndependentProgramVerifiesTheLog() async throws {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../scripts/verify-log").standardizedFileURL.path
        let key = try await withStore(at: path) { store in
            try await fill(store)
            _ = try await export(store.logKey)
            return store.logKey
        }
        let log = try await PythonRun.run([script, "log", key.description, archive])
        #expect(log.status == 0, "\(log.text)")
        #expect(log.text.contains("700 events (0 of them pruned) lead to the signed root"))

        let proof = try #require(try EntryProver.prove(.certificate(serial: "00ab"), database: path, key: key))
        let file = folder.file("proof")
        try Data(proof.bytes).write(to: URL(fileURLWithPath: file))
        let good = try await PythonRun.run([script, "proof", key.description, file])
        #expect(good.status == 0 && good.text.contains("event 11 of 700"), "\(good.text)")
        let tiled = try await EntryProver.prove(
            .certificate(serial: "00ab"), log: TileFolder(path: archive), key: key)
        #expect(tiled == proof)

        // And it finds what is wrong.
        let other = EntryProof(
            index: proof.index + 1, hashes: proof.hashes, checkpoint: proof.checkpoint, extra: proof.extra)
        try Data(other.bytes).write(to: URL(fileURLWithPath: file))
        #expect(try await PythonRun.run([script, "proof", key.description, file]).status == 1)
        let stranger = try NoteSigner(newKeyOf: key.name, type: .ed25519).verifierKey
        #expect(try await PythonRun.run([script, "log", stranger.description, archive]).status == 1)
        let bundle = URL(fileURLWithPath: archive + "/tile/entries/001")
        var bytes = try Data(contentsOf: bundle)
        bytes[bytes.count - 1] ^= 1
        try bytes.write(to: bundle)
        let bad = try await PythonRun.run([script, "log", key.description, archive])
        #expect(bad.status == 1 && bad.text.contains("events from 257 on"), "\(bad.text)")
    }
}

extension TileFolder {
    fileprivate func checkpointSize(_ key: NoteVerifierKey) throws -> Int64 {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path + "/checkpoint"))
        return try Checkpoint.verified(SignedNote(parsing: Array(bytes)), by: key).size
    }
}

/// Runs a Python program to its end, without holding a thread of the pool.
enum PythonRun {
    static func run(_ arguments: [String]) async throws -> (status: Int32, text: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3"] + arguments
        let file = NSTemporaryDirectory() + "estuary-python-" + UUID().uuidString
        #expect(FileManager.default.createFile(atPath: file, contents: nil))
        defer { try? FileManager.default.removeItem(atPath: file) }
        let output = try #require(FileHandle(forWritingAtPath: file))
        process.standardOutput = output
        process.standardError = output
        let status: Int32 = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do {
                try process.run()
            } catch {
                process.terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
        return (status, try String(contentsOfFile: file, encoding: .utf8))
    }
}
