internal import Auditor
internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import GRDB
internal import Logging

/// An auditor in a folder of its own whose log is filled at once; its tree and its index it makes itself.
///
/// Written as SQL against the tables that the auditor has made: where those change, this fails.
final class FilledAuditor {
    /// What the files of log and index take for an event; measured.
    private static let bytesPerEvent: Int64 = 2800

    let folder: String
    let consolePort: Int
    let lines: LoggedLines
    /// How many of the fleet's events the log is filled with.
    private let count: Int
    private var process: ServerProcess?
    /// How far each source's events are, by its number.
    private var sequences = [Int64](repeating: 1, count: LoggedFleet.frontends + 1)

    /// Makes the folder with configuration and keys; ``fill()`` and ``index()`` make the rest.
    ///
    /// - Throws: ``BenchFailure`` where the disk has no space for it.
    init(folder: String, fleet: LoggedFleet, count: Int) throws {
        self.folder = folder
        self.count = count
        lines = try LoggedLines(fleet: fleet)
        let parent = URL(fileURLWithPath: folder).deletingLastPathComponent().path
        try Self.requireSpace(in: parent, events: count)
        let ports = try FreePort.find(count: 3)
        consolePort = ports[2]
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try CurveKeyPair.generate().write(path: folder + "/curve.key")
        try """
        endpoint: tcp://127.0.0.1:\(ports[0])
        signer-keys: ['\(CurveKeyPair.generate().publicKey.z85)']
        operations: {listen: '127.0.0.1:\(ports[1])'}
        console: {listen: '127.0.0.1:\(consolePort)'}

        """.write(toFile: configuration, atomically: true, encoding: .utf8)
    }

    var configuration: String { folder + "/configuration.yaml" }
    private var log: String { folder + "/events.sqlite" }

    /// The running auditor's process number.
    var identifier: pid_t { process?.identifier ?? 0 }

    private static func requireSpace(in parent: String, events: Int) throws {
        let free = try FileManager.default.attributesOfFileSystem(forPath: parent)[.systemFreeSize] as? NSNumber
        let needed = Int64(events) * bytesPerEvent + 1 << 30
        guard let free, free.int64Value > needed else {
            throw BenchFailure(
                "A log of \(events) events with its index needs \(needed / 1_000_000_000 + 1) GB, and \(parent) has "
                    + "\((free?.int64Value ?? 0) / 1_000_000_000) GB free: name another disk by TMPDIR, or fewer events "
                    + "by --long-log, --indexed-log or --searched-log.")
        }
    }

    // MARK: The log

    /// Fills the log, and has the auditor's code make its tree.
    func fill() async throws {
        try await startRuns()
        let start = ContinuousClock.now
        try insertEvents()
        let filled = ContinuousClock.now
        // It makes the tree as it is opened.
        try await open().close()
        guard count > 0 else { return }
        // So that what follows does not pay for it.
        sync()
        Progress.say(
            "a log of \(count) events: filled in \(Int((filled - start).inSeconds)) s, tree in "
                + "\(Int((ContinuousClock.now - filled).inSeconds)) s")
    }

    /// Has the auditor's code make the index of what it has not indexed yet.
    func index() async throws {
        let start = ContinuousClock.now
        try await LogFollowing.complete(configuration: configuration)
        sync()
        Progress.say("its index: made in \(Int((ContinuousClock.now - start).inSeconds)) s")
    }

    func open() throws -> EventStore {
        try EventStore(
            configuration: AuditorConfiguration.load(path: configuration), logger: Logger(label: "estuary-bench"))
    }

    /// The next events of the signer, as requests of the size that its outbox has.
    ///
    /// - Parameter first: the number of the first event; they go on after the year.
    func requests(first: Int, count: Int) throws -> [AppendEventsRequest] {
        var requests: [AppendEventsRequest] = []
        var (batch, bytes, begin): ([String], Int, Int64) = ([], 0, sequences[0] + 1)
        func finish() {
            guard !batch.isEmpty else { return }
            requests.append(AppendEventsRequest(run: LoggedLines.run, firstSequence: begin, lines: batch))
            begin += Int64(batch.count)
            (batch, bytes) = ([], 0)
        }
        for number in first..<first + count {
            var facts = lines.fleet.facts(number)
            facts.source = 0
            sequences[0] += 1
            let line = try lines.line(number, facts, sequence: sequences[0])
            let size = AppendEventsRequest.encodedBytes(of: line)
            if bytes + size > Self.batchBytes || batch.count == Self.batchRows { finish() }
            batch.append(line)
            bytes += size
        }
        finish()
        return requests
    }

    /// As the signer's relay cuts its batches.
    private static let batchBytes = 160 * 1024
    private static let batchRows = 500

    /// A run of each source with one event, by the auditor itself, so that its tables have what rows refer to.
    private func startRuns() async throws {
        let store = try open()
        try await LogFollowing.run(store) {
            for source in 0...UInt8(LoggedFleet.frontends) {
                _ = try await store.append(
                    source: LoggedLines.source(source),
                    AppendEventsRequest(
                        run: LoggedLines.run, firstSequence: 1, lines: [try lines.started(source: source)]))
            }
        }
        try await store.close()
    }

    private func insertEvents() throws {
        let database = try FilledDatabase(path: log)
        let runs = try database.queue.read { db in
            try (0...UInt8(LoggedFleet.frontends)).map { source in
                try Int64.fetchOne(
                    db, sql: "SELECT id FROM runs WHERE source = ?", arguments: [LoggedLines.source(source)]) ?? 0
            }
        }
        guard !runs.contains(0) else { throw BenchFailure("The auditor has not stored the first events.") }
        try database.fill("log", count: count) { db, number in
            let facts = lines.fleet.facts(number)
            let source = Int(facts.source)
            sequences[source] += 1
            try db.cachedStatement(sql: "INSERT INTO events (place, run_id, sequence, line) VALUES (?, ?, ?, ?)")
                .execute(arguments: [
                    Self.place(number), runs[source], sequences[source],
                    try lines.line(number, facts, sequence: sequences[source]),
                ])
        }
        try database.queue.write { db in
            for (run, sequence) in zip(runs, sequences) {
                try db.execute(
                    sql: "UPDATE runs SET last_sequence = ?, last_event_at = ? WHERE id = ?",
                    arguments: [sequence, lines.fleet.end / 1000, run])
            }
        }
        try database.close()
    }

    /// Where an event stands in the log, after the first one of each source.
    static func place(_ number: Int) -> Int64 { Int64(number + LoggedFleet.frontends + 2) }

    // MARK: The process

    /// Starts the real auditor.
    func start() throws {
        process = try ServerProcess(
            Programs.path("estuary-auditor"), ["serve", "--configuration", configuration, "--supervised"],
            log: folder + "/auditor.log")
    }

    func stop() async throws {
        try await process?.stop()
        process = nil
    }

    /// - Throws: ``BenchFailure`` where it does not run any more.
    func requireRunning() throws {
        guard process?.isRunning == true else {
            let said = (try? String(contentsOfFile: folder + "/auditor.log", encoding: .utf8)) ?? ""
            throw BenchFailure("The auditor has ended. It said:\n\(said.suffix(2000))")
        }
    }
}
