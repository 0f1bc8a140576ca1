internal import ClusterProtocol
internal import Foundation
internal import PKI
internal import Testing
internal import X509

/// `estuary backup` and `estuary restore` with real processes: the hosts of signer and auditor are lost after 1,000
/// issuances and 10 revocations that no backup has.
@Suite("estuary backup and restore", .serialized, .timeLimit(.minutes(15)))
struct RestoreTests {
    private static let issuances = 1000
    private static let singleUse = 10
    private static let revocations = 10

    private struct Listed: Decodable {
        var serial: String
        var device: String
        var issuedAt: Int64
    }

    private struct Status: Decodable {
        struct Signer: Decodable {
            struct Witness: Decodable { var alarm: String? }
            var ledgerIncarnation: String
            var outboxBacklog: Int64
            var witness: Witness?
        }
        struct Auditor: Decodable { var logSize: Int64 }
        var signer: Signer?
        var auditor: Auditor?
    }

    /// A device with a secret of its own, and the certificate that it got.
    private struct Enrolled {
        var device: TestDevice
        var secret: String
        var certificate: Certificate
    }

    private static func fleet(_ cluster: TestCluster, secret: String, count: Int) async throws {
        try await CommandRun.text(
            [
                "\(TestCluster.executables)/estuary", "fleet", "--server", cluster.address(), "--trust-anchor",
                cluster.trustAnchor, "--quiet", "--count", "\(count)", "--concurrency", "4",
            ], environment: ["ESTUARY_SECRET": secret])
    }

    private static func certificates(_ cluster: TestCluster, _ arguments: String...) async throws -> [Listed] {
        let text = try await TestCluster.estuary(
            ["certificate", "list", "--json", "--limit", "100000", "--state", cluster.directory] + arguments)
        return try text.split(separator: "\n").map {
            try JSONDecoder.facts.decode(Listed.self, from: Data($0.utf8))
        }
    }

    private static func status(_ cluster: TestCluster) async throws -> Status {
        let run = try await CommandRun.run([
            "\(TestCluster.executables)/estuary", "status", "--json", "--state", cluster.directory,
        ])
        return try JSONDecoder.facts.decode(Status.self, from: run.output)
    }

    /// What `estuary audit verify` says of the auditor's database and the signer's ledger.
    private static func verify(_ cluster: TestCluster) async throws -> CommandRun {
        try await CommandRun.run([
            "\(TestCluster.executables)/estuary", "audit", "verify", "--state", cluster.directory, "--ledger",
            "\(cluster.directory)/signer/ledger.sqlite",
        ])
    }

    private static func wrongRequest(_ cluster: TestCluster) async throws {
        let answer = try await Curl.post(
            cluster.url("simpleenroll"), body: Data("no request".utf8),
            ["--cacert", cluster.trustAnchor, "--user", ":\(cluster.firstSecret())"])
        #expect(answer.status == 400)
    }

    /// Takes the backup while devices enroll; then 1,000 certificates are issued and 10 revoked.
    private static func world(
        backup: String
    ) async throws -> (cluster: TestCluster, enrolled: [Enrolled], revoked: [String]) {
        let cluster = try await TestCluster.running()
        let shared = try await newSecret(cluster, uses: 5000)
        var secrets: [String] = []
        for _ in 0..<singleUse { secrets.append(try await newSecret(cluster, uses: 1).secret) }
        async let enrolling: Void = fleet(cluster, secret: shared.secret, count: 100)
        try await wait("devices enroll") { try await certificates(cluster, "--limit", "20").count > 5 }
        try await cluster.estuary("backup", "--output", backup)
        try await enrolling
        let before = Set(try await certificates(cluster).map(\.serial))

        var enrolled: [Enrolled] = []
        for (number, secret) in secrets.enumerated() {
            let device = try TestDevice("single-\(number)", in: cluster)
            enrolled.append(
                Enrolled(
                    device: device, secret: secret,
                    certificate: try await device.enroll(cluster, secret: secret).certificate()))
        }
        try await fleet(cluster, secret: shared.secret, count: issuances - singleUse)
        let new = try await certificates(cluster).filter { !before.contains($0.serial) }
        #expect(new.count == issuances)
        let own = Set(enrolled.map { Array($0.certificate.serialNumber.bytes).hexadecimal })
        let revoked = new.map(\.serial).filter { !own.contains($0) }.prefix(revocations)
        for serial in revoked { try await cluster.estuary("certificate", "revoke", serial) }
        for _ in 0..<3 { try await wrongRequest(cluster) }
        try await cluster.waitUntilAudited()
        return (cluster, enrolled, Array(revoked))
    }

