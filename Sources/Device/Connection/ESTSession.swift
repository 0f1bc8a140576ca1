internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// Requests that belong together, over one connection where the server keeps it open, over several where not.
///
/// Redirections are followed on the same server only (RFC 7030 §3.2.1): another one would have to be trusted anew, which
/// is for a person to decide.
final class ESTSession {
    private let client: ESTClient
    private let context: NIOSSLContext
    private var connection: ESTConnection?

    /// A server that redirects more often than this goes in circles.
    private static let maximumRedirections = 5

    /// - Throws: ``DeviceError`` where the client's own certificates can't be used.
    init(_ client: ESTClient) throws {
        self.client = client
        context = try client.tls.context()
    }

    /// Makes a session, and closes its connection behind the body.
    static func with<Result>(
        _ client: ESTClient, _ body: (ESTSession) async throws -> Result
    ) async throws -> Result {
        let session = try ESTSession(client)
        do {
            let result = try await body(session)
            await session.connection?.close()
            return result
        } catch {
            await session.connection?.close()
            throw error
        }
    }

    /// Makes a request, and follows redirections.
    ///
    /// - Parameter make: makes the request for the connection that it will go over: its channel binding is that one's.
    func perform(
        _ operation: String, _ make: (ESTConnection, _ path: String) throws -> ESTRequest
    ) async throws -> ESTResponse {
        var path = client.server.path(operation)
        for _ in 0...Self.maximumRedirections {
            let connection = try await open()
            let request = try make(connection, path)
            let answer = try await connection.perform(request)
            guard let next = try redirection(of: answer, to: request) else { return answer }
            path = next
        }
        throw DeviceError(.badAnswer, "The server redirects without end.")
    }

    private func open() async throws -> ESTConnection {
        if let connection, connection.isOpen { return connection }
        await connection?.close()
        let new = try await ESTConnection.connect(
            to: client.server, context: context, on: MultiThreadedEventLoopGroup.singleton.next(),
            timeout: .nanoseconds(Int64(client.timeout * 1_000_000_000)))
        connection = new
        return new
    }

    /// The path to ask at instead; nil for an answer that is no redirection.
    private func redirection(of answer: ESTResponse, to request: ESTRequest) throws -> String? {
        switch answer.status {
        case 301, 302, 307, 308: break
        // «See other» is where to look at the result with GET (RFC 9110 §15.4.4): not what EST means.
        case 303 where request.method == .GET: break
        default: return nil
        }
        guard let location = answer.headers.first(name: "Location"),
            let redirection = client.server.redirection(location, from: request.path)
        else { throw DeviceError(.badAnswer, "The server redirects without saying where to.", status: answer.status) }
        switch redirection {
        case .here(let path): return path
        case .elsewhere(let address):
            throw DeviceError(
                .refused,
                "The server redirects to \(address.visible), which is another server. Where that is the right one, "
                    + "name it as the server.", status: answer.status)
        }
    }
}
