internal import ClusterTransport
internal import ConfigurationFile
internal import Crypto
internal import Foundation
internal import Logging
internal import OperationsHTTP
internal import PKI

extension FrontendConfiguration {
    /// Reads a configuration file.
    ///
    /// - Throws: `ConfigurationError` that names file, line and what is allowed.
    package static func load(path: String) throws -> FrontendConfiguration {
        try read(ConfigurationReader.load(path: path))
    }

    /// Reads a whole file's keys.
    static func read(_ file: ConfigurationReader) throws -> FrontendConfiguration {
        var configuration = FrontendConfiguration(
            name: try file.string("name"), listen: try address(file, "listen"))
        configuration.curveKeyPath = try file.path("curve-key", default: "curve.key")
        configuration.cataloguePath = try file.path("catalogue", default: "catalogue.json")
        configuration.signers = try file.mappings("signers").map(signer)
        guard !configuration.signers.isEmpty else {
            throw file.error("signers", "at least one signer is needed")
        }
        guard let auditor = try file.mapping("auditor") else {
            throw file.error("auditor", "the auditor is needed: a mapping of endpoint and key")
        }
        configuration.auditor = Auditor(endpoint: try endpoint(auditor), key: try curveKey(auditor))
        try configuration.readTLS(file)
        if let plain = try file.mapping("plain-http") {
            configuration.plainHTTP = try plainHTTP(plain)
        }
        if let proxy = try file.mapping("proxy-protocol") {
            configuration.proxyProtocol = try proxyProtocol(proxy)
        }
        if let operations = try file.mapping("operations") {
            configuration.operationsListen = try address(
                operations, "listen", default: configuration.operationsListen)
        }
        if let log = try file.mapping("log") {
            configuration.logLevel = try log.choice("level", default: configuration.logLevel)
            configuration.logFormat = try log.choice("format", default: configuration.logFormat)
        }
        if let limits = try file.mapping("limits") {
            try configuration.limits.read(limits)
        }
        try file.finish()
        return configuration
    }

    private mutating func readTLS(_ file: ConfigurationReader) throws {
        // The paths start at the file's folder, also where the mapping is missing.
        tlsKeyPath = try file.sibling("tls.key")
        tlsCertificatePath = try file.sibling("tls-chain.pem")
        guard let tls = try file.mapping("tls") else { return }
        tlsKeyPath = try tls.path("key", default: "tls.key")
        tlsCertificatePath = try tls.path("certificate", default: "tls-chain.pem")
        minimumTLSVersion = try tls.choice("minimum-version", default: minimumTLSVersion)
        maximumTLSVersion = try tls.choice("maximum-version", default: maximumTLSVersion)
        guard minimumTLSVersion == .tls12 || maximumTLSVersion == .tls13 else {
            throw tls.error("maximum-version", "it is lower than minimum-version")
        }
    }

    private static func plainHTTP(_ file: ConfigurationReader) throws -> PlainHTTP {
        var plain = PlainHTTP(listen: try address(file, "listen"))
        plain.connections = try file.integer("connections", default: plain.connections, in: 1...1_000_000)
        plain.idleTimeout = try file.duration("idle-timeout", default: plain.idleTimeout, in: Limits.times)
        plain.headTimeout = try file.duration("head-timeout", default: plain.headTimeout, in: Limits.times)
        plain.bodyTimeout = try file.duration("body-timeout", default: plain.bodyTimeout, in: Limits.times)
        return plain
    }

    private static func proxyProtocol(_ file: ConfigurationReader) throws -> ProxyProtocol {
        let networks = try file.strings("from").enumerated().map { index, text in
            // An address is the network of itself.
            let network = IPAddress(text).flatMap { IPNetwork("\(text)/\(8 * $0.bytes.count)") } ?? IPNetwork(text)
            guard let network else {
                throw file.error(
                    "from", at: index, "«\(text)» is no address or network, such as 10.0.0.5, 10.0.0.0/8 or fd00::/8")
            }
            return network
        }
        guard !networks.isEmpty else {
            throw file.error("from", "the load balancers' addresses or networks are needed: nobody else is believed")
        }
        var proxy = ProxyProtocol(from: networks)
        proxy.headerTimeout = try file.duration("header-timeout", default: proxy.headerTimeout, in: Limits.times)
        return proxy
    }

