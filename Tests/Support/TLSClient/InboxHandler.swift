internal import NIOCore
internal import NIOSSL
internal import NIOTLS
internal import SecureConnections

/// Puts what a connection receives into its inbox, and tells when its handshake is done.
final class InboxHandler: ChannelInboundHandler {
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
