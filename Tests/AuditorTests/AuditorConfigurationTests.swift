internal import ClusterTransport
internal import ConfigurationFile
internal import Foundation
internal import Logging
internal import Observability
internal import OperationsHTTP
internal import Testing

@testable internal import Auditor

@Suite struct AuditorConfigurationTests {
    private static let key = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"

    private func read(_ text: String) throws -> AuditorConfiguration {
        try AuditorConfiguration(
            ConfigurationReader(file: "/srv/auditor/configuration.yaml", contents: Array(text.utf8)))
    }

    @Test func hasDefaultsForAllButEndpointAndSigners() throws {
        let configuration = try read("endpoint: tcp://127.0.0.1:7021\nsigner-keys: ['\(Self.key)']\n")
        #expect(configuration.name == "auditor")
        #expect(configuration.curveKeyPath == "/srv/auditor/curve.key")
        #expect(configuration.storePath == "/srv/auditor/events.sqlite")
        #expect(configuration.administrationPath == "/srv/auditor/admin")
        #expect(configuration.operations.description == "127.0.0.1:0")
        #expect(configuration.waitingBytes == 32 << 20)
        #expect(configuration.shutdown == .seconds(15))
    }

    @Test func readsEveryKey() throws {
        let configuration = try read(
            """
            name: keeper
            endpoint: tcp://10.0.0.1:7021
            curve-key: keys/curve
            signer-keys: ['\(Self.key)']
            store: /var/lib/estuary/events.sqlite
            administration: run
            operations: {listen: '[::1]:9102'}
            limits: {waiting-requests: 5, waiting-megabytes: 2, shutdown: 3s}
            log: {level: debug, format: json}
            """)
        #expect(configuration.name == "keeper" && configuration.endpoint == "tcp://10.0.0.1:7021")
        #expect(configuration.curveKeyPath == "/srv/auditor/keys/curve")
        #expect(configuration.signerKeys.map(\.z85) == [Self.key])
        #expect(configuration.storePath == "/var/lib/estuary/events.sqlite")
        #expect(configuration.operations.description == "[::1]:9102")
        #expect(configuration.waitingRequests == 5 && configuration.waitingBytes == 2 << 20)
        #expect(configuration.shutdown == .seconds(3))
        #expect(configuration.logLevel == .debug && configuration.logFormat == .json)
    }

    static let wrong: [(String, String)] = [
        ("signer-keys: ['\(key)']", "endpoint"),
        ("endpoint: udp://x:1\nsigner-keys: ['\(key)']", "configuration.yaml:1: endpoint"),
        ("endpoint: tcp://127.0.0.1:1", "signer-keys"),
        ("endpoint: tcp://127.0.0.1:1\nsigner-keys: []", "signer-keys"),
        ("endpoint: tcp://127.0.0.1:1\nsigner-keys: [short]", "configuration.yaml:2: signer-keys[0]"),
        (
            "endpoint: tcp://127.0.0.1:1\nsigner-keys: ['\(key)']\nlimits: {waiting-requests: 0}",
            "limits.waiting-requests"
        ),
        ("endpoint: tcp://127.0.0.1:1\nsigner-keys: ['\(key)']\noperations: {listen: here}", "operations"),
        ("endpoint: tcp://127.0.0.1:1\nsigner-keys: ['\(key)']\nlimits: {shutdown: 31s}", "limits.shutdown"),
        ("endpoint: tcp://127.0.0.1:1\nsigner-keys: ['\(key)']\nlog: {level: loud}", "log.level"),
        ("endpoint: tcp://127.0.0.1:1\nsigner-keys: ['\(key)']\nstorage: x", "storage"),
    ]

    @Test(arguments: wrong) func refusesWhatIsWrongNamingTheKey(text: String, named: String) throws {
        let error = try #require(throws: ConfigurationError.self) { try read(text) }
        #expect(error.description.contains(named))
    }
}
