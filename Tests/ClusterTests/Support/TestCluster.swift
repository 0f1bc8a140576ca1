internal import ClusterProtocol
internal import Foundation
internal import Synchronization
internal import Testing

/// A cluster of real processes in a folder of its own, on free ports: what `estuary init` makes, started one by one.
final class TestCluster: Sendable {
    let directory: String
    let frontendCount: Int
    private let ports: Set<Int>
    private let processes = Mutex<[String: ClusterProcess]>([:])

    /// The folder with the executables: the tests' own.
    static let executables: String = {
        URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path
    }()

    /// Initialises a cluster; nothing runs yet.
    init(frontends: Int = 1) async throws {
        frontendCount = frontends
        // Short: a local socket's path has a limit.
        directory = "/tmp/est-\(UInt32.random(in: .min ... .max))"
        await ClusterPlaces.shared.take()
        do {
            repeat {
                try? FileManager.default.removeItem(atPath: directory)
                try await Self.estuary([
                    "init", "--state", directory, "--listen", "127.0.0.1:0", "--frontends", "\(frontends)",
                ])
            } while !ClusterPlaces.shared.reserve(try Self.ports(in: directory))
            ports = try Self.ports(in: directory)
        } catch {
            ClusterPlaces.shared.giveBack(ports: [])
            throw error
        }
    }

    /// The ports that a cluster's configuration files name.
    private static func ports(in directory: String) throws -> Set<Int> {
        let folders = try FileManager.default.contentsOfDirectory(atPath: directory)
        return try folders.reduce(into: []) { ports, folder in
            let path = "\(directory)/\(folder)/configuration.yaml"
            guard FileManager.default.fileExists(atPath: path) else { return }
            for match in try String(contentsOfFile: path, encoding: .utf8).matches(of: #/127\.0\.0\.1:(\d+)/#) {
                if let port = Int(match.output.1) { ports.insert(port) }
            }
        }
    }

    deinit {
        ClusterPlaces.shared.giveBack(ports: ports)
        endAndRemove()
    }

