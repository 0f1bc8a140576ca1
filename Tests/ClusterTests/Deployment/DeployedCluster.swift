internal import ClusterProtocol
internal import Foundation
internal import NIOCore
internal import NIOPosix
internal import Synchronization
internal import Testing

/// Real processes as containers have them: made in place, started one by one, frontends that join by themselves.
final class DeployedCluster: Sendable {
    let directory: String
    private let ports = Mutex<Set<Int>>([])
    private let processes = Mutex<[String: ClusterProcess]>([:])

    /// An empty folder; nothing is made yet.
    init() async throws {
        // Short: a local socket's path has a limit.
        directory = "/tmp/est-\(UInt32.random(in: .min ... .max))"
        await ClusterPlaces.shared.take()
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        } catch {
            ClusterPlaces.shared.giveBack(ports: [])
            throw error
        }
    }

    deinit {
        for process in processes.withLock({ $0.values }) where process.isRunning { process.signal(SIGKILL) }
        ClusterPlaces.shared.giveBack(ports: ports.withLock { $0 })
        // What stays behind in the temporary folder is not worth a failed test.
        try? FileManager.default.removeItem(atPath: directory)
    }

    func file(_ name: String) -> String { "\(directory)/\(name)" }

    func text(_ name: String) throws -> String {
        try String(contentsOfFile: file(name), encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// A port that no other cluster of these tests has.
    func port() async throws -> Int {
        while true {
            let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .bind(host: "127.0.0.1", port: 0).get()
            let port = try #require(channel.localAddress?.port)
            try await channel.close()
            guard ClusterPlaces.shared.reserve([port]) else { continue }
            ports.withLock { _ = $0.insert(port) }
            return port
        }
    }

    /// Runs one of the programs to its end.
    func run(_ program: String, _ arguments: [String]) async throws -> CommandRun {
        try await CommandRun.run(["\(TestCluster.executables)/\(program)"] + arguments)
    }

    /// Runs an `estuary` command that must succeed; its output.
    @discardableResult
    func estuary(_ arguments: String..., state: String? = nil) async throws -> String {
        try await TestCluster.estuary(arguments + ["--state", state ?? file("state")])
    }

    /// Starts a process that goes on; its log is beside the state.
    func start(_ name: String, program: String, _ arguments: [String]) throws {
        let process = try ClusterProcess(
            name: name, executable: "\(TestCluster.executables)/\(program)",
            arguments: ["serve"] + arguments + ["--supervised"], environment: [:], log: file("\(name).log"))
        processes.withLock { $0[name] = process }
    }

    func process(_ name: String) throws -> ClusterProcess {
        try #require(processes.withLock { $0[name] }, "\(name) was not started")
    }

    func log(_ name: String) -> String {
        (try? String(contentsOfFile: file("\(name).log"), encoding: .utf8)) ?? ""
    }

    /// Waits until a process says by its health command that it is well.
    func waitUntilHealthy(_ name: String, program: String, configuration: String) async throws {
        do {
            try await wait("\(name) is healthy", limit: .seconds(90)) {
                try await run(program, ["health", "--configuration", configuration]).status == 0
            }
        } catch {
            Issue.record("\(name) is not healthy. Its log:\n\(log(name).suffix(4000))")
            throw error
        }
    }

    /// Every event that the auditor has, oldest first.
    func events(state: String? = nil) async throws -> [AuditEvent] {
        try await estuary("audit", "list", "--json", "--limit", "100000", state: state).split(separator: "\n")
            .map { try AuditEvent(line: String($0)) }
    }

    /// A device enrolls at an address; whether it got its certificate.
    func enroll(at address: String, trustAnchor: String, secret: String) async throws {
        let device = try DeviceFolder(in: directory, server: address, trustAnchor: trustAnchor)
        try await device.install("enroll", ["--subject", "device-\(UUID().uuidString.prefix(8))"], secret: secret)
    }
}
