internal import ClusterProtocol
internal import Foundation
internal import Testing

/// `estuary up` on a machine that has seen none, and the commands that it prints.
@Suite struct PrintedCommandsTests {
    @Test func whatUpPrintsEnrollsADeviceAlsoAfterALostSignerAndARestart() async throws {
        let newcomer = try Newcomer()
        let up = try newcomer.start(["--listen", "127.0.0.1:0"])
        let commands = try await newcomer.commands()

        // Pasted as they are.
        let first = try await newcomer.paste(commands)
        try #require(first.status == 0, "\(first.errors) \(first.text)")
        #expect(first.text.contains("device.pem: OK\n"))
        let devices = try newcomer.deviceFolders()
        let folder = try #require(devices.first)
        #expect(devices.count == 1)
        for name in ["device", "renewed"] {
            try await OpenSSL.verify(
                "\(folder)/\(name).pem", trustAnchor: "\(newcomer.state)/trust-anchor.pem",
                untrusted: "\(folder)/cacerts.pem")
            #expect(try await OpenSSL.isCertificate("\(folder)/\(name).pem", forKey: "\(folder)/device.key"))
        }
        let subject = try await CommandRun.text([
            "openssl", "x509", "-in", "\(folder)/device.pem", "-noout", "-subject", "-nameopt", "RFC2253",
        ]).trimmingCharacters(in: .newlines).replacingOccurrences(of: "subject=", with: "")
        let listing = try #require(commands.first { $0.contains(" audit list ") })
        try await wait("the audit list shows enrollment and renewal") {
            let listed = try await newcomer.paste([listing])
            #expect(listed.status == 0, "\(listed.errors)")
            return listed.text.split(separator: "\n").count { $0.contains("issued") && $0.contains(subject) } == 2
        }

        // Nobody else runs the same cluster.
        let second = try await CommandRun.run(
            ["\(TestCluster.executables)/estuary", "up", "--state", newcomer.state], limit: .seconds(20))
        #expect(second.status != 0)
        #expect(second.errors.contains("The cluster in \(newcomer.state) is running already"))
        #expect(!second.text.contains("ready"))

        // A killed signer comes back by itself.
        let signer = try #require(try newcomer.processes().first { $0.name == "estuary-signer" })
        kill(signer.identifier, SIGKILL)
        try await wait("the signer runs again") {
            try newcomer.processes().contains { $0.name == "estuary-signer" && $0.identifier != signer.identifier }
        }
        #expect(newcomer.errors.contains("signer was ended by signal 9 and starts again"))
        try await wait("a device enrolls again") { try await newcomer.paste(commands).status == 0 }

        // Ctrl-C.
        #expect(try newcomer.processes().count == 3)
        up.signal(SIGINT)
        #expect(try await up.waitForEnd() == 0)
        #expect(newcomer.errors.hasSuffix("Stopped.\n"))
        #expect(try newcomer.processes().isEmpty)

        let again = try newcomer.start([])
        let enrolled = try await newcomer.paste(try await newcomer.commands())
        #expect(enrolled.status == 0, "\(enrolled.errors) \(enrolled.text)")
        // The auditor ended last: it has the others' last words.
        let events = try await newcomer.events()
        #expect(events.filter { $0.type == .stopped }.map(\.source) == ["frontend-1", "signer"])
        #expect(try await again.stop() == 0)
    }

    @Test func noProcessOutlivesAKilledUp() async throws {
        let newcomer = try Newcomer()
        let up = try newcomer.start(["--listen", "127.0.0.1:0"])
        _ = try await newcomer.commands()
        #expect(
            try newcomer.processes().map(\.name).sorted() == ["estuary-auditor", "estuary-frontend", "estuary-signer"])
        try await up.killNow()
        try await wait("the cluster's processes have ended by themselves") { try newcomer.processes().isEmpty }
        // In good order: it starts again.
        let again = try newcomer.start([])
        _ = try await newcomer.commands()
        #expect(try await again.stop() == 0)
    }
}
