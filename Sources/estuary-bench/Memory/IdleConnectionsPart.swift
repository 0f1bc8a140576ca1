internal import Device
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import SwiftASN1
internal import X509

/// Part (f): a frontend's memory at rest, and for each TLS connection that has made a request and does nothing now.
struct IdleConnectionsPart {
    var connections = 5000
    /// The frontend takes so many handshakes at once on one core; more would wait.
    private static let atOnce = 48

    func measure(in scratch: String) async throws -> [Figure] {
        try OpenFiles.raise(to: connections + 256)
        let cluster = Cluster(folder: scratch + "/memory")
        try await cluster.initialize()
        try cluster.configureFrontend("limits:\n  idle-timeout: 10m\n  connections: \(connections + 64)")
        try await cluster.start()
        let frontend = cluster.members[.frontend] ?? 0
        let atRest = try await Memory.settled(of: frontend)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let opened = try await open(cluster, group)
        guard opened.count == connections, opened.allSatisfy(\.isOpen) else {
            throw BenchFailure("\(opened.filter(\.isOpen).count) of \(connections) connections are open.")
        }
        let loaded = try await Memory.settled(of: frontend)
        guard opened.allSatisfy(\.isOpen) else { throw BenchFailure("The frontend closed idle connections.") }
        for connection in opened { await connection.close() }
        let afterwards = try await Memory.settled(of: frontend)
        try await group.shutdownGracefully()
        try await cluster.stop()
        return [
            Figure("f", "frontend at rest, proportional set size", atRest, "MB"),
            Figure("f", "with \(connections) idle connections", loaded, "MB"),
            Figure("f", "after they were closed", afterwards, "MB"),
            Figure(
                "f", "an idle TLS connection", (loaded - atRest) * 1e6 / 1024 / Double(connections), "KiB",
                target: .atMost(48)),
        ]
    }

    private func open(_ cluster: Cluster, _ group: MultiThreadedEventLoopGroup) async throws -> [ESTConnection] {
        let server = ESTServer(host: "localhost", port: cluster.port, label: nil)
        let anchors = [try Certificate(pemEncoded: try String(contentsOfFile: cluster.trustAnchor, encoding: .utf8))]
        let context = try ClientTLS(trust: .anchors(anchors)).context()
        let count = connections
        return try await withThrowingTaskGroup(of: [ESTConnection].self) { tasks in
            for task in 0..<Self.atOnce {
                tasks.addTask {
                    var opened: [ESTConnection] = []
                    for _ in stride(from: task, to: count, by: Self.atOnce) {
                        let connection = try await ESTConnection.connect(
                            to: server, context: context, on: group.next())
                        let answer = try await connection.perform(
                            ESTRequest(method: .GET, path: "/.well-known/est/cacerts"))
                        guard answer.status == 200 else {
                            throw BenchFailure("cacerts was answered with \(answer.status).")
                        }
                        opened.append(connection)
                    }
                    return opened
                }
            }
            var all: [ESTConnection] = []
            for try await opened in tasks { all += opened }
            return all
        }
    }
}

/// This process's limit on open files.
enum OpenFiles {
    static func raise(to wanted: Int) throws {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0 else { throw BenchFailure("The limit on open files is not known.") }
        guard limit.rlim_cur < rlim_t(wanted) else { return }
        guard limit.rlim_max >= rlim_t(wanted) else {
            throw BenchFailure("This needs \(wanted) open files, and the limit is \(limit.rlim_max): ulimit -Hn.")
        }
        limit.rlim_cur = rlim_t(wanted)
        guard setrlimit(resource, &limit) == 0 else { throw BenchFailure("The limit on open files can't be raised.") }
    }
}

/// A process's memory.
enum Memory {
    /// The proportional set size when it no longer changes, in megabytes.
    static func settled(of process: pid_t) async throws -> Double {
        let deadline = ContinuousClock.now + .seconds(15)
        var last = try proportional(of: process)
        while ContinuousClock.now < deadline {
            try await Task.sleep(for: .seconds(1))
            let now = try proportional(of: process)
            if abs(now - last) < last / 200 { return now }
            last = now
        }
        return last
    }

    private static func proportional(of process: pid_t) throws -> Double {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/smaps_rollup", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("Pss:") }),
            let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ Double($0) })
        else {
            throw BenchFailure("The memory of process \(process) can't be read.")
        }
        return kilobytes * 1024 / 1e6
    }
}
