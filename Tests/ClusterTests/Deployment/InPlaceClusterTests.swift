internal import ClusterProtocol
internal import Foundation
internal import PKI
internal import Testing

/// A cluster as in containers: initialised in place, and frontends that join by one invitation.
@Suite struct InPlaceClusterTests {
    private struct Frontend {
        var name: String
        var folder: String
        var listen: String
        var operations: String
        var configuration: String { "\(folder)/configuration.yaml" }
    }

    /// Folders as volumes are, and the cluster in them.
    private func made(uses: Int) async throws -> (cluster: DeployedCluster, arguments: [String]) {
        let cluster = try await DeployedCluster()
        for name in ["signer", "auditor", "root", "public", "secrets", "invitation"] {
            try FileManager.default.createDirectory(
                atPath: cluster.file("state/\(name)"), withIntermediateDirectories: true)
        }
        let (signer, auditor) = (try await cluster.port(), try await cluster.port())
        let arguments = [
            "init", "--state", cluster.file("state"), "--in-place", "--if-needed", "--frontends", "0",
            "--signer-endpoint", "tcp://0.0.0.0:\(signer)", "--signer-address", "tcp://localhost:\(signer)",
            "--auditor-endpoint", "tcp://0.0.0.0:\(auditor)", "--auditor-address", "tcp://localhost:\(auditor)",
            "--auditor-operations", "127.0.0.1:\(try await cluster.port())",
            "--console", "0.0.0.0:\(try await cluster.port())", "--console-hosts", "localhost,127.0.0.1,auditor",
            "--hosts", "localhost,127.0.0.1,estuary", "--invitation", cluster.file("state/invitation/frontend"),
            "--invitation-uses", "\(uses)", "--organization", "Example",
        ]
        let first = try await cluster.run("estuary", arguments)
        try #require(first.status == 0, "\(first.errors)")
        return (cluster, arguments)
    }

    private func health(_ cluster: DeployedCluster, _ name: String, _ options: [String] = []) async throws -> CommandRun
    {
        try await cluster.run(
            "estuary-\(name)",
            ["health", "--configuration", cluster.file("state/\(name)/configuration.yaml")] + options)
    }

    private func start(_ cluster: DeployedCluster, _ name: String) throws {
        try cluster.start(
            name, program: "estuary-\(name)", ["--configuration", cluster.file("state/\(name)/configuration.yaml")])
    }

    private func startCore(_ cluster: DeployedCluster) async throws {
        for name in ["auditor", "signer"] {
            try start(cluster, name)
            try await cluster.waitUntilHealthy(
                name, program: "estuary-\(name)", configuration: cluster.file("state/\(name)/configuration.yaml"))
        }
    }

    private func frontend(_ name: String, in cluster: DeployedCluster) async throws -> Frontend {
        Frontend(
            name: name, folder: cluster.file(name), listen: "127.0.0.1:\(try await cluster.port())",
            operations: "127.0.0.1:\(try await cluster.port())")
    }

    private func joinOptions(_ frontend: Frontend) -> [String] {
        ["--name", frontend.name, "--listen", frontend.listen, "--operations", frontend.operations]
    }

