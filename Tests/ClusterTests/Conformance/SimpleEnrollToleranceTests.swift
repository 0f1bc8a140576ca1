internal import Foundation
internal import TestRequests
internal import TestTLSClient
internal import Testing
internal import X509

/// E5, E6 and E7: the forms in which a request may come, byte by byte on a TLS connection.
@Suite struct SimpleEnrollToleranceTests {
    /// A request, and the certificate that it gets in its plainest form.
    private struct Known {
        var cluster: TestCluster
        var der: Data
        var secret: String
        var certificate: Certificate

        init(_ name: String) async throws {
            cluster = try await ConformanceCluster.shared()
            der = try TestRequest.device(name).der()
            secret = try await cluster.secret()
            certificate = try await cluster.send(.enroll(der, secret: secret)).certificate()
        }

        /// A request in the form to be tried. The secret has no use left: it gets its certificate again, and no other.
        func request(body: String? = nil) -> TestHTTPRequest {
            var request = TestHTTPRequest.enroll(der, secret: secret)
            request.body = body ?? request.body
            return request
        }

        func expectSame(_ response: TestResponse, _ what: String = "") throws {
            let again = try response.certificate()
            #expect(again == certificate, "\(what)")
        }
    }

    private static let layouts: [(name: String, make: @Sendable (String) -> String)] = [
        ("one line", { $0 }),
        ("one line and its end", { $0 + "\n" }),
        ("64 columns, LF", { $0.inLines(of: 64, end: "\n") }),
        ("64 columns, CRLF", { $0.inLines(of: 64, end: "\r\n") }),
        ("76 columns, LF", { $0.inLines(of: 76, end: "\n") }),
        ("76 columns, CRLF", { $0.inLines(of: 76, end: "\r\n") }),
        ("76 columns, CR", { $0.inLines(of: 76, end: "\r") }),
        ("a last line without an end", { String($0.inLines(of: 64, end: "\r\n").dropLast()) }),
        ("tabs and spaces", { "\t " + $0.inLines(of: 20, end: " \t \r\n\t") + "  \n\n" }),
        ("every character on its own", { $0.inLines(of: 1, end: "\r\n") }),
        (
            "PEM",
            {
                "-----BEGIN CERTIFICATE REQUEST-----\n\($0.inLines(of: 64, end: "\n"))"
                    + "-----END CERTIFICATE REQUEST-----\n"
            }
        ),
        (
            "PEM with CRLF",
            {
                "-----BEGIN CERTIFICATE REQUEST-----\r\n\($0.inLines(of: 64, end: "\r\n"))"
                    + "-----END CERTIFICATE REQUEST-----\r\n"
            }
        ),
        (
            "PEM as older tools name it",
            {
                "-----BEGIN NEW CERTIFICATE REQUEST-----\n\($0.inLines(of: 76, end: "\n"))"
                    + "-----END NEW CERTIFICATE REQUEST-----"
            }
        ),
    ]

    @Test("E5: however the base64 is laid out, it is the same certification request")
    func e5Layouts() async throws {
        let known = try await Known("e5.example.com")
        let connection = try await known.cluster.connect()
        let text = known.der.base64EncodedString()
        for (name, make) in Self.layouts {
            try known.expectSame(try await connection.perform(known.request(body: make(text))), name)
        }
    }

    @Test("E6: Content-Transfer-Encoding makes no difference, whatever it says")
    func e6TransferEncodingOfTheContent() async throws {
        let known = try await Known("e6-content.example.com")
        let connection = try await known.cluster.connect()
        for value in [nil, "base64", "BASE64", "7bit", "binary", "quoted-printable", "nonsense; x=y", ""] {
            let request = known.request().with("Content-Transfer-Encoding", value)
            try known.expectSame(try await connection.perform(request), value ?? "absent")
        }
    }

    @Test("E6: chunked requests are served: odd sizes, leading zeros, extensions, trailers, a byte a record")
    func e6Chunked() async throws {
        let known = try await Known("e6-chunked.example.com")
        var head = known.request().with("Transfer-Encoding", "chunked")
        let body = try #require(head.body)
        head.body = ""
        let half = body.utf8.count / 2
        let (first, second) = (String(body.prefix(half)), String(body.dropFirst(half)))
        func hex(_ text: String) -> String { String(text.utf8.count, radix: 16) }
        let connection = try await known.cluster.connect()
        let encodings = [
            "\(hex(body))\r\n\(body)\r\n0\r\n\r\n",
            "000\(hex(body).uppercased());name=value\r\n\(body)\r\n0\r\nX-Trailer: yes\r\n\r\n",
            "\(hex(first))\r\n\(first)\r\n\(hex(second))\r\n\(second)\r\n0\r\n\r\n",
            body.map { "1\r\n\($0)\r\n" }.joined() + "0\r\n\r\n",
        ]
        for encoding in encodings {
            try await connection.send(head.text + encoding)
            try known.expectSame(try await connection.response(), String(encoding.prefix(20)))
        }
        // In pieces that end anywhere.
        for byte in (head.text + encodings[2]).utf8 { try await connection.send([byte]) }
        try known.expectSame(try await connection.response())
    }

