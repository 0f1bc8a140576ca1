package import NIOCore
package import NIOHTTP1

/// One request to an EST server.
package struct ESTRequest: Sendable {
    package var method: HTTPMethod
    package var path: String
    package var headers: HTTPHeaders
    package var body: ByteBuffer?

    package init(method: HTTPMethod, path: String, headers: HTTPHeaders = [:], body: ByteBuffer? = nil) {
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
    }
}

/// An answer, read to its end.
package struct ESTResponse: Sendable {
    package var status: Int
    package var headers: HTTPHeaders
    package var body: ByteBuffer

    package init(status: Int, headers: HTTPHeaders, body: ByteBuffer) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
