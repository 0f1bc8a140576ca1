internal import ClusterProtocol
internal import ClusterTransport
internal import ConfigurationFile
internal import Foundation
internal import Logging

/// A whole cluster of one frontend, by `estuary init` and `estuary up`, as people run it.
final class Cluster {
    /// The state directory.
    let folder: String
    private(set) var port = 0
    private let log: String
    private var process: ServerProcess?
    private(set) var members: [Member: pid_t] = [:]

    /// The processes of a cluster.
    enum Member: String, CaseIterable, Codable, Sendable {
        case frontend, signer, auditor

        /// As the kernel has it: cut to 15 bytes.
        fileprivate var command: String { String("estuary-\(rawValue)".prefix(15)) }
    }

    /// A cluster whose state directory is there, or will be made by ``initialize()``.
    init(folder: String) {
        self.folder = folder
        log = folder + ".log"
    }

    var trustAnchor: String { folder + "/trust-anchor.pem" }
    var ledger: String { folder + "/signer/ledger.sqlite" }
    var events: String { folder + "/auditor/events.sqlite" }

    /// Makes the state directory.
    func initialize() async throws {
        let port = try FreePort.find(count: 1)[0]
        let initialization = try ServerProcess(
            Programs.path("estuary"), ["init", "--state", folder, "--listen", "127.0.0.1:\(port)"], log: log)
        try await initialization.end(within: .seconds(60))
        try SignerLimits.lift(in: folder)
    }

    /// Adds lines to the frontend's configuration, before the start.
    func configureFrontend(_ text: String) throws {
        let path = folder + "/frontend-1/configuration.yaml"
        let configuration = try String(contentsOfFile: path, encoding: .utf8)
        try (configuration + "\n" + text + "\n").write(toFile: path, atomically: true, encoding: .utf8)
    }

    /// Starts every process; how long it took until a device could enroll, in seconds.
    @discardableResult
    func start() async throws -> Double {
        let configuration = try ConfigurationReader.load(path: folder + "/frontend-1/configuration.yaml")
        guard let address = ListenAddress(try configuration.string("listen")) else {
            throw BenchFailure("The frontend's configuration does not say where it listens.")
        }
        port = address.port
        try? FileManager.default.removeItem(atPath: log)
        let start = ContinuousClock.now
        let process = try ServerProcess(Programs.path("estuary"), ["up", "--state", folder], log: log)
        self.process = process
        let deadline = start + .seconds(300)
        while try !String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").contains("ready") {
            guard process.isRunning, ContinuousClock.now < deadline else {
                let said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
                throw BenchFailure("The cluster does not get ready. It said:\n\(said.suffix(2000))")
            }
            try await Task.sleep(for: .milliseconds(5))
        }
        let elapsed = (ContinuousClock.now - start).inSeconds
        members = try Self.children(of: process.identifier)
        guard members.count == Member.allCases.count else {
            throw BenchFailure("Of the cluster's processes only \(members.keys.map(\.rawValue)) run.")
        }
        return elapsed
    }

    func stop() async throws {
        try await process?.stop()
        process = nil
        members = [:]
    }

    /// Processor time of each process so far, in seconds.
    func processorTimes() throws -> [Member: Double] {
        try members.mapValues { try ProcessorTime.of($0) }
    }

    /// Waits until every event has reached the auditor and is indexed there, so that all of the work is done.
    func waitUntilIdle(_ administration: AdministrationService, within limit: Duration = .seconds(300)) async throws {
        let deadline = ContinuousClock.now + limit
        var (last, stillSince) = (-1.0, ContinuousClock.now)
        while ContinuousClock.now < deadline {
            let status = try await administration.status(SignerStatusRequest())
            // The index has no count that could be asked for: it is done when the auditor does nothing for a while.
            let auditor = try ProcessorTime.of(members[.auditor] ?? 0)
            if status.outboxBacklog > 0 || status.inFlight > 0 || auditor - last > 0.015 {
                (last, stillSince) = (auditor, .now)
            } else if ContinuousClock.now - stillSince > .milliseconds(600) {
                return
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw BenchFailure("The auditor did not catch up within \(limit).")
    }

    /// The way to the signer's service for operators.
    func administration(_ system: ZeroMQActorSystem) async throws -> AdministrationService {
        try await Administration.connect(system, socket: folder + "/signer/admin/socket")
    }

    /// The way to the signer's service for frontends, with the key of an admitted node.
    func signing(_ system: ZeroMQActorSystem, key: CurveKeyPair, inFlight: Int) async throws -> SigningService {
        let facts = try ConfigurationReader.load(path: folder + "/cluster.yaml")
        guard let signer = try facts.mapping("signer") else { throw BenchFailure("cluster.yaml names no signer.") }
        let connection = try await system.connect(
            ConnectionConfiguration(
                endpoint: try signer.string("endpoint"),
                security: .curve(own: key, server: try CurvePublicKey(z85: try signer.string("key"))),
                maximumInFlight: inFlight, callTimeout: .seconds(30)))
        guard await connection.waitUntilUp(for: .seconds(20)) else {
            throw BenchFailure("The cluster's signer can't be reached.")
        }
        return try SigningService.resolve(id: connection.address(of: "signing"), using: system)
    }

    /// The members among the processes that a process has started.
    private static func children(of parent: pid_t) throws -> [Member: pid_t] {
        var found: [Member: pid_t] = [:]
        for entry in try FileManager.default.contentsOfDirectory(atPath: "/proc") {
            guard let identifier = pid_t(entry),
                let text = try? String(contentsOfFile: "/proc/\(entry)/stat", encoding: .utf8),
                let opening = text.firstIndex(of: "("), let closing = text.lastIndex(of: ")")
            else { continue }
            let command = String(text[text.index(after: opening)..<closing])
            let fields = text[text.index(after: closing)...].split(separator: " ")
            if fields.count > 1, fields[1] == String(parent),
                let member = Member.allCases.first(where: { $0.command == command })
            {
                found[member] = identifier
            }
        }
        return found
    }
}

extension ZeroMQActorSystem {
    /// One that logs nothing, for as long as the body runs.
    static func using<Result>(_ body: (ZeroMQActorSystem) async throws -> Result) async throws -> Result {
        let system = try ZeroMQActorSystem(logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
        do {
            let result = try await body(system)
            await system.shutdown()
            return result
        } catch {
            await system.shutdown()
            throw error
        }
    }
}