    @Test("E6: Expect: 100-continue is answered before the body, in either case of its letters")
    func e6Expect() async throws {
        let known = try await Known("e6-expect.example.com")
        let connection = try await known.cluster.connect()
        for value in ["100-continue", "100-Continue"] {
            let request = known.request().with("Expect", value)
            let whole = request.text
            let body = try #require(request.body)
            try await connection.send(String(whole.dropLast(body.count)))
            let interim = try await connection.response()
            #expect(interim.bytes == Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
            try await connection.send(body)
            try known.expectSame(try await connection.response(), value)
            // A client need not wait.
            try await connection.send(whole)
            #expect(try await connection.response().status == 100)
            try known.expectSame(try await connection.response(), value)
        }
    }

    @Test("E6: HTTP/1.0 is served, and the connection closed unless the client asks to keep it")
    func e6OldVersion() async throws {
        let known = try await Known("e6-old.example.com")
        var request = known.request()
        request.version = "HTTP/1.0"
        for host in ["localhost", nil] {
            let closing = try await known.cluster.connect()
            let response = try await closing.perform(request.with("Host", host))
            try known.expectSame(response)
            #expect(response.header("Connection") == "close")
            #expect(try await closing.rest().isEmpty)
        }
        let kept = try await known.cluster.connect()
        for _ in 0..<3 {
            let response = try await kept.perform(request.with("Connection", "keep-alive"))
            try known.expectSame(response)
            #expect(response.header("Connection")?.lowercased() == "keep-alive")
        }
    }

    @Test("E6: a connection is kept for many requests, also when they come ahead of the answers")
    func e6KeptConnection() async throws {
        let known = try await Known("e6-kept.example.com")
        let connection = try await known.cluster.connect()
        for _ in 0..<5 { try known.expectSame(try await connection.perform(known.request())) }
        let bag = TestHTTPRequest.get("/.well-known/est/cacerts").text
        try await connection.send(known.request().text + bag + known.request().text + bag)
        for _ in 0..<2 {
            try known.expectSame(try await connection.response())
            #expect(try await connection.response().status == 200)
        }
        let last = try await connection.perform(known.request().with("Connection", "close"))
        try known.expectSame(last)
        #expect(last.header("Connection") == "close")
        #expect(try await connection.rest().isEmpty)
    }

    @Test("E7: a body of 64 KiB + 1 is 413 and nothing of it is used", arguments: ["length", "chunked", "expected"])
    func e7TooLong(form: String) async throws {
        let cluster = try await ConformanceCluster.shared()
        let secret = try await cluster.secret()
        let good = TestHTTPRequest.enroll(try TestRequest.device("e7-\(form).example.com").der(), secret: secret)
        // The request stands whole at the beginning, and white space after it.
        var long = good
        long.body = good.body.map { $0 + String(repeating: "\n", count: 64 * 1024 + 1 - $0.utf8.count) }
        let body = try #require(long.body)
        #expect(body.utf8.count == 64 * 1024 + 1)
        let connection = try await cluster.connect()
        switch form {
        case "length":
            try await connection.send(long.text)
        case "chunked":
            var head = long.with("Transfer-Encoding", "chunked")
            head.body = ""
            try await connection.send(head.text + "10001\r\n\(body)\r\n0\r\n\r\n")
        default:
            // Refused by its length, before the body is sent.
            try await connection.send(String(long.with("Expect", "100-continue").text.dropLast(body.count)))
        }
        let response = try await connection.response()
        #expect(response.status == 413)
        #expect(response.header("Connection") == "close")
        if form == "expected" { try await connection.finishSending() }
        #expect(try await connection.rest().isEmpty)
        // One byte less is a request, and the secret has its use still.
        var longest = good
        longest.body = String(body.dropLast())
        _ = try await cluster.send(longest).certificate()
    }

    @Test("E7: a body that trickles in past the limit is 408 and the end; meanwhile cacerts answers")
    func e7Trickle() async throws {
        let cluster = try await ConformanceCluster.shared()
        let secret = try await cluster.secret()
        let good = TestHTTPRequest.enroll(try TestRequest.device("e7-trickle.example.com").der(), secret: secret)
        let slow = try await cluster.connect()
        let text = good.text
        let half = text.utf8.count - 100
        try await slow.send(String(text.prefix(half)))
        async let answer = slow.response()
        // A byte now and then does not move the limit on.
        async let trickle: Void = {
            for byte in text.dropFirst(half).prefix(60) {
                try await Task.sleep(for: .milliseconds(500))
                // It fails once the server has closed.
                guard (try? await slow.send(String(byte))) != nil else { return }
            }
        }()
        for _ in 0..<3 {
            #expect(try await cluster.send(.get("/.well-known/est/cacerts")).status == 200)
        }
        let response = try await answer
        #expect(response.status == 408)
        #expect(response.header("Connection") == "close")
        #expect(response.header("Content-Length") == "\(response.body.count)")
        try await trickle
        #expect(try await slow.rest().isEmpty)
        // Nothing of it was used.
        _ = try await cluster.send(good).certificate()
    }
}

extension String {
    /// The text in lines of so many characters, each with its end.
    fileprivate func inLines(of columns: Int, end: String) -> String {
        var lines = ""
        var rest = self[...]
        while !rest.isEmpty {
            lines += rest.prefix(columns) + end
            rest = rest.dropFirst(columns)
        }
        return lines
    }
}
