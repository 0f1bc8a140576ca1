internal import ClusterProtocol
internal import Foundation
internal import Synchronization
internal import Testing

/// Someone who runs `estuary up` in an empty folder, whose path has a space, and pastes what it prints.
final class Newcomer: Sendable {
    struct RunningProcess {
        var identifier: pid_t
        /// The program's name.
        var name: String
    }

    let state: String
    private let folder: String
    /// Where the pasted commands make their temporary folders.
    private let work: String
    private let up = Mutex<ClusterProcess?>(nil)

    init() throws {
        // Short: a local socket's path has a limit.
        folder = "/tmp/est up-\(UInt32.random(in: .min ... .max))"
        state = "\(folder)/state"
        work = "\(folder)/work"
        try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
    }

    deinit {
        // It ends the others; where it is gone they have ended by themselves.
        if let up = up.withLock({ $0 }), up.isRunning {
            up.signal(SIGTERM)
        }
        // What stays behind in the temporary folder is not worth a failed test.
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Starts `estuary up`, its output in files.
    func start(_ arguments: [String]) throws -> ClusterProcess {
        try? FileManager.default.removeItem(atPath: "\(folder)/output")
        let process = try ClusterProcess(
            name: "estuary up", executable: "/bin/bash",
            arguments: [
                "-c", "exec \"$@\" 2>> \"$UP_ERRORS\"", "bash",
                "\(TestCluster.executables)/estuary", "up", "--state", state,
            ] + arguments,
            environment: ["UP_ERRORS": "\(folder)/errors"], log: "\(folder)/output")
        up.withLock { $0 = process }
        return process
    }

    /// What `estuary up` has written to its standard error.
    var errors: String { (try? String(contentsOfFile: "\(folder)/errors", encoding: .utf8)) ?? "" }

    private var output: String { (try? String(contentsOfFile: "\(folder)/output", encoding: .utf8)) ?? "" }

    /// Waits for the line `ready`; the commands after it, which are the lines with a margin.
    func commands(sourceLocation: SourceLocation = #_sourceLocation) async throws -> [String] {
        let last = "Ctrl-C stops the cluster.\n"
        try await wait("estuary up prints its commands", limit: .seconds(60), sourceLocation: sourceLocation) {
            output.hasSuffix(last) || up.withLock { $0?.isRunning != true }
        }
        let lines = output.components(separatedBy: "\n")
        let ready = try #require(lines.firstIndex(of: "ready"), "\(output) \(errors)", sourceLocation: sourceLocation)
        return lines[ready...].filter { $0.hasPrefix("  ") }
    }

    /// Feeds lines to a shell, as a terminal does; it stops at the first command that fails.
    func paste(_ lines: [String]) async throws -> CommandRun {
        try await CommandRun.run(
            ["--chdir", work, "bash", "-e", "-o", "pipefail", "-s"],
            input: Data((lines.joined(separator: "\n") + "\n").utf8), environment: ["TMPDIR": work])
    }

    /// The folders in which devices have enrolled.
    func deviceFolders() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: work).map { "\(work)/\($0)" }
    }

    /// The cluster's processes, without `estuary up` itself.
    func processes() throws -> [RunningProcess] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { entry in
            // It may have ended by now.
            guard let identifier = pid_t(entry),
                let line = FileManager.default.contents(atPath: "/proc/\(entry)/cmdline")
            else { return nil }
            let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            guard let program = words.first, words.contains(where: { $0.hasPrefix("\(state)/") }) else { return nil }
            return RunningProcess(identifier: identifier, name: URL(fileURLWithPath: program).lastPathComponent)
        }
    }

    /// Every event that the auditor has, oldest first.
    func events() async throws -> [AuditEvent] {
        try await TestCluster.estuary(["audit", "list", "--json", "--limit", "100000", "--state", state])
            .split(separator: "\n").map { try AuditEvent(line: String($0)) }
    }
}