    /// Nothing is lost, nothing is issued again, no secret is good again, and log and ledger agree.
    private static func expectEverything(
        _ cluster: TestCluster, _ before: [Listed], _ enrolled: [Enrolled], revoked: [String]
    ) async throws {
        let after = try await certificates(cluster)
        #expect(Set(before.map(\.serial)).subtracting(after.map(\.serial)).isEmpty, "certificates are lost")
        #expect(Set(before.map(\.device)).subtracting(after.map(\.device)).isEmpty)
        for one in enrolled {
            let again = try await one.device.enroll(cluster, secret: one.secret).certificate()
            #expect(again == one.certificate, "the same request leads to another certificate")
            let other = try one.device.rekeyed(in: cluster)
            #expect(try await other.enroll(cluster, secret: one.secret).status == 401)
        }
        #expect(Set(try await certificates(cluster, "--revoked").map(\.serial)) == Set(revoked))
        try await wait("the CRL has what was revoked", limit: .seconds(60)) {
            let list = try await Curl.get(
                "https://\(cluster.address())/crl/devices.crl", ["--cacert", cluster.trustAnchor])
            let text = try await CommandRun.run(
                ["openssl", "crl", "-inform", "DER", "-noout", "-text"], input: list.body
            ).text
            return revoked.allSatisfy { text.contains($0.uppercased()) }
        }
        try await wait("log and ledger agree", limit: .seconds(60)) { try await verify(cluster).status == 0 }
        _ = try await TestDevice("newcomer-\(UInt32.random(in: .min ... .max))", in: cluster)
            .enroll(cluster, secret: cluster.firstSecret()).certificate()
        #expect(try await certificates(cluster).count > after.count)
    }

    /// The signer's host is lost; then the auditor's. Each comes back from the backup, and where `isKilled` is killed once
    /// more while it does.
    @Test("lost hosts come back with everything", arguments: [false, true])
    func hostsAreLost(isKilled: Bool) async throws {
        let backup = "/tmp/est-backup-\(UInt32.random(in: .min ... .max))"
        defer { try? FileManager.default.removeItem(atPath: backup) }
        let (cluster, enrolled, revoked) = try await Self.world(backup: backup)
        let before = try await Self.certificates(cluster)
        let incarnation = try await Self.status(cluster).signer?.ledgerIncarnation
        try await CommandRun.text(["\(TestCluster.executables)/estuary", "backup", "check", backup])

        try await cluster.process("signer").killNow()
        try FileManager.default.removeItem(atPath: "\(cluster.directory)/signer")
        try await cluster.estuary("restore", backup, "--role", "signer")
        if isKilled {
            try cluster.start("signer", environment: ["ESTUARY_CRASH_POINT": "during-import"])
            #expect(try await cluster.process("signer").waitForEnd() == SIGKILL)
        }
        try cluster.start("signer")
        try await wait("the signer serves again", limit: .seconds(120)) {
            try await Self.status(cluster).signer != nil
        }
        try await cluster.waitUntilReady()
        #expect(try await Self.status(cluster).signer?.ledgerIncarnation != incarnation)
        try await Self.expectEverything(cluster, before, enrolled, revoked: revoked)
        try await cluster.waitUntilAudited()
        let restored = try #require(try await cluster.events().last { $0.type == .restored })
        #expect((restored.count ?? 0) >= Self.issuances + Self.revocations, "\(restored)")

        try await Self.loseAuditor(cluster, backup: backup, isKilled: isKilled)
        try await Self.expectEverything(cluster, before, enrolled, revoked: revoked)
    }

