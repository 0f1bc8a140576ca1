internal import ArgumentParser
internal import Foundation

/// `estuary-bench measure`, which is what it does unless told otherwise.
struct Measure: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "measure", abstract: "Measure, and print one table.",
        discussion: """
            Parts: a, the cryptography that can't be done without; b, a cluster's processor time for an enrollment; \
            c, throughput and latency; d, the signer alone; e, the cost with a full ledger and log; f, memory of idle \
            connections; g, time to ready; h, the disk; l, what an event costs the auditor in a long log and in an empty \
            one; q, the answers of the auditor's console; t, the transport between the processes. The floor of part a \
            is always measured, before the others and after them.

            The exit status tells whether everything worked and every count was right. Times decide nothing.
            """)

    @Option(help: ArgumentHelp("Only these parts, such as «bd».", valueName: "parts"))
    var only = "abcdefghlqt"

    @Flag(help: "A short run: it shows that everything works and that the counts are right. Its times say little.")
    var short = false

    @Option(help: ArgumentHelp("Write everything as JSON to this file, too.", valueName: "file.json"))
    var output: String?

    @Option(help: ArgumentHelp("For part e: numbers of certificates, separated by commas.", valueName: "N,N"))
    var certificates: String?

    @Option(
        help: ArgumentHelp(
            "Keep the filled ledgers and logs of part e in this folder, for the next run: up to 22 GB.",
            valueName: "dir"))
    var state: String?

    @Option(help: ArgumentHelp("For part l: how many events the long log has (10000000).", valueName: "N"))
    var longLog: Int?

    @Option(
        help: ArgumentHelp("For part l: how many events the log has whose index is measured (1000000).", valueName: "N")
    )
    var indexedLog: Int?

    @Option(help: ArgumentHelp("For part q: how many events the log has (1000000).", valueName: "N"))
    var searchedLog: Int?

    @Option(help: ArgumentHelp("The commit that is measured, for the report.", valueName: "hash"))
    var commit = "unknown"

    private static let parts = Set("abcdefghlqt")

    func validate() throws {
        guard !only.isEmpty, Set(only).isSubset(of: Self.parts) else {
            throw ValidationError("--only takes letters of abcdefghlqt, not «\(only)».")
        }
        _ = try certificateCounts()
        for (name, count) in [
            ("--long-log", longLog), ("--indexed-log", indexedLog), ("--searched-log", searchedLog),
        ] {
            guard let count else { continue }
            guard (1000...100_000_000).contains(count) else {
                throw ValidationError("\(name) takes a number from 1000 to 100000000, not \(count).")
            }
        }
    }

    private func certificateCounts() throws -> [Int] {
        guard let certificates else { return short ? [0, 20_000] : [0, 1_000_000, 5_000_000] }
        return try certificates.split(separator: ",").map { text in
            guard let count = Int(text), (0...100_000_000).contains(count) else {
                throw ValidationError("--certificates takes numbers such as 0,1000000, not «\(certificates)».")
            }
            return count
        }
    }

    func run() async throws {
        let startedAt = Int64(Date().timeIntervalSince1970)
        // Short: the local sockets' paths have a limit.
        let scratch = FileManager.default.temporaryDirectory.path + "/estuary-bench-\(getpid())"
        try FileManager.default.createDirectory(
            atPath: scratch, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        Interruption.expect(removing: scratch)
        let machine = MachineFacts(scratch: scratch, commit: commit)
        let before = try floor()
        let figures = try await measure(in: scratch)
        let after = try floor()
        let report = BenchReport(
            machine: machine, isShort: short, startedAt: startedAt, before: before, after: after, figures: figures)
        print(report.table)
        if let output { try report.write(to: output) }
    }

    private func floor() throws -> CryptographicFloor {
        try CryptographicFloor.measure(rounds: short ? 3 : 9, repetitions: short ? 300 : 2000)
    }

    private func measure(in scratch: String) async throws -> [Figure] {
        var figures: [Figure] = []
        if only.contains("t") {
            figures += try await (short ? TransportPart(calls: 2000) : TransportPart()).measure(in: scratch)
        }
        if only.contains("h") {
            figures += try (short ? DiskPart(repetitions: 10) : DiskPart()).measure(in: scratch)
        }
        if only.contains("b") || only.contains("c") {
            var part = ClusterPart()
            if short {
                (part.newConnections, part.keptConnections, part.devices) = (500, 1000, 300)
                (part.openSeconds, part.warmUp) = (3, 100)
            }
            figures += try await part.measure(in: scratch)
        }
        if only.contains("d") || only.contains("h") {
            figures += try await (short ? SignerPart(depths: [64], trial: 200, count: 600) : SignerPart())
                .measure(in: scratch)
        }
        if only.contains("f") {
            figures += try await (short ? IdleConnectionsPart(connections: 200) : IdleConnectionsPart())
                .measure(in: scratch)
        }
        if only.contains("e") || only.contains("g") {
            var part = FullLedgerPart(counts: try certificateCounts(), keptIn: state)
            if short { (part.enrollments, part.warmUp, part.fleetDevices) = (500, 100, 100) }
            figures += try await part.measure(in: scratch)
        }
        if only.contains("l") {
            var part = LogGrowthPart()
            if short { (part.events, part.indexed, part.rounds, part.eventsPerRound) = (20_000, 5000, 2, 1000) }
            if let longLog { part.events = longLog }
            if let indexedLog { part.indexed = indexedLog }
            figures += try await part.measure(in: scratch)
        }
        if only.contains("q") {
            var part = QueriesPart()
            if short { (part.events, part.questions) = (5000, 5) }
            if let searchedLog { part.events = searchedLog }
            figures += try await part.measure(in: scratch)
        }
        return figures
    }
}