    @Test func threeFrontendsJoinAtOnceAndAFourthDoesNot() async throws {
        let (cluster, arguments) = try await made(uses: 3)
        let again = try await cluster.run("estuary", arguments)
        #expect(again.status == 0 && again.text.hasSuffix("is initialised already.\n"))

        // Nothing runs yet.
        for name in ["auditor", "signer"] {
            let health = try await health(cluster, name)
            #expect(health.status == 1 && !health.errors.isEmpty && health.text.isEmpty, "\(name): \(health.errors)")
        }
        try await startCore(cluster)
        #expect(try await health(cluster, "signer").text.hasPrefix("healthy: 0 nodes"))
        #expect(try await health(cluster, "auditor", ["--live"]).text == "ok\n")

        let invitation = cluster.file("state/invitation/frontend")
        var frontends: [Frontend] = []
        for number in 1...3 { frontends.append(try await frontend("edge-\(number)", in: cluster)) }
        for frontend in frontends {
            let none = try await cluster.run("estuary-frontend", ["health", "--configuration", frontend.configuration])
            #expect(none.status == 1 && none.errors.contains("does not exist"))
        }
        // Two that join and serve in one, and one that joins first.
        for frontend in frontends.dropFirst() {
            try cluster.start(
                frontend.name, program: "estuary-frontend",
                ["--configuration", frontend.configuration, "--join", invitation] + joinOptions(frontend))
        }
        let joined = try await cluster.run(
            "estuary-frontend",
            ["join", "--invitation", invitation, "--directory", frontends[0].folder] + joinOptions(frontends[0]))
        #expect(joined.status == 0 && joined.text == "edge-1 has joined.\n", "\(joined.errors)")
        try cluster.start(
            "edge-1", program: "estuary-frontend", ["--configuration", frontends[0].configuration])
        for frontend in frontends {
            try await cluster.waitUntilHealthy(
                frontend.name, program: "estuary-frontend", configuration: frontend.configuration)
        }
        let secret = try cluster.text("state/secrets/enrollment-secret")
        for frontend in frontends {
            try await cluster.enroll(
                at: frontend.listen, trustAnchor: cluster.file("state/public/trust-anchor.pem"), secret: secret)
        }

        let fourth = try await frontend("edge-4", in: cluster)
        let refused = try await cluster.run(
            "estuary-frontend",
            ["join", "--invitation", invitation, "--directory", fourth.folder] + joinOptions(fourth))
        #expect(refused.status == 1 && refused.errors.contains("has been used 3 times"), "\(refused.errors)")
        #expect(!FileManager.default.fileExists(atPath: fourth.configuration))

        try await wait("the auditor has the events") {
            try await cluster.events().contains { $0.type == .denied && $0.reason == "invitation-spent" }
        }
        let events = try await cluster.events()
        let id = try #require(events.first { $0.type == .invitationCreated }?.principal)
        let joins = events.filter { $0.type == .nodeJoined }
        #expect(Set(joins.compactMap(\.node)) == ["edge-1", "edge-2", "edge-3"] && joins.count == 3)
        #expect(joins.allSatisfy { $0.principal == id && $0.names == ["localhost", "127.0.0.1", "estuary"] })
        #expect(Set(events.filter { $0.type == .issued }.compactMap(\.node)) == ["edge-1", "edge-2", "edge-3"])

        try await expectStoppedSignerIsSeen(cluster, frontends[0])
    }

    private func expectStoppedSignerIsSeen(_ cluster: DeployedCluster, _ frontend: Frontend) async throws {
        #expect(try await cluster.process("signer").stop() == 0)
        let stopped = try await health(cluster, "signer")
        #expect(stopped.status == 1 && stopped.errors.contains("signer"), "\(stopped.errors)")
        try await wait("the frontend misses the signer") {
            try await cluster.run("estuary-frontend", ["health", "--configuration", frontend.configuration]).status == 1
        }
        let missing = try await cluster.run(
            "estuary-frontend", ["health", "--configuration", frontend.configuration])
        #expect(missing.errors.contains("answered 503"), "\(missing.errors)")
        let live = try await cluster.run(
            "estuary-frontend", ["health", "--configuration", frontend.configuration, "--live"])
        #expect(live.status == 0 && live.text == "ok\n")
    }

