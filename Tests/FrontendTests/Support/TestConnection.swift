internal import Foundation
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import NIOTLS
internal import SwiftASN1
internal import Synchronization
internal import X509

@testable internal import Frontend

/// A client's connection, on which bytes are sent as they are and whole answers are read.
final class TestConnection: Sendable {
    struct Options: Sendable {
        var minimum = TLSVersion.tlsv12
        var maximum = TLSVersion.tlsv13
        var protocols: [String] = []
        var certificate: [Certificate] = []
        var key: Certificate.PrivateKey?

        init(certificate: [Certificate] = [], key: Certificate.PrivateKey? = nil) {
            self.certificate = certificate
            self.key = key
        }

        static func only(_ version: TLSVersion) -> Options {
            var options = Options()
            options.minimum = version
            options.maximum = version
            return options
        }
    }

    /// No test waits longer than this for bytes.
    private static let patience = TimeAmount.seconds(30)

    private let channel: any Channel
    private let inbox: Inbox
    /// As the client's side of TLS sees it.
    let security: ConnectionSecurity?

    private init(channel: any Channel, inbox: Inbox, security: ConnectionSecurity?) {
        self.channel = channel
        self.inbox = inbox
        self.security = security
        channel.eventLoop.scheduleTask(in: Self.patience) {
            inbox.losePatience()
            channel.close(promise: nil)
        }
    }

    static func plain(port: Int) async throws -> TestConnection {
        let inbox = Inbox()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(InboxHandler(inbox))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return TestConnection(channel: channel, inbox: inbox, security: nil)
    }

    static func tls(port: Int, trusting root: Certificate, _ options: Options) async throws -> TestConnection {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates([try NIOSSLCertificate(bytes: Array(root.der), format: .der)])
        configuration.minimumTLSVersion = options.minimum
        configuration.maximumTLSVersion = options.maximum
        configuration.applicationProtocols = options.protocols
        configuration.certificateChain = try options.certificate.map {
            .certificate(try NIOSSLCertificate(bytes: Array($0.der), format: .der))
        }
        configuration.signingSignatureAlgorithms = [
            .ed25519, .ecdsaSecp256R1Sha256, .ecdsaSecp384R1Sha384, .ecdsaSecp521R1Sha512, .rsaPssRsaeSha256,
        ]
        if let key = options.key {
            configuration.privateKey = .privateKey(
                try NIOSSLPrivateKey(bytes: Array(key.serializeAsPEM().pemString.utf8), format: .pem))
        }
        let context = try NIOSSLContext(configuration: configuration)
        let inbox = Inbox()
        let handshake = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: ConnectionSecurity.self)
        do {
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: "localhost"))
                        try pipeline.addHandler(InboxHandler(inbox, handshake: handshake))
                    }
                }
                .connect(host: "127.0.0.1", port: port).get()
            return TestConnection(channel: channel, inbox: inbox, security: try await handshake.futureResult.get())
        } catch {
            handshake.fail(error)
            throw error
        }
    }

    /// Sends bytes in one TLS record.
    func send(_ text: String) async throws {
        try await channel.writeAndFlush(ByteBuffer(string: text))
    }

    /// Takes nothing more from the socket.
    func stopReading() async throws {
        try await channel.setOption(.autoRead, value: false).get()
    }

    func startReading() async throws {
        try await channel.setOption(.autoRead, value: true).get()
    }

    /// Whether this end closed the connection, as nothing else had.
    var isOutOfPatience: Bool { inbox.isOutOfPatience }

    /// Says that nothing more will be sent, and goes on reading.
    func finishSending() async throws {
        try await channel.close(mode: .output)
    }

    func close() async {
        try? await channel.close()
    }

    func perform(_ request: TestHTTPRequest) async throws -> TestResponse {
        try await send(request.text)
        return try await response(toHead: request.method == "HEAD")
    }

    /// The next answer; `100 Continue` is one of its own.
    func response(toHead: Bool = false) async throws -> TestResponse {
        while true {
            if let (response, length) = TestResponse.parse(inbox.bytes, toHead: toHead) {
                inbox.drop(length)
                return response
            }
            if try await !inbox.more() { throw ConnectionEnded(received: String(decoding: inbox.bytes, as: UTF8.self)) }
        }
    }

    /// What comes until the server closes.
    func rest() async throws -> [UInt8] {
        while try await inbox.more() {}
        return inbox.bytes
    }
}

/// The server closed the connection before the answer was there.
struct ConnectionEnded: Error {
    var received: String
}

/// The server neither answered nor closed.
struct PatienceRanOut: Error {}

/// The bytes that came in and nobody has read.
private final class Inbox: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var isClosed = false
        var isOutOfPatience = false
        var waiter: CheckedContinuation<Void, Never>?
        var seen = 0
    }

    private let state = Mutex(State())

    var bytes: [UInt8] { state.withLock { $0.bytes } }
    var isOutOfPatience: Bool { state.withLock { $0.isOutOfPatience } }

    func drop(_ count: Int) {
        state.withLock { state in
            state.bytes.removeFirst(count)
            state.seen = 0
        }
    }

    /// Waits for more bytes; false at the end.
    ///
    /// - Throws: ``PatienceRanOut`` where it was not the server that made the end.
    func more() async throws -> Bool {
        await withCheckedContinuation { continuation in
            let goesOn = state.withLock { state in
                if state.bytes.count > state.seen || state.isClosed { return true }
                state.waiter = continuation
                return false
            }
            if goesOn { continuation.resume() }
        }
        return try state.withLock { state in
            defer { state.seen = state.bytes.count }
            if state.bytes.count > state.seen { return true }
            guard !state.isOutOfPatience else { throw PatienceRanOut() }
            return false
        }
    }

    func append(_ bytes: some Sequence<UInt8>) {
        wake { $0.bytes += bytes }
    }

    func close() {
        wake { $0.isClosed = true }
    }

    func losePatience() {
        wake { $0.isOutOfPatience = !$0.isClosed }
    }

    private func wake(_ change: (inout State) -> Void) {
        let waiter = state.withLock { state in
            change(&state)
            return exchange(&state.waiter, with: nil)
        }
        waiter?.resume()
    }
}

private final class InboxHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let inbox: Inbox
    private let handshake: EventLoopPromise<ConnectionSecurity>?

    init(_ inbox: Inbox, handshake: EventLoopPromise<ConnectionSecurity>? = nil) {
        self.inbox = inbox
        self.handshake = handshake
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted:
            do {
                let handler = try context.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self)
                handshake?.succeed(try ConnectionSecurity(of: handler))
            } catch {
                handshake?.fail(error)
            }
        case ChannelEvent.inputClosed:
            inbox.close()
        default:
            break
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        inbox.append(unwrapInboundIn(data).readableBytesView)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        handshake?.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        handshake?.fail(ChannelError.eof)
        inbox.close()
    }
}
