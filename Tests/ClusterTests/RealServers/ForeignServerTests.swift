internal import Foundation
internal import Testing

/// `estuary device` at an EST server that is not ours: TLS 1.2, answers that end with the connection or are chunked,
/// base64 in lines, chains in BER, waits and redirections.
@Suite struct ForeignServerTests {
    private func enroll(_ name: String) -> [String] { ["--subject", name] + ForeignServer.user }

    @Test func theFirstContactIsPinned() async throws {
        let server = try await ForeignServer.running()
        var device = try server.device()
        device.server = ["--server", server.address]
        let fingerprint = try await CommandRun.text([
            "openssl", "x509", "-in", server.root, "-noout", "-fingerprint", "-sha256",
        ]).split(separator: "=").last.map { $0.trimmingCharacters(in: .newlines) }
        let anchors = "\(device.path)/anchors.pem"
        let pinned = try await device.run(
            "cacerts", ["--fingerprint", #require(fingerprint), "--output", anchors], withFiles: false)
        try #require(pinned.status == 0, "\(pinned.errors)")
        let text = try device.text(anchors)
        #expect(try text.contains(certificate(server.root)) && text.contains(certificate(server.issuing)))

        // Another root, an intermediate certificate, no trust at all.
        for (name, said) in [("maker-root", "None of the server's"), ("issuing", "intermediate")] {
            let other = try await CommandRun.text([
                "openssl", "x509", "-in", "\(server.directory)/\(name).pem", "-noout", "-fingerprint", "-sha256",
            ]).split(separator: "=").last.map { $0.trimmingCharacters(in: .newlines) }
            let refused = try await device.run("cacerts", ["--fingerprint", #require(other)], withFiles: false)
            #expect(refused.status == 1 && refused.errors.contains(said) && refused.output.isEmpty)
        }
        let unknown = try await device.run("cacerts", withFiles: false)
        #expect(unknown.status == 1 && unknown.errors.contains("--fingerprint") && unknown.output.isEmpty)

        // What was fetched is what the other commands take.
        device.server += ["--trust-anchor", anchors]
        let plain = try await device.run("cacerts", withFiles: false)
        #expect(plain.status == 0 && plain.text == text)
        let cut = try await device.run("cacerts", ["--label", "cut"], withFiles: false)
        #expect(cut.status == 1 && cut.output.isEmpty)
    }

    private func certificate(_ path: String) throws -> String {
        try String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(in: .newlines)
    }

    @Test func aDeviceEnrollsRenewsAndRekeys() async throws {
        let server = try await ForeignServer.running()
        let device = try server.device()
        let nobody = try await device.run("enroll", ["--subject", "pump-1"])
        #expect(nobody.status == 1 && nobody.errors.contains("401: who are you?"))
        #expect(nobody.errors.contains("--secret-file"))

        let first = try await device.install(
            "enroll",
            enroll("/O=Other/CN=pump-1") + ["--dns", "a.example", "--ip", "10.1.2.3", "--uri", "urn:x:y", "--chain"],
            secret: ForeignServer.password)
        #expect(first.renewed && first.subject == "CN=pump-1,O=Other")
        try await device.expectGoodFiles(trustAnchor: server.root, untrusted: device.certificate)
        #expect(try device.text(device.certificate).components(separatedBy: "BEGIN CERTIFICATE").count == 3)
        let names = try await device.shown("-ext", "subjectAltName")
        #expect(names.contains("DNS:a.example, IP Address:10.1.2.3, URI:urn:x:y"))
        // It was told to wait, came again with the same key, and asked for csrattrs once.
        let log = try server.log().filter { $0.operation != "cacerts" }
        #expect(log.map(\.operation) == ["csrattrs", "simpleenroll", "csrattrs", "simpleenroll", "simpleenroll"])
        #expect(log.map(\.status) == [404, 401, 404, 202, 200] && Set(log.map(\.key)).count == 2)

        let again = try await device.run("enroll", enroll("pump-1"), secret: ForeignServer.password)
        #expect(again.status == 1 && again.errors.contains("estuary device renew"))

        let key = try device.text(device.key)
        let renewed = try await device.install("reenroll")
        #expect(renewed.serial != first.serial && renewed.subject == first.subject)
        #expect(try device.text(device.key) == key)
        #expect(try await device.shown("-ext", "subjectAltName") == names)
        try await device.expectGoodFiles(trustAnchor: server.root, untrusted: server.issuing)
        let rekeyed = try await device.install("renew", ["--new-key", "--key-type", "rsa2048"])
        #expect(rekeyed.serial != renewed.serial)
        #expect(try device.text(device.key) != key)
        #expect(try await device.keyKind().contains("2048 bit"))
        try await device.expectGoodFiles(trustAnchor: server.root, untrusted: server.issuing)
        #expect(
            try server.log().filter { $0.operation == "simplereenroll" }.map(\.client)
                == .init(repeating: "CN=pump-1,O=Other", count: 2))

        // With an RSA key in TLS, and not yet due.
        let notDue = try await device.run("renew", ["--if-needed"])
        #expect(notDue.status == 0 && notDue.text.hasPrefix("Nothing to do: "))
        try await device.install("reenroll")
    }

    @Test func csrattrsAreFollowed() async throws {
        let server = try await ForeignServer.running()
        for (label, said) in [
            ("attributes", "p384"), ("template", "CN (2.5.4.3)"), ("odd", "emailAddress"), ("empty", ""),
            ("unimplemented", ""), ("moved", ""),
        ] {
            let device = try server.device(label: label)
            let shown = try await device.run("csrattrs", withFiles: false)
            #expect(
                shown.status == 0 && (said.isEmpty ? shown.text.isEmpty : shown.text.contains(said)),
                "\(label): \(shown.text) \(shown.errors)")
            try await device.install("enroll", enroll("pump-\(label)"), secret: ForeignServer.password)
            try await device.expectGoodFiles(trustAnchor: server.root, untrusted: server.issuing)
            let asksForKey = ["attributes", "template", "odd"].contains(label)
            #expect(try await device.keyKind().contains(asksForKey ? "secp384r1" : "prime256v1"), "\(label)")
            let text = try await device.shown("-subject", "-nameopt", "RFC2253", "-ext", "keyUsage")
            #expect(text.contains("Digital Signature") == ["attributes", "template"].contains(label))
            #expect(text.contains("subject=CN=pump-\(label)\(label == "template" ? ",O=Other" : "")\n"), "\(text)")
        }
        // The server compares the binding with its own end of the connection.
        let unbound = try await server.device(label: "attributes").run(
            "enroll", enroll("pump-unbound") + ["--channel-binding", "never"], secret: ForeignServer.password)
        #expect(unbound.status == 1 && unbound.errors.contains("400: the channel binding"))
        let unasked = try await server.device(label: "attributes").run(
            "enroll", enroll("pump-unasked") + ["--no-csrattrs"], secret: ForeignServer.password)
        #expect(unasked.status == 1)
        try await server.device(label: "attributes").install(
            "enroll", enroll("pump-always") + ["--no-csrattrs", "--channel-binding", "always"],
            secret: ForeignServer.password)
    }

    @Test func aMakersCertificateEnrolls() async throws {
        let server = try await ForeignServer.running()
        let device = try server.device()
        try await device.install("enroll", ["--subject", "pump-2"] + server.maker)
        try await device.expectGoodFiles(trustAnchor: server.root, untrusted: server.issuing)
        #expect(try server.log().filter { $0.status == 200 }.map(\.client) == ["CN=serial-1,O=Maker"])
        // It renews with its own.
        try await device.install("reenroll")
        #expect(try server.log().last?.client == "CN=pump-2")
    }

    @Test func theServerMakesAKey() async throws {
        let server = try await ForeignServer.running()
        let device = try server.device()
        let made = try await device.install(
            "serverkeygen", enroll("pump-3") + ["--chain"], secret: ForeignServer.password)
        #expect(made.key == device.key && made.keyMessage == nil)
        try await device.expectGoodFiles(trustAnchor: server.root, untrusted: device.certificate)
        #expect(try await device.keyKind().contains("2048 bit"))
        let again = try await device.run("serverkeygen", enroll("pump-3"), secret: ForeignServer.password)
        #expect(again.status == 1 && again.errors.contains("--replace"))
        try await device.install("reenroll")
    }

    @Test func redirectionsStayOnTheServer() async throws {
        let server = try await ForeignServer.running()
        let away = try await server.device(label: "away").run(
            "enroll", enroll("pump-4"), secret: ForeignServer.password)
        #expect(away.status == 1 && away.errors.contains("https://est.invalid/.well-known/est/csrattrs"))
        let around = try await server.device(label: "around").run("cacerts", withFiles: false)
        #expect(around.status == 1 && around.errors.contains("without end"))
        #expect(try server.log().count { $0.label == "around" } == 6)
    }

    @Test func aWaitIsForAsLongAsIsSaid() async throws {
        let server = try await ForeignServer.running()
        // 503 with a date.
        let busy = try await server.device(label: "busy").run("cacerts", withFiles: false)
        #expect(busy.status == 0 && busy.errors.contains("503"))
        #expect(try server.log().map(\.status) == [503, 200])

        let broken = try await server.device(label: "broken").run("cacerts", ["--wait", "0"], withFiles: false)
        #expect(broken.status == 75 && broken.errors.contains("503"))
        // A day is too long; nothing waits.
        let patient = try await server.device(label: "patient").run(
            "enroll", enroll("pump-5"), secret: ForeignServer.password)
        #expect(patient.status == 75 && patient.errors.contains("86400 s"))

        // Now or later: the same command goes on with the same key.
        let device = try server.device()
        let pending = try await device.run(
            "enroll", enroll("pump-6") + ["--wait", "0"], secret: ForeignServer.password)
        #expect(pending.status == 75 && pending.errors.contains("waits for approval"))
        #expect(!FileManager.default.fileExists(atPath: device.certificate))
        try await device.install("enroll", enroll("pump-6") + ["--wait", "0"], secret: ForeignServer.password)
        let asked = try server.log().filter { $0.label == "plain" && $0.operation == "simpleenroll" }
        #expect(asked.map(\.status) == [202, 200] && asked[0].key == asked[1].key)
    }

    @Test func anEnrollmentThatWasKilledGoesOnWithItsKey() async throws {
        let server = try await ForeignServer.running()
        let device = try server.device(label: "silent")
        let killed = try ClusterProcess(
            name: "enroll", executable: "\(TestCluster.executables)/estuary",
            arguments: ["device", "enroll"] + device.server + [
                "--key", device.key, "--certificate", device.certificate,
            ] + enroll("pump-7"), environment: ["ESTUARY_SECRET": ForeignServer.password],
            log: "\(device.path)/output")
        // The server has it, and may have issued a certificate.
        try await wait("the request has arrived") { try server.log().contains { $0.operation == "simpleenroll" } }
        // Nobody else works on the same files meanwhile.
        let second = try await device.run("enroll", enroll("pump-7"), secret: ForeignServer.password)
        #expect(second.status == 1 && second.errors.contains("key.pem.lock"))
        try await killed.killNow()
        #expect(!FileManager.default.fileExists(atPath: device.certificate))

        try await device.install("enroll", enroll("pump-7"), secret: ForeignServer.password)
        let asked = try server.log().filter { $0.operation == "simpleenroll" }
        #expect(asked.map(\.status) == [0, 200] && asked[0].key == asked[1].key)
        try await device.expectGoodFiles(trustAnchor: server.root, untrusted: server.issuing)
    }

    @Test func whatIsWrongIsSaid() async throws {
        let server = try await ForeignServer.running()
        let device = try server.device()
        let cases: [(arguments: [String], status: Int32, said: String)] = [
            (["--subject", "a", "--server", "127.0.0.1:1", "--wait", "0"], 75, "can't be reached: connection refused"),
            (["--subject", "a", "--server", "localhost:1", "--wait", "0"], 75, "can't be reached: connection refused"),
            (
                ["--subject", "a", "--trust-anchor", "/nowhere.pem"], 1,
                "/nowhere.pem can't be read: there is no such file"
            ),
            (
                ["--subject", "a", "--trust-anchor", "\(server.directory)/maker-root.pem"], 1,
                "not signed by what this device"
            ),
            (["--subject", "a", "--label", "simpleenroll"], 64, "is an operation"),
            (["--subject", "a", "--secret-file", "/nowhere"], 1, "/nowhere can't be read"),
            (["--subject", "a", "--client-key", device.key], 64, "go together"),
            (
                ["--subject", "a"] + server.maker.prefix(3) + ["\(server.directory)/root.key"], 1,
                "is not for the key in"
            ),
            ([], 64, "needs a name"), (["--subject", "XX=a"], 64, "XX"), (["--ip", "10.0.0.300"], 64, "10.0.0.300"),
            (["--subject", "a", "--key-type", "dsa"], 64, "dsa"),
        ]
        for (arguments, status, said) in cases {
            let run = try await device.run("enroll", arguments)
            #expect(run.status == status && run.errors.contains(said), "\(arguments): \(run.status) \(run.errors)")
            #expect(run.output.isEmpty)
        }
        let nothing = try await device.run("renew", ["--if-needed"])
        #expect(nothing.status == 1 && nothing.errors.contains("estuary device enroll"))
    }
}
