internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import Testing

@testable internal import estuary

@Suite struct OutputTests {
    @Test func alignsColumns() {
        var table = TextTable("NAME", "#USED", "STATE")
        table.add("a", "1/1000", "usable")
        table.add("a longer name", "7", "")
        #expect(
            table.render() == """
                NAME             USED  STATE
                a              1/1000  usable
                a longer name       7  -
                """)
    }

    @Test func theNextPageKeepsTheWidths() {
        var table = TextTable("A", "B")
        table.add("long cell", "1")
        _ = table.render()
        table.add("x", "2")
        #expect(table.render(withTitles: false) == "x          2")
    }

    @Test(arguments: ["a\u{1b}[31mb", "a\u{202e}b", "a\nb", "a\u{200b}b", "a\u{9b}b", "a\u{2028}b"])
    func noNameReachesTheTerminalAsMoreThanText(text: String) {
        #expect(PlainText.visible(text).unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
        #expect(PlainText.visible(text).contains("\u{fffd}"))
    }

    static let times: [(Int64, String)] = [
        (0, "now"), (1, "now"), (2, "in 2 s"), (-45, "45 s ago"), (119, "in 119 s"), (120, "in 2 min"),
        (-7199, "119 min ago"), (7200, "in 2 h"), (86_400 * 2 - 1, "in 47 h"), (86_400 * 13, "in 13 d"),
        (86_400 * 365 * 10, "in 10 y"),
    ]

    @Test(arguments: times) func saysHowFarOffATimeIs(distance: Int64, text: String) {
        #expect(TimeText.relative(1_800_000_000 + distance, now: 1_800_000_000) == text)
    }

    @Test func absoluteTimesAreRFC3339() {
        #expect(TimeText.absolute(1_800_000_000) == "2027-01-15T08:00:00Z")
    }

    @Test func jsonIsOneLineWithFieldsAsEventsWriteThem() throws {
        let node = NodeDescription(
            name: "frontend-1", role: .frontend, publicKeys: ["a/b"], labels: nil, hosts: ["localhost"], addedAt: 7)
        #expect(
            try JSONText.line(node)
                == #"{"added_at":7,"hosts":["localhost"],"name":"frontend-1","public_keys":["a/b"],"role":"frontend"}"#)
    }

    @Test(arguments: [
        ("plain/path-1.pem", "plain/path-1.pem"), ("with space", "'with space'"), ("it's", "'it'\\''s'"), ("", "''"),
        ("$HOME", "'$HOME'"),
    ])
    func quotesForAShell(text: String, quoted: String) {
        #expect(ShellText.quoted(text) == quoted)
    }

    #if os(Linux)
    @Test func outputThatIsLostIsAFailure() throws {
        let full = try FileHandle(forWritingTo: URL(fileURLWithPath: "/dev/full"))
        let failure = try #require(throws: Failure.self) {
            try Output.write("x\n", to: full.fileDescriptor)
        }
        #expect(failure.message.contains("No space left"))
    }
    #endif

    @Test func listsFollowTheirCursors() async throws {
        let listing = Listing<String>(json: true, limit: 5, table: TextTable("X"), empty: "none") { _, _ in }
        var asked: [String?] = []
        try await listing.print { cursor in
            asked.append(cursor)
            let start = Int(cursor ?? "0") ?? 0
            return Page(items: (start..<start + 3).map { "item \($0)" }, nextCursor: "\(start + 3)")
        }
        #expect(asked == [nil, "3"])
    }

    @Test func anEventIsOneLineOfPlainText() throws {
        var event = AuditEvent(.denied, time: Date(timeIntervalSince1970: 1_800_000_000))
        event.source = "frontend-1"
        event.label = "default"
        event.subject = "CN=evil\u{1b}[2J"
        event.reason = "profile-violation"
        event.reasonText = "no"
        #expect(
            EventPrinter.text(event)
                == "2027-01-15T08:00:00Z  denied          frontend-1   [default]  CN=evil\u{fffd}[2J  profile-violation: no"
        )
    }

    @Test func theStatusSaysPlainlyWhatIsNotReachable() {
        var report = StatusReport(now: 1_800_000_000)
        report.signerProblem = "The signer of /x is not running."
        report.auditor = AuditorStatus(
            version: "1", startedAt: 1_799_999_000, logSize: 3,
            sources: [
                .init(name: "frontend-1", run: "b", lastSequence: 2, lastStoredAt: 1_800_000_000, closed: false),
                .init(name: "frontend-1", run: "a", lastSequence: 1, lastStoredAt: 1_799_999_500, closed: false),
            ])
        #expect(!report.isHealthy)
        #expect(report.text.contains("signer   NOT REACHABLE"))
        #expect(report.text.contains("The signer of /x is not running."))
        let lines = report.text.split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix("frontend-1  b") && $0.hasSuffix("open") })
        #expect(lines.contains { $0.hasPrefix("frontend-1  a") && $0.hasSuffix("ENDED WITHOUT ITS CLOSING EVENT") })
    }

    @Test func aFrontendThatFellSilentIsNotReachable() {
        var report = StatusReport(now: 1_800_000_000)
        report.auditor = AuditorStatus(version: "1", startedAt: 0, logSize: 0, sources: [])
        func signer(lastSeen: Int64?, startedAt: Int64 = 1_799_990_000) -> SignerStatus {
            SignerStatus(
                version: "1", startedAt: startedAt, authorities: [], catalogueVersion: 1, configurationSHA256: "ab",
                inFlight: 0, outboxBacklog: 0, outboxLimit: 1000, lastSequence: 5, ledgerIncarnation: "x",
                auditorReachable: true, certificates: 1, devices: 1, approvalsWaiting: 0, memoryLocked: false,
                nodes: [
                    .init(
                        name: "frontend-1", role: .frontend, lastSeen: lastSeen,
                        report: NodeReport(
                            version: "1", startedAt: 1_799_990_000, running: 0, waiting: 0, eventBacklog: 0,
                            eventsDropped: 0, certificateNotAfter: nil, catalogueVersion: 1))
                ], witness: WitnessStatus(key: "w", size: 5, cosignedAt: 1_799_999_990, alarm: nil))
        }
        report.signer = signer(lastSeen: 1_799_999_999)
        #expect(report.isHealthy)
        #expect(report.text.contains("1 (devices: 1)"))
        report.signer = signer(lastSeen: 1_799_999_000)
        #expect(!report.isHealthy)
        #expect(report.text.contains("heard 16 min ago"))
        report.signer = signer(lastSeen: nil)
        #expect(!report.isHealthy)
        #expect(report.text.contains("never heard"))
        report.signer = signer(lastSeen: 1_799_999_999)
        report.signer?.witness.alarm = "The log went back."
        #expect(!report.isHealthy)
        #expect(report.text.contains("ALARM: The log went back."))
        // A signer that has just started hears its frontends within a second.
        report.signer = signer(lastSeen: nil, startedAt: 1_799_999_999)
        #expect(report.isHealthy)
        #expect(report.text.contains("frontend-1  awaited"))
    }
}