    /// Kills what runs, and removes the folder.
    func endAndRemove() {
        for process in processes.withLock({ $0.values }) where process.isRunning {
            process.signal(SIGKILL)
        }
        // What stays behind in the temporary folder is not worth a failed test.
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// A cluster that runs and in which a device can enroll.
    static func running(frontends: Int = 1, policy: String? = nil) async throws -> TestCluster {
        let cluster = try await TestCluster(frontends: frontends)
        if let policy {
            try cluster.write(policy: policy)
        }
        try await cluster.start()
        return cluster
    }

    var frontends: [String] { (1...frontendCount).map { "frontend-\($0)" } }
    var trustAnchor: String { "\(directory)/trust-anchor.pem" }

    func write(policy: String) throws {
        let path = "\(directory)/signer/policy.yaml"
        try policy.write(toFile: path, atomically: true, encoding: .utf8)
        chmod(path, 0o600)
    }

    /// The policy file as it is.
    func policy() throws -> String {
        try String(contentsOfFile: "\(directory)/signer/policy.yaml", encoding: .utf8)
    }

    /// Adds keys to a process's configuration file.
    func configure(_ name: String, _ text: String) throws {
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(directory)/\(name)/configuration.yaml"))
        defer { try? file.close() }
        try file.seekToEnd()
        try file.write(contentsOf: Data(text.utf8))
    }

    // MARK: Processes

    func start() async throws {
        for name in ["auditor", "signer"] + frontends {
            try start(name)
        }
        try await waitUntilReady()
    }

    /// Starts one process.
    ///
    /// - Parameter wrapper: a command, by its path, that runs the process for us.
    func start(_ name: String, environment: [String: String] = [:], through wrapper: [String] = []) throws {
        let role = name.hasPrefix("frontend") ? "frontend" : name
        let command =
            wrapper + [
                "\(Self.executables)/estuary-\(role)", "serve", "--configuration",
                "\(directory)/\(name)/configuration.yaml", "--supervised",
            ]
        let process = try ClusterProcess(
            name: name, executable: command[0], arguments: Array(command.dropFirst()),
            environment: environment, log: "\(directory)/logs/\(name).log")
        processes.withLock { $0[name] = process }
    }

    func process(_ name: String) throws -> ClusterProcess {
        try #require(processes.withLock { $0[name] }, "\(name) was not started")
    }

    /// Waits until each frontend says that it is ready. Where one does not, the logs tell why.
    func waitUntilReady() async throws {
        for name in frontends {
            let operations = try configured(name, "operations", "listen")
            do {
                try await wait("\(name) is ready", limit: .seconds(60)) {
                    try await Curl.get("http://\(operations)/readyz").status == 200
                }
            } catch {
                let readiness = try await Curl.get("http://\(operations)/readyz").text
                for process in ["signer", "auditor", name] {
                    let tail = log(process).split(separator: "\n").suffix(15).joined(separator: "\n")
                    Issue.record("\(name) is not ready: \(readiness)\n\(process)'s log:\n\(tail)")
                }
                throw error
            }
        }
    }

    func log(_ name: String) -> String {
        (try? String(contentsOfFile: "\(directory)/logs/\(name).log", encoding: .utf8)) ?? ""
    }

    // MARK: What devices and operators see

    /// The URL of an EST operation.
    func url(_ operation: String, label: String? = nil, frontend: Int = 1) throws -> String {
        let path = ([label, operation].compactMap { $0 }).joined(separator: "/")
        return "https://\(try configured("frontend-\(frontend)", "listen"))/.well-known/est/\(path)"
    }

    /// `host:port` where a frontend serves devices.
    func address(frontend: Int = 1) throws -> String {
        try configured("frontend-\(frontend)", "listen")
    }

    /// The metrics of a frontend or the auditor, as Prometheus would read them.
    func metrics(_ name: String) async throws -> String {
        try await Curl.get("http://\(configured(name, "operations", "listen"))/metrics").text
    }

    /// `host:port` where the auditor serves its console.
    func console() throws -> String {
        try configured("auditor", "console", "listen")
    }

    /// The first enrollment secret.
    func firstSecret() throws -> String {
        try String(contentsOfFile: "\(directory)/enrollment-secret", encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Runs an `estuary` command that must succeed, on this cluster; its output.
    @discardableResult
    func estuary(_ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation) async throws -> String {
        try await Self.estuary(arguments + ["--state", directory], sourceLocation: sourceLocation)
    }

    @discardableResult
    static func estuary(
        _ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        await commandPlaces.take()
        defer { commandPlaces.giveBack(ports: []) }
        return try await CommandRun.text(["\(executables)/estuary"] + arguments, sourceLocation: sourceLocation)
    }

    /// All tests of the shared cluster begin at once, and each with a command or two: more than a signer keeps waiting.
    private static let commandPlaces = ClusterPlaces(count: 8)

    /// Every event that the auditor has, oldest first.
    func events() async throws -> [AuditEvent] {
        try await estuary("audit", "list", "--json", "--limit", "100000").split(separator: "\n")
            .map { try AuditEvent(line: String($0)) }
    }

    /// Waits until the auditor has every event of the signer.
    func waitUntilAudited() async throws {
        try await wait("the outbox is empty") {
            // The exit status tells that a process is away; then it is asked again.
            let report = try await CommandRun.run([
                "\(Self.executables)/estuary", "status", "--json", "--state", directory,
            ])
            let status = try JSONDecoder.facts.decode(Backlog.self, from: report.output)
            return status.signer?.outboxBacklog == 0 && status.auditor != nil
        }
    }

    private struct Backlog: Decodable {
        struct Signer: Decodable { var outboxBacklog: Int64 }
        struct Auditor: Decodable { var logSize: Int64 }
        var signer: Signer?
        var auditor: Auditor?
    }

    /// A value of a process's configuration file, as `estuary init` writes it.
    private func configured(_ name: String, _ keys: String...) throws -> String {
        let text = try String(contentsOfFile: "\(directory)/\(name)/configuration.yaml", encoding: .utf8)
        var lines = text.split(separator: "\n").drop { _ in false }
        for key in keys.dropLast() {
            lines = lines.drop { !$0.hasPrefix("\(key):") }
        }
        let last = try #require(keys.last)
        let line = try #require(lines.first { $0.trimmingCharacters(in: .whitespaces).hasPrefix("\(last):") })
        let value = line.split(separator: ":", maxSplits: 1)[1]
        return value.trimmingCharacters(in: CharacterSet(charactersIn: " '\""))
    }
}

extension JSONDecoder {
    /// Reads what the commands print with `--json`.
    static var facts: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }
}
