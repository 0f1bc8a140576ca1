internal import Foundation
internal import Testing

/// `estuary audit verify | prove | check-proof | export | prune` against a cluster of real processes.
@Suite("estuary audit", .timeLimit(.minutes(5)))
struct AuditVerificationTests {
    private struct Report: Decodable {
        struct Checkpoint: Decodable { var size: Int64 }
        struct Ledger: Decodable { var certificates: Int64 }
        struct Finding: Decodable {
            var kind: String
            var place: String
        }
        var clean: Bool
        var checkpoint: Checkpoint?
        var events: Int64
        var pruned: Int64
        var ledger: Ledger?
        var findings: [Finding]
    }

    private static func audit(_ cluster: TestCluster, _ arguments: String...) async throws -> CommandRun {
        try await CommandRun.run(
            ["\(TestCluster.executables)/estuary", "audit"] + arguments + ["--state", cluster.directory])
    }

    private static func verify(_ cluster: TestCluster, _ arguments: String...) async throws -> Report {
        let run = try await CommandRun.run(
            ["\(TestCluster.executables)/estuary", "audit", "verify", "--json", "--state", cluster.directory]
                + arguments)
        #expect(run.status == 0 || run.status == 1, "\(run.errors)")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let report = try decoder.decode(Report.self, from: run.output)
        #expect(report.clean == (run.status == 0), "\(run.text)")
        return report
    }

    @Test("a log verifies offline, online, against the ledger, exported, and after its old events were pruned")
    func wholeWay() async throws {
        let cluster = try await TestCluster.running()
        try await CommandRun.text([
            "\(TestCluster.executables)/estuary", "fleet", "--server", cluster.address(), "--trust-anchor",
            cluster.trustAnchor, "--secret-file", "\(cluster.directory)/enrollment-secret", "--quiet", "--count", "300",
            "--concurrency", "4",
        ])
        try await wait("every enrollment is in the log", limit: .seconds(60)) {
            try await Self.verify(cluster).checkpoint.map { $0.size > 300 } ?? false
        }
        let server = "http://" + (try cluster.console())
        let key = try await Self.audit(cluster, "key").text.trimmingCharacters(in: .whitespacesAndNewlines)
        let (kept, archive, proof) = (
            "\(cluster.directory)/kept", "\(cluster.directory)/archive", "\(cluster.directory)/proof"
        )

        let offline = try await Self.verify(
            cluster, "--ledger", "\(cluster.directory)/signer/ledger.sqlite", "--keep", kept, "--key", key, "--index")
        #expect(offline.clean && (offline.ledger?.certificates ?? 0) > 300)
        let online = try await Self.verify(cluster, "--log", server, "--key", key, "--since", kept)
        #expect(online.clean && online.events >= offline.events)

        let listed = try await CommandRun.text([
            "\(TestCluster.executables)/estuary", "certificate", "list", "--limit", "1", "--json", "--state",
            cluster.directory,
        ])
        let serial = try #require(listed.firstMatch(of: #/"serial":"([0-9a-f]+)"/#)?.output.1)
        for log in [[], ["--log", server]] {
            let made = try await CommandRun.run(
                ["\(TestCluster.executables)/estuary", "audit", "prove", String(serial), "--output", proof]
                    + ["--state", cluster.directory, "--key", key] + log)
            #expect(made.status == 0, "\(made.errors)")
            let checked = try await CommandRun.run([
                "\(TestCluster.executables)/estuary", "audit", "check-proof", proof, "--key", key,
            ])
            #expect(checked.status == 0 && checked.text.contains("serial \(serial)"), "\(checked.errors)")
        }

        #expect(try await Self.audit(cluster, "export", archive).status == 0)
        #expect(try await Self.verify(cluster, "--log", archive, "--key", key, "--since", kept).clean)
        let pruned = try await Self.audit(cluster, "prune", "--before", "0s", "--archive", archive)
        #expect(pruned.status == 0 && pruned.text.contains("256 events were pruned"), "\(pruned.text)\(pruned.errors)")
        let without = try await Self.verify(cluster, "--since", kept)
        #expect(without.clean && without.pruned == 256)
        let with = try await Self.verify(
            cluster, "--archive", archive, "--ledger", "\(cluster.directory)/signer/ledger.sqlite")
        #expect(with.clean && with.events == with.checkpoint?.size)
        let served = try await Self.verify(cluster, "--log", server, "--key", key)
        #expect(served.clean && served.pruned == 256)
        let gone = try await Curl.get(server + "/tile/entries/000")
        #expect(gone.status == 404 && gone.text.contains("were exported and pruned"))

        // What somebody changes in the export is named.
        let bundle = URL(fileURLWithPath: archive + "/tile/entries/000")
        var bytes = try Data(contentsOf: bundle)
        bytes[bytes.count - 1] ^= 1
        try bytes.write(to: bundle)
        let bad = try await Self.verify(cluster, "--log", archive, "--key", key)
        #expect(!bad.clean && bad.findings.contains { $0.place.hasSuffix("place 256") }, "\(bad.findings)")
        #expect(try await Self.audit(cluster, "prune", "--before", "0s", "--archive", archive).status == 1)
    }
}