    private static func signer(_ file: ConfigurationReader) throws -> Signer {
        let text = try file.string("catalogue-key")
        guard let bytes = Data(base64Encoded: text),
            let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes)
        else {
            throw file.error("catalogue-key", "this is no Ed25519 public key in base64 (44 characters)")
        }
        return Signer(endpoint: try endpoint(file), key: try curveKey(file), catalogueKey: key)
    }

    private static func endpoint(_ file: ConfigurationReader) throws -> String {
        let endpoint = try file.string("endpoint")
        guard endpoint.hasPrefix("tcp://"), ListenAddress(String(endpoint.dropFirst(6))) != nil else {
            throw file.error("endpoint", "«\(endpoint)» is not of the form tcp://host:port")
        }
        return endpoint
    }

    private static func curveKey(_ file: ConfigurationReader) throws -> CurvePublicKey {
        let text = try file.string("key")
        do {
            return try CurvePublicKey(z85: text)
        } catch {
            throw file.error("key", "this is no CURVE public key in Z85 (40 characters)")
        }
    }

    private static func address(
        _ file: ConfigurationReader, _ key: String, default standard: ListenAddress? = nil
    ) throws -> ListenAddress {
        let text = try file.string(key, default: standard?.description)
        guard let address = ListenAddress(text) else {
            throw file.error(key, "«\(text)» is not of the form host:port or [address]:port")
        }
        return address
    }
}

extension FrontendConfiguration.Limits {
    static let times: ClosedRange<Duration> = .milliseconds(100) ... .seconds(600)

    mutating func read(_ file: ConfigurationReader) throws {
        threads = try file.integer("threads", default: threads, in: 1...256)
        connections = try file.integer("connections", default: connections, in: 1...1_000_000)
        handshakes = try file.integer("handshakes", default: handshakes, in: 1...100_000)
        let times = Self.times
        handshakeTimeout = try file.duration("handshake-timeout", default: handshakeTimeout, in: times)
        idleTimeout = try file.duration("idle-timeout", default: idleTimeout, in: times)
        headTimeout = try file.duration("head-timeout", default: headTimeout, in: times)
        bodyTimeout = try file.duration("body-timeout", default: bodyTimeout, in: times)
        headBytes = try file.integer("head-bytes", default: headBytes, in: 1024...1_048_576)
        bodyBytes = try file.integer("body-bytes", default: bodyBytes, in: 4096...131_072)
        drainBytes = try file.integer("drain-bytes", default: drainBytes, in: 0...16_777_216)
        enrollmentsRunning = try file.integer("enrollments-running", default: enrollmentsRunning, in: 1...10_000)
        enrollmentsWaiting = try file.integer("enrollments-waiting", default: enrollmentsWaiting, in: 0...100_000)
        enrollmentPatience = try file.duration("enrollment-patience", default: enrollmentPatience, in: times)
        authenticationFailures = try file.integer(
            "authentication-failures", default: authenticationFailures, in: 1...1_000_000)
        authenticationFailureWindow = try file.duration(
            "authentication-failure-window", default: authenticationFailureWindow,
            in: .seconds(1) ... .seconds(86_400))
        failingAddresses = try file.integer("failing-addresses", default: failingAddresses, in: 1...1_000_000)
        suspectsRunning = try file.integer("suspects-running", default: suspectsRunning, in: 1...10_000)
        suspectsWaiting = try file.integer("suspects-waiting", default: suspectsWaiting, in: 0...100_000)
        callTimeout = try file.duration("call-timeout", default: callTimeout, in: times)
        events = try file.integer("events", default: events, in: 100...1_000_000)
        eventBytes = try file.integer("event-bytes", default: eventBytes, in: 1_048_576...1_073_741_824)
        revocationListBytes = try file.integer(
            "revocation-list-bytes", default: revocationListBytes, in: 65_536...1_073_741_824)
        statusRequestBytes = try file.integer("status-request-bytes", default: statusRequestBytes, in: 256...16_384)
        statusAnswers = try file.integer("status-answers", default: statusAnswers, in: 0...10_000_000)
        statusCalls = try file.integer("status-calls", default: statusCalls, in: 1...1000)
        cacheAge = try file.duration("cache-age", default: cacheAge, in: .zero ... .seconds(7 * 86_400))
        // `estuary up` kills a process that takes longer than its own limit, which is more than this.
        shutdownTimeout = try file.duration(
            "shutdown-timeout", default: shutdownTimeout, in: .milliseconds(100) ... .seconds(30))
    }
}

extension ConfigurationReader {
    /// The path of a file beside the configuration file.
    fileprivate func sibling(_ name: String) throws -> String {
        URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent(name).standardizedFileURL.path
    }
}
