package import NIOCore
internal import NIOHTTP1
internal import NIOPosix
package import NIOSSL
internal import NIOTLS
internal import SecureConnections

/// A TLS connection to an EST server, on which one request at a time is made (RFC 7030 §3.2, §3.3).
package final class ESTConnection: Sendable {
    private let channel: any Channel
    private let server: ESTServer
    private let timeout: TimeAmount

    /// tls-unique on TLS 1.2, the exporter of RFC 9266 on TLS 1.3; nil where the connection has none.
    package let channelBinding: [UInt8]?

    private init(channel: any Channel, server: ESTServer, timeout: TimeAmount, channelBinding: [UInt8]?) {
        self.channelBinding = channelBinding
        self.channel = channel
        self.server = server
        self.timeout = timeout
    }

    /// Connects, and completes the TLS handshake.
    ///
    /// - Parameters:
    ///   - timeout: for the connection and handshake together, and again for each request.
    /// - Throws: ``DeviceError`` that says what is wrong with the server's certificate, or that it can't be reached.
    package static func connect(
        to server: ESTServer, context: NIOSSLContext, on eventLoop: any EventLoop, timeout: TimeAmount = .seconds(20)
    ) async throws -> ESTConnection {
        let ready = eventLoop.makePromise(of: ConnectionSecurity.self)
        let isAddress = (try? SocketAddress(ipAddress: server.host, port: server.port)) != nil
        let deadline = eventLoop.scheduleTask(in: timeout) {
            ready.fail(DeviceError(.unreachable, "\(server.host) did not complete the TLS handshake in time."))
        }
        defer { deadline.cancel() }
        do {
            let channel = try await ClientBootstrap(group: eventLoop)
                .connectTimeout(timeout)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        // For an address the handler compares the certificate with the peer's own.
                        try pipeline.addHandler(
                            NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : server.host))
                        try pipeline.addHTTPClientHandlers()
                        try pipeline.addHandler(ESTExchangeHandler(ready: ready))
                    }
                }
                .connect(host: server.host, port: server.port).get()
            do {
                let security = try await ready.futureResult.get()
                return ESTConnection(
                    channel: channel, server: server, timeout: timeout, channelBinding: security.binding)
            } catch {
                channel.close(promise: nil)
                throw error
            }
        } catch {
            ready.fail(error)
            throw DeviceError(connecting: error, to: server)
        }
    }

    /// Whether another request can be made.
    package var isOpen: Bool { channel.isActive }

    /// Makes a request and reads the answer to its end.
    ///
    /// - Throws: ``DeviceError``, `unreachable`, where the connection ends or nothing comes in time: whether the request
    ///   had an effect is not known then.
    package func perform(_ request: ESTRequest) async throws -> ESTResponse {
        let promise = channel.eventLoop.makePromise(of: ESTResponse.self)
        var request = request
        request.headers.replaceOrAdd(name: "Host", value: server.authority)
        let deadline = channel.eventLoop.scheduleTask(in: timeout) { [channel, server] in
            promise.fail(DeviceError(.unreachable, "\(server.host) did not answer in time."))
            channel.close(promise: nil)
        }
        defer { deadline.cancel() }
        channel.writeAndFlush(ESTExchangeHandler.Exchange(request: request, promise: promise), promise: nil)
        do {
            return try await promise.futureResult.get()
        } catch {
            throw DeviceError(connecting: error, to: server)
        }
    }

    package func close() async {
        // It may be closed already; then there is nothing to do.
        try? await channel.close()
    }
}
