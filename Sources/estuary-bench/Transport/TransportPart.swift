internal import ClusterTransport
internal import Foundation
internal import Logging

/// The transport alone: calls of a method that does nothing, to another process.
struct TransportPart {
    var calls = 50_000
    var callers = [1, 8, 128]

    func measure(in scratch: String) async throws -> [Figure] {
        let key = try CurveKeyPair.generate()
        let log = scratch + "/transport.log"
        let server = try ServerProcess(
            Programs.path("estuary-bench"), ["serve-empty", "--caller=" + key.publicKey.z85], log: log)
        let (endpoint, serverKey) = try await Self.address(in: log)
        let system = try ZeroMQActorSystem(logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
        do {
            let connection = try await system.connect(
                ConnectionConfiguration(
                    endpoint: endpoint, security: .curve(own: key, server: try CurvePublicKey(z85: serverKey)),
                    maximumInFlight: 1024))
            guard await connection.waitUntilUp(for: .seconds(20)) else {
                throw BenchFailure("The transport's other end can't be reached.")
            }
            let service = try EmptyService.resolve(id: connection.address(of: "bench"), using: system)
            var figures: [Figure] = []
            for callers in callers {
                figures += try await measure(service, server, callers)
            }
            await system.shutdown()
            server.killAtOnce()
            return figures
        } catch {
            await system.shutdown()
            throw error
        }
    }

    private func measure(_ service: EmptyService, _ server: ServerProcess, _ callers: Int) async throws -> [Figure] {
        // One caller alone is slow; fewer calls tell as much.
        let count = callers == 1 ? calls / 10 : calls
        let call: @Sendable (Int) async throws -> Void = { _ in _ = try await service.empty(EmptyRequest()) }
        _ = try await ClosedLoop.run(count: count / 10, callers: callers, call)
        let before = (try ProcessorTime.of(server.identifier), ProcessorTime.own)
        let outcome = try await ClosedLoop.run(count: count, callers: callers, call)
        let after = (try ProcessorTime.of(server.identifier), ProcessorTime.own)
        let name = "transport, \(callers) \(callers == 1 ? "caller" : "callers")"
        Progress.say("\(name): \(Int(outcome.rate))/s")
        return [
            Figure("t", "\(name): calls", outcome.rate, "/s"),
            Figure("t", "\(name): server's CPU a call", (after.0 - before.0) / Double(count) * 1e6, "µs"),
            Figure("t", "\(name): caller's CPU a call", (after.1 - before.1) / Double(count) * 1e6, "µs"),
            Figure("t", "\(name): p50", outcome.percentile(0.5) * 1e6, "µs"),
            Figure("t", "\(name): p99", outcome.percentile(0.99) * 1e6, "µs"),
        ]
    }

    /// What the other end prints when it listens.
    private static func address(in log: String) async throws -> (endpoint: String, key: String) {
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            if let text = try? String(contentsOfFile: log, encoding: .utf8), text.hasSuffix("\n") {
                let words = text.dropLast().split(separator: " ", maxSplits: 1).map(String.init)
                if words.count == 2, words[0].hasPrefix("tcp://") { return (words[0], words[1]) }
                throw BenchFailure("The transport's other end does not start: \(text)")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw BenchFailure("The transport's other end does not start.")
    }
}
