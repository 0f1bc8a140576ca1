internal import ClusterProtocol
internal import Foundation
internal import Testing

/// `estuary fleet` against a cluster of real processes.
@Suite("estuary fleet", .timeLimit(.minutes(5)))
struct FleetCommandTests {
    private struct Report: Decodable {
        struct Requests: Decodable {
            var started: Int
            var succeeded: Int
            var repeated: Int
        }
        struct Connections: Decodable {
            var established: Int
            var resumed: Int
        }
        struct Latency: Decodable { var p99: Int }
        struct Processor: Decodable {
            var name: String?
            var microsecondsPerEnrollment: Double?
        }
        var completedEnrollments: Int
        var requests: Requests
        var connections: Connections
        var latencyMicroseconds: Latency?
        var statuses: [String: Int]
        var clientProcessor: Processor
        var serverProcessors: [Processor]
        var serverMicrosecondsPerEnrollment: Double?
    }

    private static func run(_ cluster: TestCluster, _ arguments: String...) async throws -> (Report, String) {
        let report = "\(cluster.directory)/report.json"
        let text = try await CommandRun.text(
            [
                "\(TestCluster.executables)/estuary", "fleet", "--server", cluster.address(), "--trust-anchor",
                cluster.trustAnchor, "--secret-file", "\(cluster.directory)/enrollment-secret", "--state",
                cluster.directory, "--quiet", "--json", report, "--concurrency", "4",
            ] + arguments)
        let contents = try Data(contentsOf: URL(fileURLWithPath: report))
        return (try JSONDecoder().decode(Report.self, from: contents), text)
    }

    @Test("enrolls, renews with the newest certificates, and goes on with saved devices")
    func fleet() async throws {
        let cluster = try await TestCluster.running()
        let devices = "\(cluster.directory)/devices"
        let plot = "\(cluster.directory)/latency.svg"

        let (enrolled, text) = try await Self.run(cluster, "--count", "20", "--plot", plot)
        #expect(enrolled.completedEnrollments == 20 && enrolled.statuses == ["200": 20])
        #expect(enrolled.connections.established == 4)
        #expect((enrolled.latencyMicroseconds?.p99 ?? 0) > 0)
        #expect(text.contains("20 succeeded") && text.contains("estuary-signer"))
        #expect(
            Set(enrolled.serverProcessors.compactMap(\.name)) == [
                "estuary-auditor", "estuary-frontend", "estuary-signer",
            ])
        #expect((enrolled.serverMicrosecondsPerEnrollment ?? 0) > 0)
        #expect((enrolled.clientProcessor.microsecondsPerEnrollment ?? 0) > 0)
        #expect(try String(contentsOfFile: plot, encoding: .utf8).hasPrefix("<svg"))

        // Eight devices, each renewing several times: an old certificate would get the answer that it got before.
        let (renewed, _) = try await Self.run(
            cluster, "--mix", "reenroll=1", "--connection", "new", "--devices", "8", "--count", "30",
            "--save-credentials", devices)
        #expect(renewed.completedEnrollments == 30 && renewed.requests.repeated == 0)
        #expect(renewed.connections.established == 30)
        let (again, _) = try await Self.run(
            cluster, "--mix", "reenroll=2,csrattrs=1,cacerts=1", "--connection", "resumed", "--authentication",
            "certificate", "--credentials", devices, "--count", "40")
        #expect(again.requests.succeeded == 40 && again.requests.repeated == 0)

        // 20, then 8 that renew 30 times, then what was drawn.
        try await cluster.waitUntilAudited()
        let issued = try await cluster.events().count { $0.type == .issued }
        #expect(issued == 20 + 8 + 30 + again.completedEnrollments)
    }

    @Test("says what is wrong, and ends with another status than 0")
    func failures() async throws {
        let fleet = ["\(TestCluster.executables)/estuary", "fleet", "--server", "127.0.0.1:9", "--insecure"]
        let nobody = try await CommandRun.run(
            fleet + ["--count", "2"], environment: ["ESTUARY_SECRET": "no secret of anybody"])
        #expect(nobody.status == 1 && nobody.text.contains("connectionRefused"))
        let secretless = try await CommandRun.run(fleet + ["--count", "2"])
        #expect(secretless.status == 1 && secretless.errors.contains("--secret-file"))
        let both = try await CommandRun.run(fleet + ["--rate", "5", "--concurrency", "5"])
        #expect(both.status == 64 && both.errors.contains("--concurrency"))
    }
}