    @Test func aNewInvitationAdmitsUntilItIsEnded() async throws {
        let (cluster, _) = try await made(uses: 1)
        try await startCore(cluster)
        let file = cluster.file("second")
        let invited = try await cluster.estuary(
            "node", "invite", "--uses", "5", "--ttl", "1h", "--hosts", "localhost,127.0.0.1,*.edge.example", "--output",
            file, "--json")
        struct Invitation: Decodable {
            var id: String
            var used: Int
            var uses: Int
            var revokedAt: Int64?
        }
        let id = try JSONDecoder.facts.decode(Invitation.self, from: Data(invited.utf8)).id
        let first = try await frontend("edge-1", in: cluster)
        let run = try await cluster.run(
            "estuary-frontend",
            ["join", "--invitation", file, "--directory", first.folder, "--hosts", "one.edge.example"]
                + [
                    "--plain-http", "127.0.0.1:\(try await cluster.port())", "--proxy-protocol-from",
                    "10.0.0.0/8,127.0.0.1",
                ]
                + joinOptions(first))
        try #require(run.status == 0, "\(run.errors)")
        let configuration = try cluster.text("edge-1/configuration.yaml")
        #expect(configuration.contains("from: ['10.0.0.0/8', '127.0.0.1']"))
        // A second time is no second node, and says so.
        let twice = try await cluster.run(
            "estuary-frontend", ["join", "--invitation", file, "--directory", first.folder] + joinOptions(first))
        #expect(twice.status == 1 && twice.errors.contains("has joined already"))
        #expect(try await cluster.estuary("node", "list").contains("one.edge.example"))

        // Its answer got lost: the same key and name are answered again, and no other use is counted.
        try FileManager.default.removeItem(atPath: first.configuration)
        let repeated = try await cluster.run(
            "estuary-frontend",
            ["join", "--invitation", file, "--directory", first.folder, "--hosts", "one.edge.example"]
                + joinOptions(first))
        #expect(repeated.status == 0, "\(repeated.errors)")

        #expect(try await cluster.estuary("node", "uninvite", id).contains(id))
        let second = try await frontend("edge-2", in: cluster)
        let late = try await cluster.run(
            "estuary-frontend", ["join", "--invitation", file, "--directory", second.folder] + joinOptions(second))
        #expect(late.status == 1 && late.errors.contains("was revoked"), "\(late.errors)")
        let listed = try await cluster.estuary("node", "invitations", "--json").split(separator: "\n").map {
            try JSONDecoder.facts.decode(Invitation.self, from: Data($0.utf8))
        }
        let ended = try #require(listed.first { $0.id == id })
        #expect(listed.count == 2 && ended.used == 1 && ended.uses == 5 && ended.revokedAt != nil)

        let silent = try await cluster.run(
            "estuary", ["node", "remove", "--not-seen", "7d", "--state", cluster.file("state")])
        #expect(silent.status == 1 && silent.errors.contains("Nothing is removed"), "\(silent.errors)")
    }

    /// The first console user signs in over TLS with the password that init has made.
    @Test func theConsoleHasACertificateAndAUser() async throws {
        let (cluster, _) = try await made(uses: 1)
        try await startCore(cluster)
        let configuration = try cluster.text("state/auditor/configuration.yaml")
        let port = try #require(configuration.firstMatch(of: #/listen: '0\.0\.0\.0:(\d+)'/#)?.output.1)
        let base = "https://localhost:\(port)/api/v1"
        let trust = ["--cacert", cluster.file("state/public/trust-anchor.pem")]
        #expect(try await Curl.get("\(base)/events", trust).status == 401)
        let password = try cluster.text("state/secrets/console-password")
        let signedIn = try await Curl.post(
            "\(base)/session", body: Data(#"{"user":"operator","password":"\#(password)"}"#.utf8),
            contentType: "application/json", trust + ["--cookie-jar", cluster.file("jar")])
        #expect((200..<300).contains(signedIn.status), "\(signedIn.status) \(signedIn.text)")
        #expect(try await Curl.get("\(base)/events", trust + ["--cookie", cluster.file("jar")]).status == 200)
        let issued = try await cluster.events().filter { $0.type == .nodeCertificateIssued }
        #expect(issued.map(\.node) == ["auditor"])
        #expect(issued.first?.names == ["localhost", "127.0.0.1", "auditor"])
    }
}
