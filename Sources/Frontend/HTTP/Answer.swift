internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Synchronization

/// What a client gets: a status, header fields and a whole body.
struct Answer: Sendable, Equatable {
    var status: HTTPResponse.Status
    var headers: HTTPFields
    var body: ByteBuffer

    init(_ status: HTTPResponse.Status, headers: HTTPFields = [:], body: ByteBuffer = ByteBuffer()) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

extension Answer: ResponseGenerator {
    func response(from request: Request, context: some RequestContext) throws -> Response {
        Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
    }

    /// The answer that a router's response holds.
    init(_ response: Response) async throws {
        let collected = CollectedBody()
        try await response.body.write(CollectingWriter(collected: collected))
        self.init(response.status, headers: response.headers, body: collected.buffer.withLock { $0 })
    }
}

private final class CollectedBody: Sendable {
    let buffer = Mutex(ByteBuffer())
}

/// Takes the body that a response would stream; the routes here only have whole ones.
private struct CollectingWriter: ResponseBodyWriter {
    let collected: CollectedBody

    mutating func write(_ buffer: ByteBuffer) async throws {
        collected.buffer.withLock { collected in
            if collected.readableBytes == 0 {
                collected = buffer
            } else {
                collected.writeImmutableBuffer(buffer)
            }
        }
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
