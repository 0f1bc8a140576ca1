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
        // A stray line break after a request (H4) is no beginning of the next.
        let bytes = unwrapInboundIn(data).readableBytesView.drop { $0 == 0x0d || $0 == 0x0a }
        if !bytes.isEmpty {
            gate.bytesArrived(bytes)
        }
        context.fireChannelRead(data)
    }
}
