package import Foundation

/// A request as a client writes it.
package struct TestHTTPRequest: Sendable {
    package var method = "GET"
    package var path: String
    package var version = "HTTP/1.1"
    package var headers: [(String, String)] = [("Host", "localhost")]
    package var body: String?

    package init(
        method: String = "GET", path: String, version: String = "HTTP/1.1",
        headers: [(String, String)] = [("Host", "localhost")], body: String? = nil
    ) {
        self.method = method
        self.path = path
        self.version = version
        self.headers = headers
        self.body = body
    }

    package static func get(_ path: String, headers: [(String, String)] = []) -> TestHTTPRequest {
        var request = TestHTTPRequest(path: path)
        request.headers += headers
        return request
    }

    /// An enrollment with a secret, or without one.
    package static func enroll(
        _ request: Data, label: String? = nil, operation: String = "simpleenroll", secret: String? = "right-secret",
        headers: [(String, String)] = []
    ) -> TestHTTPRequest {
        var result = TestHTTPRequest(
            method: "POST", path: "/.well-known/est/" + (label.map { $0 + "/" } ?? "") + operation)
        result.headers.append(("Content-Type", "application/pkcs10"))
        if let secret {
            result.headers.append(("Authorization", "Basic " + Data("device:\(secret)".utf8).base64EncodedString()))
        }
        result.headers += headers
        result.body = request.base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed]) + "\n"
        return result
    }

    package func with(_ name: String, _ value: String?) -> TestHTTPRequest {
        var result = self
        result.headers.removeAll { $0.0.lowercased() == name.lowercased() }
        if let value { result.headers.append((name, value)) }
        return result
    }

    package var text: String {
        var text = "\(method) \(path) \(version)\r\n"
        for (name, value) in headers {
            text += "\(name): \(value)\r\n"
        }
        if let body, !headers.contains(where: { $0.0 == "Transfer-Encoding" }) {
            text += "Content-Length: \(body.utf8.count)\r\n"
        }
        return text + "\r\n" + (body ?? "")
    }
}
