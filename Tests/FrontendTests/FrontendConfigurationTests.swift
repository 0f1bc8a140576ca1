internal import ConfigurationFile
internal import Crypto
internal import Foundation
internal import Logging
internal import Observability
internal import OperationsHTTP
internal import PKI
internal import Testing

@testable internal import Frontend

@Suite struct FrontendConfigurationTests {
    private static let key = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
    private static let catalogueKey = Curve25519.Signing.PrivateKey().publicKey.rawRepresentation.base64EncodedString()

    private static let minimal = """
        name: frontend-1
        listen: 127.0.0.1:8443
        signers:
          - endpoint: tcp://127.0.0.1:9001
            key: '\(key)'
            catalogue-key: \(catalogueKey)
        auditor:
          endpoint: tcp://127.0.0.1:9002
          key: '\(key)'

        """

    private func load(_ text: String) throws -> FrontendConfiguration {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "configuration.yaml")
        try Data(text.utf8).write(to: path)
        return try FrontendConfiguration.load(path: path.path)
    }

    @Test func whatIsNotSaidHasItsDefault() throws {
        let configuration = try load(Self.minimal)
        #expect(configuration.listen.description == "127.0.0.1:8443")
        #expect(configuration.signers.count == 1)
        #expect(configuration.signers[0].endpoint == "tcp://127.0.0.1:9001")
        #expect(configuration.tlsKeyPath.hasSuffix("/tls.key"))
        #expect(configuration.curveKeyPath.hasPrefix("/"))
        #expect(configuration.cataloguePath(ofSigner: 0).hasSuffix("/catalogue.json"))
        #expect(configuration.cataloguePath(ofSigner: 1).hasSuffix("/catalogue-2.json"))
        #expect(configuration.limits.idleTimeout == .seconds(15))
        #expect(configuration.minimumTLSVersion == .tls12)
        #expect(configuration.operationsListen.host == "127.0.0.1")
        #expect(configuration.plainHTTP == nil)
        #expect(configuration.limits.revocationListBytes == 64 << 20)
        #expect(configuration.limits.cacheAge == .seconds(300))
        #expect(configuration.revocationListFolder(ofSigner: 0).hasSuffix("/revocation-lists"))
        #expect(configuration.revocationListFolder(ofSigner: 1).hasSuffix("/revocation-lists-2"))
    }

    @Test func everyKeyIsRead() throws {
        let configuration = try load(
            Self.minimal + """
                catalogue: /tmp/c.json
                tls:
                  key: k.pem
                  minimum-version: 1.3
                operations:
                  listen: '[::1]:9464'
                log:
                  level: debug
                  format: json
                limits:
                  idle-timeout: 3s
                  body-bytes: 8192
                  enrollments-running: 7
                  revocation-list-bytes: 65536
                  status-request-bytes: 300
                  status-answers: 0
                  status-calls: 3
                  cache-age: 0s
                plain-http:
                  listen: 0.0.0.0:8080
                  connections: 5
                  idle-timeout: 1s
                  head-timeout: 2s
                  body-timeout: 4s

                """)
        #expect(configuration.cataloguePath == "/tmp/c.json")
        #expect(configuration.tlsKeyPath.hasSuffix("/k.pem"))
        #expect(configuration.minimumTLSVersion == .tls13)
        #expect(configuration.operationsListen.description == "[::1]:9464")
        #expect(configuration.logLevel == .debug)
        #expect(configuration.logFormat == .json)
        #expect(configuration.limits.idleTimeout == .seconds(3))
        #expect(configuration.limits.bodyBytes == 8192)
        #expect(configuration.limits.enrollmentsRunning == 7)
        #expect(configuration.limits.revocationListBytes == 65_536)
        #expect(configuration.limits.statusRequestBytes == 300)
        #expect(configuration.limits.statusAnswers == 0)
        #expect(configuration.limits.statusCalls == 3)
        #expect(configuration.limits.cacheAge == .zero)
        #expect(configuration.plainHTTP?.listen.description == "0.0.0.0:8080")
        #expect(configuration.plainHTTP?.connections == 5)
        #expect(configuration.plainHTTP?.idleTimeout == .seconds(1))
        #expect(configuration.plainHTTP?.headTimeout == .seconds(2))
        #expect(configuration.plainHTTP?.bodyTimeout == .seconds(4))
    }

    @Test(arguments: [
        ("surprise: 1\n", "surprise"),
        ("limits:\n  idle-timeout: 3 parsecs\n", "idle-timeout"),
        ("limits:\n  threads: 0\n", "threads"),
        ("tls:\n  minimum-version: 1.3\n  maximum-version: 1.2\n", "maximum-version"),
        ("tls:\n  minimum-version: 1.1\n", "minimum-version"),
        ("operations:\n  listen: nowhere\n", "listen"),
        ("operations:\n  listen: '*:9464'\n", "listen"),
        ("limits:\n  shutdown-timeout: 31s\n", "shutdown-timeout"),
        ("limits:\n  status-request-bytes: 20000\n", "status-request-bytes"),
        ("plain-http:\n  connections: 5\n", "listen"), ("plain-http:\n  listen: 8080\n", "listen"),
        ("plain-http:\n  listen: 127.0.0.1:1\n  threads: 1\n", "threads"),
        ("proxy-protocol:\n  header-timeout: 1s\n", "from"),
        ("proxy-protocol:\n  from: []\n", "nobody else is believed"),
        ("proxy-protocol:\n  from: [10.0.0.5, balancer]\n", "«balancer» is no address or network"),
        ("proxy-protocol:\n  from: [10.0.0.0/33]\n", "«10.0.0.0/33» is no address or network"),
        ("proxy-protocol:\n  from: ['::1/129']\n", "«::1/129» is no address or network"),
        ("proxy-protocol:\n  from: [10.0.0.5]\n  header-timeout: 0s\n", "header-timeout"),
        ("proxy-protocol:\n  from: [10.0.0.5]\n  version: 1\n", "version"),
    ])
    func whatMakesNoSenseIsRefusedWithItsPlace(text: String, key: String) {
        let error = #expect(throws: (any Error).self) { try load(Self.minimal + text) }
        let message = error.map { "\($0)" } ?? ""
        #expect(message.contains("configuration.yaml:"))
        #expect(message.contains(key))
    }

    @Test func loadBalancersAreAddressesAndNetworks() throws {
        #expect(try load(Self.minimal).proxyProtocol == nil)
        let proxy = try #require(
            try load(
                Self.minimal + """
                    proxy-protocol:
                      from: [10.0.0.5, 10.1.0.0/16, 'fd00::/8']
                      header-timeout: 700ms

                    """
            ).proxyProtocol)
        #expect(proxy.from == ["10.0.0.5/32", "10.1.0.0/16", "fd00::/8"].compactMap(IPNetwork.init))
        #expect(proxy.from.count == 3)
        #expect(proxy.headerTimeout == .milliseconds(700))
        let defaults = try #require(try load(Self.minimal + "proxy-protocol:\n  from: ['::1']\n").proxyProtocol)
        #expect(defaults.headerTimeout == .seconds(5))
    }

    @Test func aFrontendNeedsASignerAndAnAuditor() {
        #expect(throws: (any Error).self) { try load("name: f\nlisten: 127.0.0.1:1\n") }
        #expect(throws: (any Error).self) {
            try load(Self.minimal.replacingOccurrences(of: Self.catalogueKey, with: "AAAA"))
        }
    }
}
