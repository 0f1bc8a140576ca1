internal import Foundation
internal import PKI
internal import TestRequests
internal import TestTLSClient
internal import Testing

/// H1 to H4: what an answer looks like, byte by byte.
@Suite struct AnswerTests {
    /// What an error must never show of the server's inside.
    private static let inside = [
        "/tmp", "/work", "/home", ".swift", "swift", "nio", "ssl", "hummingbird", "sqlite", "grdb", "zeromq", "zmq",
        "signer", "frontend-", "auditor", "fatal", "stack", "thread", "error(", "0x", "optional(", "nil", "127.0.0.1",
    ]

    private func expectWellFormed(_ response: TestResponse, _ what: String) {
        let length = response.headers["content-length"]
        if response.status == 204 {
            #expect(length == nil, "\(what)")
        } else {
            #expect(length == ["\(response.body.count)"], "\(what)")
        }
        #expect(response.header("Transfer-Encoding") == nil, "\(what)")
        #expect(response.headers["date"]?.count == 1, "\(what)")
        #expect(response.header("Server") == nil, "\(what)")
        guard response.status >= 400 else { return }
        let text = response.text.lowercased()
        for word in Self.inside { #expect(!text.contains(word), "\(what): \(response.text)") }
        guard !response.body.isEmpty else { return }
        #expect(response.header("Content-Type") == "text/plain; charset=utf-8", "\(what)")
        // One sentence, on one line.
        #expect(response.text.hasSuffix(".\n") && response.text.count { $0 == "\n" } == 1, "\(what): \(response.text)")
        #expect(response.text.first?.isUppercase == true || text.contains(": «"), "\(what): \(response.text)")
    }

    private static let bag = "/.well-known/est/cacerts"

    /// Requests as bytes, and the statuses of their answers.
    private static let raw: [(name: String, text: String, status: Int)] = [
        ("no path of ours", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        ("an asterisk", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        ("another operation", "GET /.well-known/est/passwd HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        ("another label", "GET /.well-known/est/nobody/cacerts HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        ("wrong method", "DELETE \(bag) HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        ("wrong method, with a body", "POST \(bag) HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", 405),
        ("unknown method", "PROPFIND \(bag) HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        ("no HTTP", "EST please\r\n\r\n", 400),
        ("no HTTP at all", "\u{1}\u{2}\u{3}\u{4}\r\n\r\n", 400),
        ("another version", "GET \(bag) HTTP/3.0\r\nHost: x\r\n\r\n", 400),
        ("a broken header", "GET \(bag) HTTP/1.1\r\nHo st: x\r\n\r\n", 400),
        ("a negative length", "POST \(bag) HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
        (
            "two lengths", "POST \(bag) HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", 400
        ),
        (
            "a length and chunks",
            "POST \(bag) HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400
        ),
        (
            "no media type", "POST /.well-known/est/simpleenroll HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 415
        ),
        (
            "no credential",
            "POST /.well-known/est/simpleenroll HTTP/1.1\r\nHost: x\r\nContent-Type: application/pkcs10\r\n"
                + "Content-Length: 0\r\n\r\n", 401
        ),
        (
            "no certificate",
            "POST /.well-known/est/strict/simpleenroll HTTP/1.1\r\nHost: x\r\nContent-Type: application/pkcs10\r\n"
                + "Content-Length: 4\r\n\r\nAAAA", 400
        ),
        (
            "too long",
            "POST /.well-known/est/simpleenroll HTTP/1.1\r\nHost: x\r\nContent-Type: application/pkcs10\r\n"
                + "Content-Length: 65537\r\n\r\n" + String(repeating: "A", count: 65_537), 413
        ),
        ("too long a head", "GET \(bag) HTTP/1.1\r\nX: \(String(repeating: "a", count: 70_000))\r\n\r\n", 431),
        ("too many fields", "GET \(bag) HTTP/1.1\r\n\(String(repeating: "X: y\r\n", count: 500))\r\n", 431),
        ("fullcmc", "POST /.well-known/est/fullcmc HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx", 501),
        ("cacerts", "GET \(bag) HTTP/1.1\r\nHost: x\r\n\r\n", 200),
    ]

    @Test("H1: every answer has its length and is not chunked, errors are one sentence", arguments: raw.indices)
    func h1RawRequests(index: Int) async throws {
        let (name, text, status) = Self.raw[index]
        let cluster = try await ConformanceCluster.shared()
        let connection = try await cluster.connect()
        try await connection.send(text)
        let response = try await connection.response()
        #expect(response.status == status, "\(name): \(response.text)")
        expectWellFormed(response, name)
        if status == 405 { #expect(response.header("Allow") == "GET") }
    }

    @Test("H1: also answers to HEAD, to what arrives too slowly, and of enrollments")
    func h1Others() async throws {
        let cluster = try await ConformanceCluster.shared()
        async let slow = {
            let connection = try await cluster.connect()
            try await connection.send("GET \(Self.bag) HTTP/1.1\r\nHost:")
            let response = try await connection.response()
            #expect(try await connection.rest().isEmpty)
            return response
        }()
        let head = TestHTTPRequest(method: "HEAD", path: Self.bag)
        let connection = try await cluster.connect()
        let answer = try await connection.perform(head)
        #expect(answer.status == 405)
        #expect(answer.headers["content-length"]?.count == 1 && answer.body.isEmpty)
        // Nothing of a body came after it.
        let secret = try await cluster.secret(uses: 2)
        let issued = try await connection.perform(
            .enroll(try TestRequest.device("h1.example.com").der(), secret: secret))
        #expect(issued.status == 200)
        expectWellFormed(issued, "issued")
        for (what, request) in [
            ("wrong secret", TestHTTPRequest.enroll(try TestRequest.device("h1.example.com").der(), secret: "wrong")),
            ("forbidden", .enroll(try TestRequest.device("h1.evil.net").der(), secret: secret)),
            ("name held", .enroll(try TestRequest.device("h1.example.com").der(), secret: secret)),
            ("no request", .enroll(Data([1, 2, 3]), secret: secret)),
            ("no certificate", .enroll(try TestRequest.device("h1.example.com").der(), label: "strict", secret: nil)),
            (
                "renewal without a certificate",
                .enroll(try TestRequest.device("h1.example.com").der(), operation: "simplereenroll", secret: nil)
            ),
            ("csrattrs", .get("/.well-known/est/csrattrs")),
        ] {
            let response = try await connection.perform(request)
            expectWellFormed(response, what)
        }
        let silent = try await connection.perform(.get("/.well-known/est/answers-silent/csrattrs"))
        #expect(silent.status == 204)
        expectWellFormed(silent, "nothing to say")
        let late = try await slow
        #expect(late.status == 408)
        expectWellFormed(late, "too slow")
    }

    @Test("H2: a body in one unbroken line is answered in one line, any other in lines of 64")
    func h2MirroredLayout() async throws {
        let cluster = try await ConformanceCluster.shared()
        let secret = try await cluster.secret()
        let der = try TestRequest.device("h2.example.com").der()
        let line = der.base64EncodedString()
        let wrapped = TestHTTPRequest.enroll(der).body ?? ""
        let connection = try await cluster.connect()
        for (body, isOneLine) in [
            (line, true), (line + "\n", true), (line + "\r\n", true), (wrapped, false),
            (wrapped.replacing("\n", with: "\r\n"), false),
            (String(line.prefix(100)) + "\n" + line.dropFirst(100), false),
            ("-----BEGIN CERTIFICATE REQUEST-----\n\(line)\n-----END CERTIFICATE REQUEST-----\n", false),
        ] {
            var request = TestHTTPRequest.enroll(der, secret: secret)
            request.body = body
            // Neither of them plays a part here.
            request.headers += [("User-Agent", "x"), ("Accept", "*/*")]
            let response = try await connection.perform(request)
            #expect(response.status == 200, "\(body): \(response.text)")
            expectLayout(response, isOneLine: isOneLine)
        }
    }

    @Test("H2: to a GET one line only for a client that sends neither User-Agent nor Accept")
    func h2LayoutForGET() async throws {
        let cluster = try await ConformanceCluster.shared()
        let connection = try await cluster.connect()
        expectLayout(try await connection.perform(.get(Self.bag)), isOneLine: true)
        for headers in [[("User-Agent", "x")], [("Accept", "*/*")], [("User-Agent", "x"), ("Accept", "*/*")]] {
            expectLayout(try await connection.perform(.get(Self.bag, headers: headers)), isOneLine: false)
        }
    }

    private func expectLayout(
        _ response: TestResponse, isOneLine: Bool, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(response.status == 200, sourceLocation: sourceLocation)
        var lines = response.text.components(separatedBy: "\n")
        // The final newline, and one only.
        #expect(lines.popLast()?.isEmpty == true, sourceLocation: sourceLocation)
        let last = lines.popLast() ?? ""
        #expect(!last.isEmpty && !response.text.contains("\r"), sourceLocation: sourceLocation)
        if isOneLine {
            #expect(lines.isEmpty && last.count > 500, sourceLocation: sourceLocation)
        } else {
            #expect(
                lines.count > 3 && lines.allSatisfy { $0.count == 64 } && last.count <= 64,
                sourceLocation: sourceLocation)
        }
        #expect(Data(base64Encoded: lines.joined() + last) != nil, sourceLocation: sourceLocation)
    }

    @Test("H3: fullcmc is 501, on every label and whoever asks")
    func h3FullCMC() async throws {
        let cluster = try await ConformanceCluster.shared()
        let connection = try await cluster.connect()
        for path in ["/.well-known/est/fullcmc", "/.well-known/est/strict/fullcmc"] {
            var request = TestHTTPRequest(method: "POST", path: path)
            request.headers.append(("Content-Type", "application/pkcs7-mime; smime-type=CMC-request"))
            request.body = "AAAA"
            let response = try await connection.perform(request)
            #expect(response.status == 501)
            expectWellFormed(response, path)
            #expect(try await connection.perform(.get(path)).status == 405)
        }
    }

    @Test("H4: each header line, and each byte, may be a TLS record of its own")
    func h4Records() async throws {
        let cluster = try await ConformanceCluster.shared()
        let secret = try await cluster.secret()
        let request = TestHTTPRequest.enroll(try TestRequest.device("h4.example.com").der(), secret: secret)
        let connection = try await cluster.connect()
        try await connection.sendInLines(request.text)
        let first = try await connection.response().certificate()
        for byte in request.text.utf8 { try await connection.send([byte]) }
        #expect(try await connection.response().certificate() == first)
    }

    @Test(
        "H4: a stray line break after a request is passed over: alone, at the end, and between requests sent at once",
        arguments: ["\r\n", "\n", "\r\n\r\n", "\n\n\r\n"])
    func h4StrayLineBreaks(stray: String) async throws {
        let cluster = try await ConformanceCluster.shared()
        let secret = try await cluster.secret()
        let name = "h4-\(stray.utf8.map { String($0) }.joined()).example.com"
        let request = TestHTTPRequest.enroll(try TestRequest.device(name).der(), secret: secret)
        let bag = TestHTTPRequest.get(Self.bag)
        let connection = try await cluster.connect()
        // In the same record, in one of its own, and between requests in one record.
        try await connection.send(request.text + stray)
        let first = try await connection.response().certificate()
        try await connection.send(stray)
        #expect(try await connection.perform(bag).status == 200)
        try await connection.send(bag.text + stray + request.text + stray + bag.text + stray)
        #expect(try await connection.response().status == 200)
        #expect(try await connection.response().certificate() == first)
        #expect(try await connection.response().status == 200)
        // After it the connection is as idle as without it, and a client may close its side.
        #expect(try await connection.perform(bag.with("Connection", "close")).status == 200)
        #expect(try await connection.rest().isEmpty)
    }
}
