package import ConfigurationFile
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// Asks a process's operations listener whether it is well: for containers, in whose images there is no HTTP client.
package enum HealthQuestion {
    private static let limit = TimeAmount.seconds(3)
    /// More than any answer has.
    private static let maximumBytes = 4096

    /// - Parameters:
    ///   - address: where the process listens by its configuration.
    ///   - live: whether it answers at all (`/healthz`), not whether it can do its work (`/readyz`).
    /// - Returns: one line.
    /// - Throws: ``NotHealthy``
    package static func ask(_ address: ListenAddress, live: Bool) async throws -> String {
        guard address.port != 0 else {
            throw NotHealthy(
                "operations.listen names no fixed port, so nobody knows where to ask: set it to host:port, such as"
                    + " 127.0.0.1:9101.")
        }
        let path = live ? "/healthz" : "/readyz"
        let (status, text) = try await get(path, at: address)
        let line = text.split(separator: "\n").joined(separator: "; ")
        guard status == 200 else {
            throw NotHealthy("http://\(address)\(path) answered \(status): \(line)")
        }
        return line
    }

    private static func get(_ path: String, at address: ListenAddress) async throws -> (UInt, String) {
        let group = MultiThreadedEventLoopGroup.singleton
        let answer = group.any().makePromise(of: (UInt, String).self)
        // Everything takes no longer than this together.
        let timeout = answer.futureResult.eventLoop.scheduleTask(in: limit) {
            answer.fail(NotHealthy("http://\(address)\(path) did not answer within 3 seconds."))
        }
        // Who listens on every address is reached on the loopback.
        let host = address.host == "0.0.0.0" ? "127.0.0.1" : address.host == "::" ? "::1" : address.host
        let connecting = ClientBootstrap(group: answer.futureResult.eventLoop).connectTimeout(limit)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(
                        HealthAnswerHandler(answer: answer, maximumBytes: maximumBytes))
                }
            }.connect(host: host, port: address.port)
        connecting.whenSuccess { channel in
            let head = HTTPRequestHead(
                version: .http1_1, method: .GET, uri: path,
                headers: ["Host": "\(address)", "Connection": "close"])
            channel.write(HTTPClientRequestPart.head(head), promise: nil)
            channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
        }
        connecting.whenFailure { error in
            let reason = (error as? NIOConnectionError)?.connectionErrors.first.map { "\($0.error)" } ?? "\(error)"
            answer.fail(NotHealthy("Nothing answers at \(address): \(reason)."))
        }
        let result = await Result { () async throws -> (UInt, String) in try await answer.futureResult.get() }
        timeout.cancel()
        connecting.whenSuccess { $0.close(promise: nil) }
        return try result.get()
    }
}

/// Why a process is not well, in one sentence.
package struct NotHealthy: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Collects one answer.
private final class HealthAnswerHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let answer: EventLoopPromise<(UInt, String)>
    private let maximumBytes: Int
    private var status: UInt?
    private var text = ""

    init(answer: EventLoopPromise<(UInt, String)>, maximumBytes: Int) {
        self.answer = answer
        self.maximumBytes = maximumBytes
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): status = head.status.code
        case .body(let part): text += String(buffer: part).prefix(maximumBytes - min(maximumBytes, text.utf8.count))
        case .end:
            answer.succeed((status ?? 0, text))
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        answer.fail(NotHealthy("The answer can't be read: \(error)"))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        answer.fail(NotHealthy("The connection was closed before an answer came."))
        context.fireChannelInactive()
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
