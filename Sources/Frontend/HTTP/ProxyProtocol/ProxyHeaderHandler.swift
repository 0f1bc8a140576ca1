internal import NIOCore
internal import PKI

/// Reads the PROXY protocol's header before anything else of a connection, and closes what has none or may have none.
///
/// Where it is switched on every connection must begin with one: otherwise whoever reaches the listener by another way
/// would choose its own address.
final class ProxyHeaderHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private enum State {
        case reading
        case passing
        case closed
    }

    private let trusted: TrustedProxies
    private let origin: ConnectionOrigin
    private let onOutcome: @Sendable (ProxyOutcome) -> Void
    private var state = State.reading
    private var collected = ByteBuffer()
    private var timeout: Scheduled<Void>?

    init(trusted: TrustedProxies, origin: ConnectionOrigin, onOutcome: @escaping @Sendable (ProxyOutcome) -> Void) {
        self.trusted = trusted
        self.origin = origin
        self.onOutcome = onOutcome
    }

    func channelActive(context: ChannelHandlerContext) {
        guard trusted.contains(context.remoteAddress) else {
            end(.untrusted, context)
            return
        }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timeout = context.eventLoop.scheduleTask(in: trusted.headerTimeout) {
            let (handler, context) = bound.value
            handler.end(.incomplete, context)
        }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .passing: context.fireChannelRead(data)
        case .closed: break
        case .reading:
            var bytes = unwrapInboundIn(data)
            collected.writeBuffer(&bytes)
            readHeader(context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if state == .reading {
            end(.incomplete, context)
        }
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timeout?.cancel()
    }

    private func readHeader(_ context: ChannelHandlerContext) {
        do {
            // Short of a whole header there are never more bytes than the longest one has.
            guard let header = try ProxyHeader.read(collected.readableBytesView) else { return }
            collected.moveReaderIndex(forwardBy: header.length)
            switch header.source {
            case .connection: onOutcome(.local)
            case .address(let address):
                origin.address = address.description
                onOutcome(.accepted)
            }
        } catch {
            end(.malformed, context)
            return
        }
        state = .passing
        timeout?.cancel()
        let rest = collected
        collected = ByteBuffer()
        if rest.readableBytes > 0 {
            context.fireChannelRead(wrapInboundOut(rest))
        }
    }

    private func end(_ outcome: ProxyOutcome, _ context: ChannelHandlerContext) {
        guard state == .reading else { return }
        state = .closed
        timeout?.cancel()
        collected = ByteBuffer()
        onOutcome(outcome)
        context.close(promise: nil)
    }
}
