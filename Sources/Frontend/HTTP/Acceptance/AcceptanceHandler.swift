internal import NIOCore

/// Stands before the acceptor in the listening channel and holds its reads while the limit is reached.
final class AcceptanceHandler: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never

    private let limit: AcceptanceLimit
    private var isHeld = false

    init(_ limit: AcceptanceLimit) {
        self.limit = limit
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let limit = limit
        let channel = unwrapInboundIn(data)
        let id = ObjectIdentifier(channel)
        limit.opened(id)
        channel.closeFuture.whenComplete { _ in limit.closed(id) }
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        guard !isHeld else { return }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        let resume: @Sendable () -> Void = {
            let (handler, context) = bound.value
            guard handler.isHeld else { return }
            handler.isHeld = false
            handler.read(context: context)
        }
        if limit.mayAccept(otherwise: { eventLoop.execute(resume) }) {
            context.read()
        } else {
            isHeld = true
            // Time alone may make room, too: for a handshake whose client is silent, a connection that gets nothing done.
            eventLoop.scheduleTask(in: AcceptanceLimit.pause, resume)
        }
    }
}

/// Holds a connection's first bytes back until there is a place for its handshake, and closes it where it has to go.
///
/// Before the TLS handler: to go takes no goodbye.
final class ConnectionPlaceHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let place: ConnectionPlace
    private var mayPass = false
    private var held: [ByteBuffer] = []
    private var readIsHeld = false

    init(_ place: ConnectionPlace) {
        self.place = place
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        place.control(
            by: AcceptanceLimit.Control(
                grant: {
                    eventLoop.execute {
                        let (handler, context) = bound.value
                        handler.pass(context)
                    }
                },
                close: { eventLoop.execute { bound.value.1.close(promise: nil) } }))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !place.isReleased else {
            context.fireChannelRead(data)
            return
        }
        if mayPass {
            _ = place.heard()
            context.fireChannelRead(data)
        } else if held.isEmpty, place.heard() {
            mayPass = true
            context.fireChannelRead(data)
        } else {
            held.append(unwrapInboundIn(data))
            if held.count == 1 { lookAgain(context) }
        }
    }

    /// What one look at the socket brings is all that is kept.
    func read(context: ChannelHandlerContext) {
        if held.isEmpty { context.read() } else { readIsHeld = true }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        mayPass = true
        held = []
    }

    /// A place whose client is silent is given back by nobody.
    private func lookAgain(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: AcceptanceLimit.pause) {
            let (handler, context) = bound.value
            guard !handler.mayPass else { return }
            handler.place.settle()
            handler.lookAgain(context)
        }
    }

    private func pass(_ context: ChannelHandlerContext) {
        guard !mayPass else { return }
        mayPass = true
        let bytes = held
        held = []
        for buffer in bytes { context.fireChannelRead(wrapInboundOut(buffer)) }
        context.fireChannelReadComplete()
        if readIsHeld {
            readIsHeld = false
            context.read()
        }
    }
}
