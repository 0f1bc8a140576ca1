internal import ClusterProtocol
internal import Foundation
internal import Testing

/// Auditor, signer and frontend with a state directory each, which only their cards and an invitation connect.
@Suite struct SeveralHostsTests {
    @Test func cardsAndAnInvitationMakeOneCluster() async throws {
        let cluster = try await DeployedCluster()
        let (auditorHost, signerHost) = (cluster.file("a"), cluster.file("s"))
        func initialize(_ arguments: String...) async throws -> CommandRun {
            try await cluster.run("estuary", ["init"] + arguments)
        }
        func endpoint() async throws -> String { "tcp://127.0.0.1:\(try await cluster.port())" }
        let auditor = try await initialize(
            "--role", "auditor", "--directory", auditorHost, "--endpoint", endpoint(), "--auditor-operations",
            "127.0.0.1:\(cluster.port())", "--console", "127.0.0.1:\(cluster.port())")
        try #require(auditor.status == 0, "\(auditor.errors)")

        // It does not know its signer yet, and says what to do.
        let configuration = "\(auditorHost)/auditor/configuration.yaml"
        let early = try await cluster.run("estuary-auditor", ["serve", "--configuration", configuration])
        #expect(early.status == 1 && early.errors.contains("estuary init --role auditor"), "\(early.errors)")

        let signer = try await initialize(
            "--role", "signer", "--directory", signerHost, "--root-directory", cluster.file("r"), "--endpoint",
            endpoint(),
            "--auditor", "\(auditorHost)/auditor-card.yaml", "--organization", "Example")
        try #require(signer.status == 0, "\(signer.errors)")
        let completed = try await initialize(
            "--role", "auditor", "--directory", auditorHost, "--signer", "\(signerHost)/signer-card.yaml")
        try #require(completed.status == 0, "\(completed.errors)")

        try cluster.start("auditor", program: "estuary-auditor", ["--configuration", configuration])
        try await cluster.waitUntilHealthy("auditor", program: "estuary-auditor", configuration: configuration)
        let signerConfiguration = "\(signerHost)/signer/configuration.yaml"
        try cluster.start("signer", program: "estuary-signer", ["--configuration", signerConfiguration])
        try await cluster.waitUntilHealthy("signer", program: "estuary-signer", configuration: signerConfiguration)

        try await cluster.estuary(
            "node", "invite", "--hosts", "localhost,127.0.0.1", "--output", cluster.file("invitation"),
            state: signerHost)
        let (folder, listen) = (cluster.file("f"), "127.0.0.1:\(try await cluster.port())")
        let join = [
            "--join", cluster.file("invitation"), "--listen", listen, "--operations",
            "127.0.0.1:\(try await cluster.port())",
        ]
        try cluster.start(
            "frontend", program: "estuary-frontend", ["--configuration", "\(folder)/configuration.yaml"] + join)
        try await cluster.waitUntilHealthy(
            "frontend", program: "estuary-frontend", configuration: "\(folder)/configuration.yaml")
        try await cluster.enroll(
            at: listen, trustAnchor: "\(signerHost)/trust-anchor.pem", secret: cluster.text("s/enrollment-secret"))

        // Started anew it is there already, and asks nobody.
        #expect(try await cluster.process("frontend").stop() == 0)
        try cluster.start(
            "frontend", program: "estuary-frontend", ["--configuration", "\(folder)/configuration.yaml"] + join)
        try await cluster.waitUntilHealthy(
            "frontend", program: "estuary-frontend", configuration: "\(folder)/configuration.yaml")
        try await wait("the auditor's host has the events") {
            try await cluster.events(state: auditorHost).contains { $0.type == .issued }
        }
        let events = try await cluster.events(state: auditorHost)
        let joined = try #require(events.first { $0.type == .nodeJoined }?.node)
        #expect(joined.hasPrefix("frontend") && events.first { $0.type == .issued }?.node == joined)
        #expect(events.count { $0.type == .nodeJoined } == 1)
    }
}