    private static func loseAuditor(_ cluster: TestCluster, backup: String, isKilled: Bool) async throws {
        try await cluster.process("auditor").killNow()
        try FileManager.default.removeItem(atPath: "\(cluster.directory)/auditor")
        try await cluster.estuary("restore", backup, "--role", "auditor")
        try cluster.start("auditor")
        try await wait("the signer raises the alarm", limit: .seconds(60)) {
            try await status(cluster).signer?.witness?.alarm?.contains("went back") == true
        }
        try await cluster.estuary("audit", "accept-log", "--yes")
        if isKilled {
            try await wait("the log is filled again", limit: .seconds(60)) {
                if try await verify(cluster).text.contains("restored") { return true }
                return try await status(cluster).auditor?.logSize ?? 0 > 300
            }
            try await cluster.process("auditor").killNow()
            try cluster.start("auditor")
        }
        try await wait("the log has everything again", limit: .seconds(120)) {
            guard let signer = try await status(cluster).signer, signer.witness?.alarm == nil else { return false }
            return signer.outboxBacklog == 0
        }
        // What the frontend had logged since the backup is lost, and it says how much that was.
        try await wrongRequest(cluster)
        try await wait("the frontend declares what was lost") {
            try await cluster.events().contains { event in
                event.source == "frontend-1" && event.type == .dropped && (event.count ?? 0) >= 3
            }
        }
    }

    @Test("a backup is verified, and nothing is overwritten")
    func backupIsVerified() async throws {
        let cluster = try await TestCluster.running()
        let (backup, keyless) = ("\(cluster.directory)/backup", "\(cluster.directory)/keyless")
        _ = try await TestDevice("sensor-1", in: cluster).enroll(cluster, secret: cluster.firstSecret()).certificate()
        let estuary = "\(TestCluster.executables)/estuary"
        let made = try await CommandRun.run([estuary, "backup", "--output", backup, "--state", cluster.directory])
        #expect(made.status == 0 && made.text.contains("are those of the log") && made.text.contains("the CA's, too"))
        let names = try FileManager.default.subpathsOfDirectory(atPath: backup)
        #expect(names.contains("signer/authorities/devices/key.pem") && names.contains("auditor/log.key"))
        #expect(
            !names.contains {
                $0.contains("root") || $0.hasSuffix(".lock") || $0.contains("index") || $0.contains("-wal")
            })
        for name in names + [""] {
            var facts = stat()
            #expect(stat(backup + "/" + name, &facts) == 0 && facts.st_mode & 0o077 == 0, "\(name)")
        }
        // Not again, and not where somebody works.
        #expect(
            try await CommandRun.run([estuary, "backup", "--output", backup, "--state", cluster.directory]).status == 1)
        let running = try await CommandRun.run([estuary, "restore", backup, "--state", cluster.directory])
        #expect(running.status == 1 && running.errors.contains("is running"))
        try await cluster.process("signer").stop()
        let there = try await CommandRun.run([
            estuary, "restore", backup, "--state", cluster.directory, "--role", "signer",
        ])
        #expect(there.status == 1 && there.errors.contains("not empty"))

        try await CommandRun.text([
            estuary, "backup", "--output", keyless, "--without-keys", "--state", cluster.directory,
        ])
        for name in try FileManager.default.subpathsOfDirectory(atPath: keyless) {
            let contents = FileManager.default.contents(atPath: keyless + "/" + name) ?? Data()
            #expect(!name.hasSuffix(".key") && contents.range(of: Data("PRIVATE KEY".utf8)) == nil, "\(name)")
        }
        // A file that somebody has changed, or added.
        let policy = URL(fileURLWithPath: backup + "/signer/policy.yaml")
        let text = try Data(contentsOf: policy)
        try (text + Data("\n".utf8)).write(to: policy)
        let changed = try await CommandRun.run([estuary, "backup", "check", backup])
        #expect(changed.status == 1 && changed.errors.contains("signer/policy.yaml was changed"))
        #expect(
            try await CommandRun.run([estuary, "restore", backup, "--state", "\(cluster.directory)/other"]).status == 1)
        try text.write(to: policy)
        #expect(try await CommandRun.run([estuary, "backup", "check", backup]).status == 0)
    }

    @Test("a restored signer does not sign before the auditor has been asked")
    func auditorIsAway() async throws {
        let cluster = try await TestCluster.running()
        let backup = "\(cluster.directory)/backup"
        try await cluster.estuary("backup", "--output", backup)
        try await cluster.process("signer").stop()
        try await cluster.process("auditor").stop()
        try FileManager.default.removeItem(atPath: "\(cluster.directory)/signer")
        try await cluster.estuary("restore", backup, "--role", "signer")
        try cluster.start("signer")
        #expect(try await cluster.process("signer").waitForEnd() == 1)
        #expect(cluster.log("signer").contains("was restored from a backup, and the auditor can't be asked"))
        try cluster.start("auditor")
        try cluster.start("signer")
        try await wait("it serves") { try await Self.status(cluster).signer != nil }
    }
}
