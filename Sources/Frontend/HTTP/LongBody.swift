internal import NIOCore

/// The body of an answer that is too long to be written at once: it goes out in parts, as fast as the client reads.
///
/// What waits in a connection is bounded by a part and the channel's own buffer, however many clients fetch a long body
/// at once: the parts share their storage with whoever made the answer. Used on the connection's event loop only.
final class LongBody {
    /// Longer bodies are sent in parts of this size.
    static let partBytes = 64 * 1024

    private var rest: ByteBuffer
    private var isSending = false
    /// Held until everything has been written, so that a shutdown waits for it.
    private let inFlight: DrainState.Token?
    private let onSent: () -> Void

    init(_ body: ByteBuffer, inFlight: DrainState.Token?, onSent: @escaping () -> Void) {
        rest = body
        self.inFlight = inFlight
        self.onSent = onSent
    }

    /// Writes parts for as long as the channel takes them.
    func sendOn(context: ChannelHandlerContext, wrap: (ByteBuffer) -> NIOAny) {
        // A write may change the channel's writability, which leads here again: the loop goes on, one level deep.
        guard !isSending else { return }
        isSending = true
        defer { isSending = false }
        while rest.readableBytes > 0, context.channel.isWritable,
            let part = rest.readSlice(length: min(rest.readableBytes, Self.partBytes))
        {
            let written = context.writeAndFlush(wrap(part))
            if rest.readableBytes == 0 {
                let body = NIOLoopBound(self, eventLoop: context.eventLoop)
                written.whenSuccess { body.value.onSent() }
            }
        }
    }
}
