internal import NIOCore
internal import NIOPosix
internal import NIOSSL
package import SecureConnections

/// A client's connection, on which bytes are sent as they are and whole answers are read.
package final class TestConnection: Sendable {
    /// No test waits longer than this for bytes.
    private static let patience = TimeAmount.seconds(120)

    private let channel: any Channel
    private let inbox: Inbox
    /// As the client's side of TLS sees it.
    package let security: ConnectionSecurity?

    /// The connection's value for channel binding: tls-unique on TLS 1.2, the exporter on TLS 1.3.
    package var channelBinding: [UInt8]? { security?.binding }

    private init(channel: any Channel, inbox: Inbox, security: ConnectionSecurity?) {
        self.channel = channel
        self.inbox = inbox
        self.security = security
        channel.eventLoop.scheduleTask(in: Self.patience) {
            inbox.losePatience()
            channel.close(promise: nil)
        }
    }

    package static func plain(host: String = "127.0.0.1", port: Int) async throws -> TestConnection {
        let inbox = Inbox()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(InboxHandler(inbox))
                }
            }
            .connect(host: host, port: port).get()
        return TestConnection(channel: channel, inbox: inbox, security: nil)
    }

    package static func tls(
        host: String = "127.0.0.1", port: Int, serverName: String = "localhost", trusting trust: Trust,
        _ options: Options = .init()
    ) async throws -> TestConnection {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = try trust.roots
        configuration.minimumTLSVersion = options.minimum
        configuration.maximumTLSVersion = options.maximum
        configuration.applicationProtocols = options.protocols
        if let suites = options.cipherSuites { configuration.cipherSuites = suites }
        configuration.certificateChain = try options.chain.map {
            .certificate(try NIOSSLCertificate(bytes: Array($0), format: .der))
        }
        configuration.signingSignatureAlgorithms = [
            .ed25519, .ecdsaSecp256R1Sha256, .ecdsaSecp384R1Sha384, .ecdsaSecp521R1Sha512, .rsaPssRsaeSha256,
        ]
        if let key = options.keyPEM {
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem))
        }
        let context = try NIOSSLContext(configuration: configuration)
        let inbox = Inbox()
        let handshake = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: ConnectionSecurity.self)
        do {
            var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            if let source = options.sourceAddress {
                bootstrap = bootstrap.bind(to: try SocketAddress(ipAddress: source, port: 0))
            }
            let channel =
                try await bootstrap
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        if !options.preamble.isEmpty { try pipeline.addHandler(PreambleHandler(options.preamble)) }
                        try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: serverName))
                        try pipeline.addHandler(InboxHandler(inbox, handshake: handshake))
                    }
                }
                .connect(host: host, port: port).get()
            return TestConnection(channel: channel, inbox: inbox, security: try await handshake.futureResult.get())
        } catch {
            handshake.fail(error)
            throw error
        }
    }

    /// Sends bytes in one TLS record.
    package func send(_ text: String) async throws {
        try await channel.writeAndFlush(ByteBuffer(string: text))
    }

    /// Sends bytes in one TLS record.
    package func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    /// Sends each line, with its end, in a TLS record of its own.
    package func sendInLines(_ text: String) async throws {
        var line: [UInt8] = []
        for byte in text.utf8 {
            line.append(byte)
            if byte == UInt8(ascii: "\n") {
                try await send(line)
                line = []
            }
        }
        if !line.isEmpty { try await send(line) }
    }

    /// Takes nothing more from the socket.
    package func stopReading() async throws {
        try await channel.setOption(.autoRead, value: false).get()
    }

    package func startReading() async throws {
        try await channel.setOption(.autoRead, value: true).get()
    }

    /// Whether this end closed the connection, as nothing else had.
    package var isOutOfPatience: Bool { inbox.isOutOfPatience }

    /// Says that nothing more will be sent, and goes on reading.
    package func finishSending() async throws {
        try await channel.close(mode: .output)
    }

    package func close() async {
        try? await channel.close()
    }

    package func perform(_ request: TestHTTPRequest) async throws -> TestResponse {
        try await send(request.text)
        return try await response(toHead: request.method == "HEAD")
    }

    /// The next answer; `100 Continue` is one of its own.
    package func response(toHead: Bool = false) async throws -> TestResponse {
        while true {
            if let (response, length) = TestResponse.parse(inbox.bytes, toHead: toHead) {
                inbox.drop(length)
                return response
            }
            if try await !inbox.more() { throw ConnectionEnded(received: String(decoding: inbox.bytes, as: UTF8.self)) }
        }
    }

    /// What comes until the server closes.
    package func rest() async throws -> [UInt8] {
        while try await inbox.more() {}
        return inbox.bytes
    }
}

/// The server closed the connection before the answer was there.
package struct ConnectionEnded: Error {
    package var received: String
}

/// The server neither answered nor closed.
package struct PatienceRanOut: Error {}
