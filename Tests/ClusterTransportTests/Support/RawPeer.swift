internal import CZeroMQ
internal import Foundation

@testable internal import ClusterTransport

/// A bare DEALER socket in a context of its own, to send what no honest client sends.
final class RawPeer {
    private let context: ZeroMQContext
    let socket: ZeroMQSocket
    let monitor: SocketMonitor

    init(endpoint: String, security: ConnectionConfiguration.Security) throws {
        context = try ZeroMQContext()
        socket = try ZeroMQSocket(context, type: ZMQ_DEALER)
        try socket.set(ZMQ_LINGER, 0)
        if case .curve(let own, let server) = security {
            try socket.setCurveClient(own, server: server)
        }
        monitor = try SocketMonitor(context, watching: socket)
        try socket.connect(endpoint)
    }

    func close() {
        monitor.close()
        socket.close()
        context.terminate()
    }

    func send(_ frames: [[UInt8]]) {
        for (index, frame) in frames.enumerated() {
            _ = socket.send(frame, more: index < frames.count - 1)
        }
    }

    /// The next message, if one comes in time.
    func receive(within limit: Duration = .seconds(10)) async throws -> WireFrame? {
        guard try await eventually(within: limit, { try socket.receive() }) else { return nil }
        return try? WireFrame(socket.frame)
    }

    /// Whether the event comes in time.
    func sees(_ event: SocketMonitor.Event, within limit: Duration = .seconds(10)) async throws -> Bool {
        try await eventually(within: limit) {
            while let next = try monitor.next() {
                if next == event { return true }
            }
            return false
        }
    }

    /// The bytes of a frame.
    static func frame(
        _ name: String, _ body: [UInt8] = [], callID: UInt64 = 1, kind: WireFrame.Kind = .call, budget: UInt32 = 10_000
    ) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: WireFrame.length(name: name, body: body))
        bytes.withUnsafeMutableBytes {
            WireFrame.write(
                kind: kind, callID: callID, budgetMilliseconds: budget, name: name, body: body, into: $0)
        }
        return bytes
    }

    /// The bytes of a frame with a request in it.
    static func frame<R: RemoteRequest>(_ request: R, callID: UInt64 = 1, budget: UInt32 = 10_000) -> [UInt8] {
        // It fails on nothing that a test's requests hold.
        frame(R.method, (try? CBOR.encode(request)) ?? [], callID: callID, budget: budget)
    }
}
