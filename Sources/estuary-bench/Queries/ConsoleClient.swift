internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// Asks an auditor's console over HTTP, one question after another over one connection.
struct ConsoleClient {
    private static let patience = TimeAmount.seconds(30)

    private let channel: any Channel
    private let host: String

    /// Connects as soon as the console listens.
    ///
    /// - Parameter requireRunning: throws where there is no use in waiting.
    static func connect(
        port: Int, within limit: Duration = .seconds(60), requireRunning: () throws -> Void
    ) async throws -> ConsoleClient {
        let deadline = ContinuousClock.now + limit
        while true {
            do {
                let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .channelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHTTPClientHandlers()
                            try channel.pipeline.syncOperations.addHandler(ConsoleExchangeHandler())
                        }
                    }
                    .connect(host: "127.0.0.1", port: port).get()
                return ConsoleClient(channel: channel, host: "127.0.0.1:\(port)")
            } catch {
                try requireRunning()
                guard ContinuousClock.now < deadline else {
                    throw BenchFailure("The console can't be reached: \(error)")
                }
                try await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    /// - Throws: ``BenchFailure`` where the answer is an error, or none comes.
    func get(_ target: String) async throws -> [UInt8] {
        let promise = channel.eventLoop.makePromise(of: (UInt, [UInt8]).self)
        let deadline = channel.eventLoop.scheduleTask(in: Self.patience) {
            promise.fail(BenchFailure("no answer came in time"))
        }
        defer { deadline.cancel() }
        channel.writeAndFlush(
            ConsoleExchangeHandler.Exchange(target: target, host: host, promise: promise), promise: nil)
        do {
            let (status, body) = try await promise.futureResult.get()
            guard status == 200 else {
                throw BenchFailure("status \(status), \(String(decoding: body.prefix(300), as: UTF8.self))")
            }
            return body
        } catch {
            throw BenchFailure("The console does not answer \(target): \(error)")
        }
    }

    func close() async throws {
        try await channel.close().get()
    }
}

/// Makes one request at a time, and gathers its answer.
private final class ConsoleExchangeHandler: ChannelDuplexHandler {
    struct Exchange: Sendable {
        var target: String
        var host: String
        var promise: EventLoopPromise<(UInt, [UInt8])>
    }

    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = Exchange
    typealias OutboundOut = HTTPClientRequestPart

    /// More than any answer to these questions has.
    private static let maximumBytes = 16 << 20

    private var promise: EventLoopPromise<(UInt, [UInt8])>?
    private var status: UInt = 0
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
            version: .http1_1, method: .GET, uri: exchange.target, headers: ["Host": exchange.host])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.end(nil)), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): status = head.status.code
        case .body(let buffer):
            guard body.count + buffer.readableBytes <= Self.maximumBytes else {
                fail(BenchFailure("the answer is too large"), context)
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
