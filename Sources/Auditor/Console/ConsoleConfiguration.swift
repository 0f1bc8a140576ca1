package import ConfigurationFile

/// The console's part of the auditor's configuration, `console`. Every key is described in docs/configuration.md.
package struct ConsoleConfiguration: Sendable {
    package var listen: ListenAddress
    /// Names that a request's Host may have beside those of the loopback; whatever they are for a listener with TLS.
    package var hosts: [String]
    package var limits = ConsoleLimits()
    package var access: ConsoleAccessConfiguration

    /// - Parameter root: the mapping `console`.
    init(_ root: ConfigurationReader) throws {
        let text = try root.string("listen", default: "127.0.0.1:0")
        guard let listen = ListenAddress(text) else {
            throw root.error("listen", "host and port are needed here, such as 127.0.0.1:8480")
        }
        self.listen = listen
        hosts = try root.strings("hosts", default: []).map { $0.lowercased() }
        access = try ConsoleAccessConfiguration(root)
        limits = try ConsoleLimits(root.mapping("limits"))
        guard access.tls != nil || listen.isLoopback else {
            throw root.error(
                "listen",
                "\(listen) is not this machine's loopback, so the console needs TLS: add tls.certificate and tls.key"
                    + " beside it, or listen on 127.0.0.1")
        }
        guard access.needsSignIn || listen.isLoopback else {
            throw root.error(
                "listen",
                "\(listen) is not this machine's loopback, so operators have to sign in: add users (see `estuary audit"
                    + " user add`) or operator-ca")
        }
    }
}

/// What the console takes at most.
package struct ConsoleLimits: Sendable {
    package var connections = 256
    package var headerBytes = 16 << 10
    package var bodyBytes = 4 << 10
    package var idleTimeout = Duration.seconds(60)
    /// How long a reader may leave a piece of an answer lying.
    package var writeTimeout = Duration.seconds(30)
    package var requestTimeout = Duration.seconds(15)
    package var queries = 8
    package var streams = 32
    package var exports = 2

    init() {}

    /// - Parameter limits: the mapping `console.limits`.
    init(_ limits: ConfigurationReader?) throws {
        guard let limits else { return }
        connections = try limits.integer("connections", default: connections, in: 1...100_000)
        headerBytes = try limits.integer("header-bytes", default: headerBytes, in: 1024...1 << 20)
        bodyBytes = try limits.integer("body-bytes", default: bodyBytes, in: 1024...1 << 20)
        let times = Duration.milliseconds(100)...(.seconds(600))
        idleTimeout = try limits.duration("idle-timeout", default: idleTimeout, in: times)
        writeTimeout = try limits.duration("write-timeout", default: writeTimeout, in: times)
        requestTimeout = try limits.duration("request-timeout", default: requestTimeout, in: times)
        queries = try limits.integer("queries", default: queries, in: 1...1000)
        streams = try limits.integer("streams", default: streams, in: 0...10_000)
        exports = try limits.integer("exports", default: exports, in: 0...100)
    }
}

extension ListenAddress {
    /// Whether only this machine reaches it.
    var isLoopback: Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return host == "localhost" || host == "::1"
            || (parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil })
    }
}
