internal import Foundation
internal import LogVerification
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import Synchronization

/// A log that a server serves: one request after another, over one connection.
final class HTTPLog: TiledLog {
    /// How to prove to the server who asks, and whom to believe.
    struct Access {
        /// PEM files.
        var trustAnchors: String?
        var certificate: String?
        var key: String?
    }

    private let host: String
    private let port: Int
    private let prefix: String
    private let tls: NIOSSLContext?
    private let channel = Mutex<(any Channel)?>(nil)

    /// - Throws: ``Failure`` where the address is none, or a file can't be read.
    init(_ text: String, access: Access) throws {
        guard let url = URLComponents(string: text), let host = url.host, !host.isEmpty,
            url.scheme == "http" || url.scheme == "https", url.query == nil
        else { throw Failure("«\(text)» is no address like https://audit.example.com:8480.") }
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        port = url.port ?? (url.scheme == "https" ? 443 : 80)
        prefix = url.path.hasSuffix("/") ? url.path : url.path + "/"
        guard url.scheme == "https" else {
            tls = nil
            return
        }
        do {
            var configuration = TLSConfiguration.makeClientConfiguration()
            if let file = access.trustAnchors { configuration.trustRoots = .file(file) }
            if let file = access.certificate {
                configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(file).map { .certificate($0) }
                configuration.privateKey = .privateKey(
                    try NIOSSLPrivateKey(file: access.key ?? file, format: .pem))
            }
            tls = try NIOSSLContext(configuration: configuration)
        } catch {
            throw Failure("The files for TLS can't be used: \(error)")
        }
    }

    func read(_ path: String) async throws -> [UInt8]? {
        // A connection that the server has closed meanwhile is no answer: once more, over a new one.
        for isLast in [false, true] {
            do {
                let (status, body) = try await request(prefix + path)
                switch status {
                case 200: return body
                case 404: return nil
                case 401, 403:
                    throw VerificationError(
                        "The server wants to know who asks for \(path): give a certificate with --cert and --cert-key.")
                default:
                    throw VerificationError("The server answers \(status) for \(path).")
                }
            } catch let error as VerificationError {
                throw error
            } catch  where !isLast && takeChannel() != nil {
                continue
            } catch {
                throw VerificationError("\(host):\(port) can't be read from: \(error)")
            }
        }
        return nil
    }

    private func takeChannel() -> (any Channel)? {
        channel.withLock { channel in
            defer { channel = nil }
            return channel
        }
    }

    private func request(_ path: String) async throws -> (Int, [UInt8]) {
        var open = channel.withLock { $0 }
        if open?.isActive != true {
            let new = try await connect()
            channel.withLock { $0 = new }
            open = new
        }
        guard let open else { return (0, []) }
        let promise = open.eventLoop.makePromise(of: (Int, [UInt8]).self)
        let deadline = open.eventLoop.scheduleTask(in: .seconds(30)) {
            promise.fail(VerificationError("The server did not answer in time."))
        }
        defer { deadline.cancel() }
        open.writeAndFlush(
            HTTPLogHandler.Exchange(
                path: path, host: "\(host.contains(":") ? "[\(host)]" : host):\(port)", promise: promise),
            promise: nil)
        return try await promise.futureResult.get()
    }

    private func connect() async throws -> any Channel {
        let (tls, host) = (tls, host)
        let isAddress = (try? SocketAddress(ipAddress: host, port: port)) != nil
        return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(10))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls {
                        try pipeline.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: isAddress ? nil : host))
                    }
                    try pipeline.addHTTPClientHandlers()
                    try pipeline.addHandler(HTTPLogHandler())
                }
            }
            .connect(host: host, port: port).get()
    }
}

/// Makes one request at a time, and gathers its answer.
private final class HTTPLogHandler: ChannelDuplexHandler {
    struct Exchange: Sendable {
        var path: String
        var host: String
        var promise: EventLoopPromise<(Int, [UInt8])>
    }

    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = Exchange
    typealias OutboundOut = HTTPClientRequestPart

    /// No file of a log is larger: a bundle of 256 entries of 64 KiB.
    private static let maximumBytes = 256 * 65_537

    private var promise: EventLoopPromise<(Int, [UInt8])>?
    private var status = 0
    private var body: [UInt8] = []

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let exchange = unwrapOutboundIn(data)
        guard context.channel.isActive, self.promise == nil else {
            exchange.promise.fail(ChannelError.ioOnClosedChannel)
            return
        }
        self.promise = exchange.promise
        (status, body) = (0, [])
        let head = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: exchange.path,
            headers: ["Host": exchange.host, "User-Agent": "estuary"])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.end(nil)), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): status = Int(head.status.code)
        case .body(let buffer):
            guard body.count + buffer.readableBytes <= Self.maximumBytes else {
                fail(VerificationError("The server's answer is too large."), context)
                return
            }
            body += buffer.readableBytesView
        case .end:
            promise?.succeed((status, body))
            promise = nil
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(error, context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(ChannelError.ioOnClosedChannel, context)
    }

    private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
        promise?.fail(error)
        promise = nil
        context.close(promise: nil)
    }
}
