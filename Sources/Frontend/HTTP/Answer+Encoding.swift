internal import HTTPTypes
internal import NIOCore

extension Answer {
    /// How an answer is written on a connection.
    struct Framing: Equatable {
        /// Whether the connection goes on after this answer.
        var keepsAlive: Bool
        /// An HTTP/1.0 client takes a connection for closed unless it is told otherwise.
        var isHTTP10 = false
        /// An answer to HEAD has the length of the body, and no body.
        var omitsBody = false
    }

    /// Writes the whole answer into one buffer, so that it leaves in one TLS record.
    ///
    /// Always with `Content-Length`, except on 204 (RFC 9110 §8.6), and never chunked.
    func encode(into buffer: inout ByteBuffer, framing: Framing) {
        buffer.reserveCapacity(minimumWritableBytes: 512 + body.readableBytes)
        buffer.writeString("HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\n")
        buffer.writeString("Date: \(HTTPDate.now)\r\n")
        for field in headers where field.name != .contentLength && field.name != .connection {
            buffer.writeString("\(field.name.rawName): \(field.value)\r\n")
        }
        if status != .noContent {
            buffer.writeString("Content-Length: \(body.readableBytes)\r\n")
        }
        if !framing.keepsAlive {
            buffer.writeStaticString("Connection: close\r\n")
        } else if framing.isHTTP10 {
            buffer.writeStaticString("Connection: keep-alive\r\n")
        }
        buffer.writeStaticString("\r\n")
        if !framing.omitsBody && status != .noContent {
            buffer.writeImmutableBuffer(body)
        }
    }
}
