internal import NIOCore

/// Tells the gate that bytes of a request came in, which the HTTP codec keeps to itself until a head is complete.
///
/// The deadline of a head starts with its first byte, not with its last.
final class ByteArrivalHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let gate: RequestGateHandler

    init(gate: RequestGateHandler) {
        self.gate = gate
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        gate.bytesArrived(unwrapInboundIn(data).readableBytesView)
        context.fireChannelRead(data)
        gate.bytesPassed()
    }
}
