internal import ClusterProtocol
internal import Foundation
internal import Testing

/// The signer as the witness of the auditor's log, with real processes.
@Suite("the log's witness", .timeLimit(.minutes(5)))
struct WitnessTests {
    private struct Status: Decodable {
        struct Signer: Decodable {
            struct Witness: Decodable {
                var size: Int64
                var alarm: String?
            }
            var outboxBacklog: Int64
            var witness: Witness
        }
        var signer: Signer?
    }

    private let store = ["", "-wal", "-shm", ".index", ".index-wal", ".index-shm"]

    private func status(_ cluster: TestCluster) async throws -> Status.Signer? {
        let run = try await CommandRun.run([
            "\(TestCluster.executables)/estuary", "status", "--json", "--state", cluster.directory,
        ])
        return try JSONDecoder.facts.decode(Status.self, from: run.output).signer
    }

    private func acceptLog(_ cluster: TestCluster, _ arguments: String...) async throws -> CommandRun {
        try await CommandRun.run(
            ["\(TestCluster.executables)/estuary", "audit", "accept-log", "--state", cluster.directory] + arguments)
    }

    /// Copies the auditor's store, while it does not run.
    private func copyStore(_ cluster: TestCluster, from: String, to: String) throws {
        let files = FileManager.default
        for suffix in store {
            let (source, target) = ("\(cluster.directory)/\(from)\(suffix)", "\(cluster.directory)/\(to)\(suffix)")
            if files.fileExists(atPath: target) { try files.removeItem(atPath: target) }
            if files.fileExists(atPath: source) { try files.copyItem(atPath: source, toPath: target) }
        }
    }

    @Test("a log that was set back gets no acknowledgement until an operator accepts it; issuance goes on")
    func aLogThatWasSetBack() async throws {
        let cluster = try await TestCluster.running()
        let secret = try cluster.firstSecret()
        #expect(try await TestDevice("sensor-1", in: cluster).enroll(cluster, secret: secret).status == 200)
        try await cluster.waitUntilAudited()
        #expect(try await cluster.process("auditor").stop() == 0)
        try copyStore(cluster, from: "auditor/events.sqlite", to: "older.sqlite")
        try cluster.start("auditor")
        #expect(try await TestDevice("sensor-2", in: cluster).enroll(cluster, secret: secret).status == 200)
        try await cluster.waitUntilAudited()
        try await wait("the witness has cosigned the log") {
            guard let signer = try await status(cluster) else { return false }
            return signer.witness.alarm == nil && signer.witness.size > 0
        }
        #expect(try await acceptLog(cluster).errors.contains("There is no alarm"))

        #expect(try await cluster.process("auditor").stop() == 0)
        try copyStore(cluster, from: "older.sqlite", to: "auditor/events.sqlite")
        try cluster.start("auditor")
        try await wait("the witness raises an alarm") { try await status(cluster)?.witness.alarm != nil }
        #expect(try await TestDevice("sensor-3", in: cluster).enroll(cluster, secret: secret).status == 200)
        #expect(try await status(cluster)?.outboxBacklog ?? 0 > 0)
        #expect(try await cluster.estuary("status", "--metrics").contains("estuary_signer_log_alarm 1"))
        let shown = try await acceptLog(cluster)
        #expect(shown.status != 0)
        #expect(shown.errors.contains("went back") || shown.errors.contains("forked"), "\(shown.errors)")

        let accepted = try await acceptLog(cluster, "--yes")
        #expect(accepted.status == 0, "\(accepted.errors)")
        try await cluster.waitUntilAudited()
        let events = try await cluster.events()
        #expect(events.filter { $0.type == .issued }.map(\.subject) == ["CN=sensor-1", "CN=sensor-2", "CN=sensor-3"])
        #expect(events.contains { $0.type == .alarm })
        #expect(events.contains { $0.type == .logAccepted && $0.operator == "operator:\(getuid())" })
        let key = try await cluster.estuary("audit", "key", "--witness")
        let verified = try await CommandRun.run([
            "\(TestCluster.executables)/estuary", "audit", "verify", "--state", cluster.directory, "--witness-key",
            key.trimmingCharacters(in: .whitespacesAndNewlines), "--ledger",
            "\(cluster.directory)/signer/ledger.sqlite",
        ])
        #expect(verified.status == 0, "\(verified.text)\(verified.errors)")
        #expect(verified.text.contains("has cosigned"))
    }
}
