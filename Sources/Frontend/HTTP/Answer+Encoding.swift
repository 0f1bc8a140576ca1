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

    /// Writes the answer's head into a buffer, and its body too where that is short, so that it leaves in one TLS
    /// record.
    ///
    /// Always with `Content-Length`, except on 204 (RFC 9110 §8.6), and never chunked. On 304 it is the length that the
    /// body would have.
    ///
    /// - Returns: What is to be sent after the buffer: a long body.
    func encode(into buffer: inout ByteBuffer, framing: Framing) -> ByteBuffer? {
        let hasBody = !framing.omitsBody && status != .noContent && status != .notModified
        let isShort = body.readableBytes <= LongBody.partBytes
        buffer.reserveCapacity(minimumWritableBytes: 512 + (hasBody && isShort ? body.readableBytes : 0))
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
        guard hasBody else { return nil }
        guard isShort else { return body }
        buffer.writeImmutableBuffer(body)
        return nil
    }
}
