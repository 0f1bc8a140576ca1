package import ClusterTransport
package import ConfigurationFile
package import Crypto
internal import Foundation
package import Logging
internal import NIOCore
package import Observability
internal import OperationsHTTP
package import PKI

/// What a frontend is told by its configuration file; every value has the file's default.
///
/// | key | type | default |
/// |---|---|---|
/// | `name` | text | required; as registered at the signer |
/// | `listen` | host:port | required |
/// | `curve-key` | path | `curve.key` |
/// | `catalogue` | path | `catalogue.json`; of the second signer and on, `catalogue-2.json` … |
/// | `signers` | list of `endpoint` (tcp://…), `key` (Z85), `catalogue-key` (base64) | required |
/// | `auditor` | `endpoint`, `key` | required |
/// | `tls.key`, `tls.certificate` | path | `tls.key`, `tls-chain.pem` |
/// | `tls.minimum-version`, `tls.maximum-version` | 1.2 or 1.3 | 1.2, 1.3 |
/// | `plain-http.listen`, `plain-http.…` | host:port, see ``PlainHTTP`` | none |
/// | `proxy-protocol.from`, `proxy-protocol.header-timeout` | list of addresses and networks, duration | none, 5s |
/// | `operations.listen` | host:port | 127.0.0.1:0, a port that the system chooses |
/// | `log.level`, `log.format` | swift-log's levels; automatic, json, text | info, automatic |
/// | `limits.…` | see ``Limits`` | |
package struct FrontendConfiguration: Sendable {
    package struct Signer: Sendable {
        package var endpoint: String
        package var key: CurvePublicKey
        package var catalogueKey: Curve25519.Signing.PublicKey

        package init(endpoint: String, key: CurvePublicKey, catalogueKey: Curve25519.Signing.PublicKey) {
            self.endpoint = endpoint
            self.key = key
            self.catalogueKey = catalogueKey
        }
    }

    package struct Auditor: Sendable {
        package var endpoint: String
        package var key: CurvePublicKey

        package init(endpoint: String, key: CurvePublicKey) {
            self.endpoint = endpoint
            self.key = key
        }
    }

    /// The listener without TLS, for CRLs and OCSP alone.
    package struct PlainHTTP: Sendable {
        package var listen: ListenAddress
        /// `connections`: open connections at once; beyond it accepting stops. 1024
        package var connections = 1024
        /// `idle-timeout`, `head-timeout`, `body-timeout`: as under `limits`. 15s, 10s, 15s
        package var idleTimeout = Duration.seconds(15)
        package var headTimeout = Duration.seconds(10)
        package var bodyTimeout = Duration.seconds(15)

        package init(listen: ListenAddress) {
            self.listen = listen
        }
    }

    /// The PROXY protocol, version 2, on the listener for devices.
    package struct ProxyProtocol: Sendable {
        /// `from`: the load balancers' addresses and networks. Every connection has to come from one of them.
        package var from: [IPNetwork]
        /// `header-timeout`: 5s
        package var headerTimeout = Duration.seconds(5)

        package init(from: [IPNetwork]) {
            self.from = from
        }
    }

    /// The bounds; each is a key under `limits`, in kebab case.
    package struct Limits: Sendable {
        /// `threads`: event loops. As many as there are cores.
        package var threads = System.coreCount
        /// `connections`: open connections at once; beyond it accepting stops. 8192, and less where the system allows
        /// fewer open files.
        package var connections = 8192
        /// `handshakes`: TLS handshakes in progress at once; beyond it accepting stops. 64 a core.
        package var handshakes = 64 * System.coreCount
        /// `handshake-timeout`: 10s
        package var handshakeTimeout = Duration.seconds(10)
        /// `idle-timeout`: how long a connection may do nothing between requests. 15s
        package var idleTimeout = Duration.seconds(15)
        /// `head-timeout`: from the first byte of a request to the end of its head. 10s
        package var headTimeout = Duration.seconds(10)
        /// `body-timeout`: from the end of the head to the end of the body. 15s
        package var bodyTimeout = Duration.seconds(15)
        /// `head-bytes`: 16384
        package var headBytes = 16 * 1024
        /// `body-bytes`: 65536
        package var bodyBytes = 64 * 1024
        /// `drain-bytes`: how much of a refused body is read and thrown away before the connection is closed. 262144
        package var drainBytes = 256 * 1024
        /// `enrollments-running`: how many requests for certificates run at once. 256
        package var enrollmentsRunning = 256
        /// `enrollments-waiting`: how many wait for that. 1024
        package var enrollmentsWaiting = 1024
        /// `enrollment-patience`: who has waited longer than this for a place is sent away. 5s
        package var enrollmentPatience = Duration.seconds(5)
        /// `authentication-failures`: how often an address (IPv6: a /64) may fail to authenticate before its failing
        /// requests get 429. 100
        package var authenticationFailures = 100
        /// `authentication-failure-window`: the time in which an address gets all of that back. 60s
        package var authenticationFailureWindow = Duration.seconds(60)
        /// `failing-addresses`: of how many addresses that is remembered. 10000
        package var failingAddresses = 10_000
        /// `suspects-running`: past the limit, how many secrets the signer is asked about at once. 8
        package var suspectsRunning = 8
        /// `suspects-waiting`: how many wait for that. 8192, as many as there are connections
        package var suspectsWaiting = 8192
        /// `call-timeout`: the budget of a call to the signer. 8s
        package var callTimeout = Duration.seconds(8)
        /// `events`: how many audit events are kept for the auditor. 10000
        package var events = 10_000
        /// `event-bytes`: how many bytes of them. 16777216
        package var eventBytes = 16 << 20
        /// `revocation-list-bytes`: the longest CRL that is taken. 67108864
        package var revocationListBytes = 64 << 20
        /// `status-request-bytes`: the longest OCSP request. 4096
        package var statusRequestBytes = 4096
        /// `status-answers`: how many OCSP responses are kept. 100000
        package var statusAnswers = 100_000
        /// `status-calls`: how many OCSP responses are asked of a signer at once; past that: tryLater. 16
        package var statusCalls = 16
        /// `cache-age`: how long caches along the way may keep a CRL or an OCSP response. 5m
        package var cacheAge = Duration.seconds(300)
        /// `shutdown-timeout`: how long requests in flight may take at a shutdown. 10s
        package var shutdownTimeout = Duration.seconds(10)

        package init() {}
    }

    package var name: String
    package var listen: ListenAddress
    package var curveKeyPath = "curve.key"
    package var cataloguePath = "catalogue.json"
    package var signers: [Signer] = []
    package var auditor: Auditor?
    package var tlsKeyPath = "tls.key"
    package var tlsCertificatePath = "tls-chain.pem"
    package var minimumTLSVersion = TLSVersionName.tls12
    package var maximumTLSVersion = TLSVersionName.tls13
    /// nil: there is no such listener.
    package var plainHTTP: PlainHTTP?
    /// nil: it is switched off.
    package var proxyProtocol: ProxyProtocol?
    package var operationsListen = OperationsServer.standardAddress
    package var logLevel = Logger.Level.info
    package var logFormat = LogFormat.automatic
    package var limits = Limits()
    /// How often it is asked whether the TLS certificate is to be renewed. Not in the file.
    var certificateCheckInterval = Duration.seconds(30)

    package init(name: String, listen: ListenAddress) {
        self.name = name
        self.listen = listen
    }

    /// Where the catalogue of the signer at that place in the list is kept.
    func cataloguePath(ofSigner index: Int) -> String {
        guard index > 0 else { return cataloguePath }
        let url = URL(fileURLWithPath: cataloguePath)
        let name = "\(url.deletingPathExtension().lastPathComponent)-\(index + 1)"
        return url.deletingLastPathComponent().appendingPathComponent(name)
            .appendingPathExtension(url.pathExtension).path
    }

    /// The folder in which the CRLs of the signer at that place in the list are kept: beside its catalogue.
    func revocationListFolder(ofSigner index: Int) -> String {
        let name = index > 0 ? "revocation-lists-\(index + 1)" : "revocation-lists"
        return URL(fileURLWithPath: cataloguePath).deletingLastPathComponent().appendingPathComponent(name).path
    }
}
