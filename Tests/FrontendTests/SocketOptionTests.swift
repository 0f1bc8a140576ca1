internal import ConfigurationFile
internal import HTTPTypes
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import TestTLSClient
internal import Testing

@testable internal import Frontend

/// What the listener sets on each connection (conformance H1).
@Suite struct SocketOptionTests {
    @Test func acceptedConnectionsSendWithoutDelay() async throws {
        let server = FrontendServer(
            settings: FrontendServer.Settings(
                address: ListenAddress(host: "127.0.0.1", port: 0), threads: 1, gate: RequestGate.Limits(),
                timeouts: ConnectionTimeouts(
                    handshake: .seconds(10), idle: .seconds(10), head: .seconds(10), body: .seconds(10)),
                drainTime: .seconds(1)),
            transport: .tls(CurrentIdentity(settings: TLSSettings())),
            limit: AcceptanceLimit(maximumHandshakes: 10, maximumConnections: 10), drain: DrainState(),
            responder: NoResponder(), logger: Logger(label: "test"), onListening: { _ in })
        let group = MultiThreadedEventLoopGroup.singleton
        let option = group.next().makePromise(of: SocketOptionValue.self)
        // The server's own options, and of what it does with a connection nothing.
        let listener = try await server.bootstrap(on: group)
            .childChannelInitializer { channel in
                channel.getOption(.tcpOption(.tcp_nodelay)).cascade(to: option)
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let connection = try await TestConnection.plain(port: listener.localAddress?.port ?? 0)
        // As the system has it: getsockopt.
        #expect(try await option.futureResult.get() != 0)
        await connection.close()
        try await listener.close()
    }
}

private struct NoResponder: RequestResponder {
    var isDraining: Bool { false }

    func plan(for head: HTTPRequest, connection: ClientConnection?) -> RequestPlan { RequestPlan(refusal: .notFound) }
    func respond(to request: ReceivedRequest) async -> Answer { ErrorResponse.notFound.answer }
    func completed(_ route: Route?, status: Int, duration: Duration?) {}
}
