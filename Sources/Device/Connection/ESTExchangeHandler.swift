internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
internal import NIOTLS
internal import SecureConnections

/// Writes one request at a time, and collects the answer's parts.
final class ESTExchangeHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = Exchange
    typealias OutboundOut = HTTPClientRequestPart

    struct Exchange: Sendable {
        var request: ESTRequest
        var promise: EventLoopPromise<ESTResponse>
    }

    /// A larger answer is refused: the chains and lists of any EST server are far smaller.
    private static let maximumBodyBytes = 1 << 20

    private var ready: EventLoopPromise<ConnectionSecurity>?
    private var current: Exchange?
    private var head: HTTPResponseHead?
    private var body = ByteBuffer()

    /// - Parameter ready: fulfilled at the end of the TLS handshake.
    init(ready: EventLoopPromise<ConnectionSecurity>) {
        self.ready = ready
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event {
            let security = Result {
                try ConnectionSecurity(
                    of: context.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self))
            }
            ready?.completeWith(security)
            ready = nil
        }
        context.fireUserInboundEventTriggered(event)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let exchange = unwrapOutboundIn(data)
        guard current == nil, context.channel.isActive else {
            exchange.promise.fail(
                current == nil
                    ? ChannelError.ioOnClosedChannel
                    : DeviceError(.unexpected, "Two requests were made at once on one connection."))
            promise?.succeed()
            return
        }
        current = exchange
        head = nil
        body.clear()
        var headers = exchange.request.headers
        if let content = exchange.request.body {
            headers.replaceOrAdd(name: "Content-Length", value: String(content.readableBytes))
        }
        let request = HTTPRequestHead(
            version: .http1_1, method: exchange.request.method, uri: exchange.request.path, headers: headers)
        context.write(wrapOutboundOut(.head(request)), promise: nil)
        if let content = exchange.request.body {
            context.write(wrapOutboundOut(.body(.byteBuffer(content))), promise: nil)
        }
        context.write(wrapOutboundOut(.end(nil)), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body.clear()
        case .body(var part):
            guard body.readableBytes + part.readableBytes <= Self.maximumBodyBytes else {
                fail(DeviceError(.badAnswer, "The server's answer is larger than any of EST."))
                context.close(promise: nil)
                return
            }
            body.writeBuffer(&part)
        case .end:
            guard let head, let exchange = current else { return }
            // `100 Continue` and the like come before the answer.
            guard !(100..<200).contains(head.status.code) else { return }
            current = nil
            self.head = nil
            if !head.isKeepAlive {
                context.close(promise: nil)
            }
            exchange.promise.succeed(
                ESTResponse(status: Int(head.status.code), headers: head.headers, body: body))
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Many servers end a connection without TLS's farewell. An answer that ends with the connection is complete all
        // the same where its content is: DER and base64 tell. The end itself follows.
        if ready == nil, case NIOSSLError.uncleanShutdown = error { return }
        fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(ChannelError.eof)
        context.fireChannelInactive()
    }

    private func fail(_ error: any Error) {
        ready?.fail(error)
        ready = nil
        current?.promise.fail(error)
        current = nil
    }
}
