internal import Foundation

/// A request as a client writes it.
struct TestHTTPRequest: Sendable {
    var method = "GET"
    var path: String
    var version = "HTTP/1.1"
    var headers: [(String, String)] = [("Host", "localhost")]
    var body: String?

    static func get(_ path: String, headers: [(String, String)] = []) -> TestHTTPRequest {
        var request = TestHTTPRequest(path: path)
        request.headers += headers
        return request
    }

    /// An enrollment with a secret, or without one.
    static func enroll(
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

    func with(_ name: String, _ value: String?) -> TestHTTPRequest {
        var result = self
        result.headers.removeAll { $0.0.lowercased() == name.lowercased() }
        if let value { result.headers.append((name, value)) }
        return result
    }

    var text: String {
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

/// An answer as it came.
struct TestResponse: Sendable, Equatable {
    var status: Int
    var headers: [String: [String]]
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    func header(_ name: String) -> String? {
        headers[name.lowercased()]?.first
    }

    /// Whether everything but the time is the same.
    func isLike(_ other: TestResponse) -> Bool {
        var mine = self
        var others = other
        mine.headers["date"] = nil
        others.headers["date"] = nil
        return mine == others
    }

    /// The first whole answer in the bytes, and how many it takes. Only with Content-Length, or without a body.
    static func parse(_ bytes: [UInt8], toHead: Bool) -> (TestResponse, Int)? {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        guard let status = lines[0].split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { return nil }
        var headers: [String: [String]] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased(), default: []].append(
                line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces))
        }
        let hasBody = status >= 200 && status != 204 && !toHead
        let length = hasBody ? headers["content-length"]?.first.flatMap { Int($0) } ?? 0 : 0
        guard bytes.count >= end.upperBound + length else { return nil }
        let body = Array(bytes[end.upperBound..<(end.upperBound + length)])
        return (TestResponse(status: status, headers: headers, body: body), end.upperBound + length)
    }
}
