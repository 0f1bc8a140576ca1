internal import ArgumentParser
internal import ClusterProtocol
internal import ClusterTransport
internal import ConfigurationFile
internal import Foundation
internal import Testing

@testable internal import estuary

@Suite struct CommandTests {
    private func parse<Command: ParsableCommand>(_ line: String, as type: Command.Type = Command.self) throws -> Command
    {
        try #require(try EstuaryCommand.parseAsRoot(line.split(separator: " ").map(String.init)) as? Command)
    }

    @Test func tokenCreate() throws {
        let plain: TokenCreate = try parse("token create")
        #expect(plain.label == "default" && plain.uses == 1 && plain.lifetime == Lifetime(seconds: 604_800))
        #expect(plain.state.path == "./estuary-state")
        let full: TokenCreate = try parse(
            "token create --state /x --label pumps --name a --name b --uses 3 --ttl 12h --json")
        #expect(full.names == ["a", "b"] && full.uses == 3 && full.lifetime.seconds == 43_200 && full.output.json)
        let bulk: TokenCreate = try parse("token create --from names.csv --output secrets.csv")
        #expect(bulk.list == "names.csv" && bulk.outputFile == "secrets.csv")
    }

    @Test func kek() throws {
        let add: KeyEncryptionKeyAdd = try parse(
            "kek add hex:00ff --key-file k --label pumps --device-name a --device-name b")
        #expect(add.name == "hex:00ff" && add.keyFile == "k" && add.label == "pumps" && add.names == ["a", "b"])
        let remove: KeyEncryptionKeyRemove = try parse("kek remove hex:00ff --json")
        #expect(remove.name == "hex:00ff" && remove.output.json)
    }

    @Test func keyFilesHaveBytesOrDigits() {
        let key = Data((0..<32).map { UInt8($0) })
        let digits = key.map { String(format: "%02x", $0) }.joined()
        #expect(KeyFile.key(in: key) == key)
        #expect(KeyFile.key(in: Data((digits + "\n").utf8)) == key)
        #expect(KeyFile.key(in: Data(digits.uppercased().utf8)) == key)
        for text in ["", String(digits.dropLast(2)), digits + "00", "+" + digits.dropFirst()] {
            #expect(KeyFile.key(in: Data(text.utf8)) == nil)
        }
    }

    @Test func certificateRevoke() throws {
        let command: CertificateRevoke = try parse("certificate revoke 00:AB --only --reason keycompromise")
        #expect(command.serial == "00:AB" && command.only && command.reason == .keyCompromise)
        let standard: CertificateRevoke = try parse("certificate revoke 00ab")
        #expect(!standard.only && standard.reason == .unspecified)
        let many: CertificateRevoke = try parse("certificate revoke --node frontend-2 --since 2h --json")
        #expect(many.serial == nil && many.node == "frontend-2" && many.since != nil && many.output.json)
    }

    @Test func deviceList() throws {
        let command: DeviceList = try parse("device list --not-renewed --expires-within 14d --label pumps")
        #expect(command.notRenewed && command.expiresWithin?.seconds == 14 * 86_400 && command.label == "pumps")
    }

    @Test func nodeAdd() throws {
        let command: NodeAdd = try parse(
            "node add frontend-4 --role frontend --hosts est.example.com,10.0.0.4 --labels a,b --directory /srv/f4")
        #expect(command.hosts.words == ["est.example.com", "10.0.0.4"] && command.labels?.words == ["a", "b"])
        #expect(command.role == .frontend && command.directory == "/srv/f4")
    }

    @Test func auditList() throws {
        let command: AuditList = try parse(
            "audit list --type issued --label l --serial 0a --source signer --decision allowed --name n --principal p --since 2026-01-31 --until 2026-02-01T12:00:00Z --json --follow"
        )
        #expect(command.follow && command.output.json)
        let filter = command.filter
        #expect(filter.type == "issued" && filter.decision == "allowed" && filter.principal == "p")
        #expect(filter.since == "2026-01-31T00:00:00.000Z" && filter.until == "2026-02-01T12:00:00.000Z")
    }

    @Test func upAndInit() throws {
        let up: Up = try parse("up --state s --listen 0.0.0.0:9443 --frontends 3")
        #expect(up.cluster.listen == "0.0.0.0:9443" && up.cluster.frontends == 3)
        let initialise: Init = try parse("init --hosts a.example.com,b.example.com --root-passphrase-file p")
        #expect(initialise.cluster.hosts?.words == ["a.example.com", "b.example.com"])
        #expect(initialise.cluster.rootPassphraseFile == "p")
    }

    @Test(arguments: [
        "token create --uses 0", "token create --ttl soon", "token create --ttl 0s",
        "token create --name a --from names.csv", "token create --output x", "token revoke", "token list --limit 0",
        "certificate revoke 00 --reason because", "certificate revoke", "certificate revoke --node frontend-1",
        "certificate revoke --since 2h", "certificate revoke 00 --node frontend-1 --since 2h",
        "certificate show", "node add frontend-4",
        "node add frontend-4 --hosts a", "node add frontend-4 --hosts a --key k --directory d",
        "node add ../x --hosts a --key k", "node add frontend-4 --hosts a, --key k", "audit list --type invented",
        "audit list --decision maybe", "audit list --since lately", "up --frontends 0", "up --frontends 65",
        "up --listen 8443", "up --listen 127.0.0.1:65535 --frontends 2", "init --listen host:port",
        "init --listen *:8443",
        "status --metrics --json",
        "unknown",
    ])
    func refusesWhatMakesNoSense(line: String) {
        #expect(throws: (any Error).self) {
            try EstuaryCommand.parseAsRoot(line.split(separator: " ").map(String.init))
        }
    }

    @Test func everyCommandExplainsItself() {
        func check(_ command: any ParsableCommand.Type) {
            #expect(!command.configuration.abstract.isEmpty, "\(command)")
            for sub in command.configuration.subcommands
                + command.configuration.groupedSubcommands.flatMap(\.subcommands)
            {
                check(sub)
            }
        }
        check(EstuaryCommand.self)
    }

    @Test func timesMayBeSoLongAgo() throws {
        let now = Date(timeIntervalSince1970: 1_800_000_000)
        #expect(TimeArgument("2h", now: now)?.secondsSince1970 == 1_799_992_800)
        #expect(TimeArgument("2027-01-15T08:00:00Z", now: now)?.secondsSince1970 == 1_800_000_000)
        #expect(TimeArgument("2027-01-15T08:00:00.500Z", now: now)?.rfc3339 == "2027-01-15T08:00:00.500Z")
        #expect(TimeArgument("2027-01-15", now: now)?.secondsSince1970 == 1_799_971_200)
        #expect(TimeArgument("lately", now: now) == nil)
    }

    @Test(arguments: [
        ("127.0.0.1:8443", "127.0.0.1", 8443), ("[::1]:1", "::1", 1), ("localhost:0", "localhost", 0),
    ])
    func readsListenAddresses(text: String, host: String, port: Int) throws {
        let address = try ListenAddress.parse(text)
        #expect(address == ListenAddress(host: host, port: port))
        #expect(address.description == text)
    }

    @Test(arguments: ["", "8443", ":8443", "127.0.0.1:", "127.0.0.1:99999", "::1:80", "a b:1", "127.0.0.1:-1", "*:1"])
    func refusesWhatIsNoListenAddress(text: String) {
        #expect(throws: Failure.self) { try ListenAddress.parse(text) }
    }
}
