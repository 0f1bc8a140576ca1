internal import Foundation
internal import TestTLSClient
internal import Testing

@testable internal import Frontend

/// What clients write on the wire that is not as in the book, and what must not get through.
@Suite struct HTTPToleranceTests {
    private func withFrontend(
        _ change: (inout FrontendConfiguration) -> Void = { _ in },
        _ body: (TestFrontend) async throws -> Void
    ) async throws {
        try await TestFrontend.run(change: change) { frontend in
            try await frontend.ready()
            try await body(frontend)
        }
    }

    @Test func chunkedRequestsAreServed() async throws {
        try await withFrontend { frontend in
            let connection = try await frontend.connect()
            var request = TestHTTPRequest.enroll(try TestRequest.make("d.example.com"))
            let body = try #require(request.body)
            request.body = ""
            request.headers.append(("Transfer-Encoding", "chunked"))
            try await connection.send(request.text)
            for piece in [body.prefix(7), body.dropFirst(7)] {
                try await connection.send("\(String(piece.utf8.count, radix: 16))\r\n\(piece)\r\n")
            }
            try await connection.send("0\r\n\r\n")
            let response = try await connection.response()
            #expect(response.status == 200)
            #expect(response.header("transfer-encoding") == nil)
        }
    }

    @Test(arguments: [nil, "close", "Keep-Alive"])
    func http10IsServedAndClosedUnlessAskedOtherwise(connectionHeader: String?) async throws {
        try await withFrontend { frontend in
            let connection = try await frontend.connect()
            var request = TestHTTPRequest.get("/.well-known/est/cacerts")
            request.version = "HTTP/1.0"
            request.headers = connectionHeader.map { [("Connection", $0)] } ?? []
            let response = try await connection.perform(request)
            #expect(response.status == 200)
            if connectionHeader == "Keep-Alive" {
                #expect(response.header("connection") == "keep-alive")
                #expect(try await connection.perform(request).status == 200)
            } else {
                #expect(response.header("connection") == "close")
                #expect(try await connection.rest().isEmpty)
            }
        }
    }

    @Test(arguments: ["close", "Close", "TE, close", "keep-alive, CLOSE"])
    func connectionCloseInEverySpellingCloses(value: String) async throws {
        try await withFrontend { frontend in
            let connection = try await frontend.connect()
            let response = try await connection.perform(
                .get("/.well-known/est/cacerts", headers: [("Connection", value)]))
            #expect(response.status == 200)
            #expect(response.header("connection") == "close")
            #expect(try await connection.rest().isEmpty)
        }
    }

    @Test func aConnectionServesManyRequestsAlsoWhenTheyComeAtOnce() async throws {
        try await withFrontend { frontend in
            let connection = try await frontend.connect()
            for _ in 0..<3 {
                #expect(try await connection.perform(.get("/.well-known/est/cacerts")).status == 200)
            }
            let enroll = TestHTTPRequest.enroll(try TestRequest.make("d.example.com"))
            let both = TestHTTPRequest.get("/.well-known/est/csrattrs").text + enroll.text
            try await connection.send(both + both)
            let certificates = "application/pkcs7-mime; smime-type=certs-only"
            for type in ["application/csrattrs", certificates, "application/csrattrs", certificates] {
                let response = try await connection.response()
                #expect(response.status == 200)
                #expect(response.header("content-type") == type)
            }
        }
    }

    @Test func thousandsOfRequestsAtOnceAreAnsweredInOrder() async throws {
        try await withFrontend { frontend in
            let connection = try await frontend.connect()
            let refused = TestHTTPRequest.get("/").text
            let last = TestHTTPRequest.get("/.well-known/est/csrattrs", headers: [("Connection", "close")]).text
            try await connection.send(
                TestHTTPRequest.get("/.well-known/est/csrattrs").text + String(repeating: refused, count: 20_000) + last
            )
            let answers = String(decoding: try await connection.rest(), as: UTF8.self).components(
                separatedBy: "HTTP/1.1 ")
            #expect(answers.count == 20_003)
            #expect(answers[1].hasPrefix("200"))
            #expect(answers.dropFirst(2).dropLast().allSatisfy { $0.hasPrefix("404") })
            #expect(answers.last?.hasPrefix("200") == true)
        }
    }

    @Test func expectContinueIsAnsweredBeforeTheBody() async throws {
        try await withFrontend { frontend in
            let connection = try await frontend.connect()
            let request = TestHTTPRequest.enroll(
                try TestRequest.make("d.example.com"), headers: [("Expect", "100-continue")])
            var head = request
            head.body = nil
            head.headers.append(("Content-Length", "\(request.body!.utf8.count)"))
            try await connection.send(head.text)
            #expect(try await connection.response().status == 100)
            try await connection.send(request.body!)
            #expect(try await connection.response().status == 200)
        }
    }

    @Test func expectContinueOfARefusedRequestIsAnsweredAtOnce() async throws {
        try await withFrontend { frontend in
            let connection = try await frontend.connect()
            try await connection.send(
                "POST /.well-known/est/nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"
            )
            let response = try await connection.response()
            #expect(response.status == 404)
            #expect(response.header("connection") == "close")
        }
    }

    @Test func headersMayComeInTLSRecordsOfTheirOwn() async throws {
        try await withFrontend { frontend in
            let connection = try await frontend.connect()
            let request = TestHTTPRequest.enroll(try TestRequest.make("d.example.com")).text
            for line in request.split(separator: "\r\n", omittingEmptySubsequences: false) {
                try await connection.send(line + "\r\n")
            }
            // The last line break is the stray one after the request.
            #expect(try await connection.response().status == 200)
            try await connection.send("\r\n")
            #expect(try await connection.perform(.get("/.well-known/est/cacerts")).status == 200)
        }
    }

    @Test func aClientThatClosesItsSideStillGetsItsAnswer() async throws {
        try await withFrontend { frontend in
            let connection = try await frontend.connect()
            try await connection.send(TestHTTPRequest.enroll(try TestRequest.make("d.example.com")).text)
            try await connection.finishSending()
            #expect(try await connection.response().status == 200)
        }
    }

    @Test func whatWasSentBeforeAClientClosesItsSideIsAllAnswered() async throws {
        try await withFrontend { frontend in
            let connection = try await frontend.connect()
            let enroll = TestHTTPRequest.enroll(try TestRequest.make("d.example.com")).text
            try await connection.send(enroll + enroll + TestHTTPRequest.get("/.well-known/est/cacerts").text)
            try await connection.finishSending()
            for _ in 0..<3 { #expect(try await connection.response().status == 200) }
            #expect(try await connection.rest().isEmpty)
        }
    }

    @Test(arguments: [64 * 1024 + 1, 200_000])
    func aLongBodyIsNotUsed(length: Int) async throws {
        try await withFrontend { frontend in
            var request = TestHTTPRequest.enroll(Data())
            request.body = String(repeating: "A", count: length)
            let connection = try await frontend.connect()
            let response = try await connection.perform(request)
            #expect(response.status == 413)
            #expect(response.header("connection") == "close")
            #expect(try await connection.rest().isEmpty)
        }
    }

    @Test func aLongChunkedBodyIsNotUsedEither() async throws {
        try await withFrontend { frontend in
            var request = TestHTTPRequest.enroll(Data()).with("Transfer-Encoding", "chunked")
            request.body = ""
            let connection = try await frontend.connect()
            try await connection.send(request.text)
            let piece = String(repeating: "A", count: 0x8000)
            for _ in 0..<3 { try await connection.send("8000\r\n\(piece)\r\n") }
            #expect(try await connection.response().status == 413)
        }
    }

    @Test func aBodyOfExactlyTheLimitIsRead() async throws {
        try await withFrontend { frontend in
            var request = TestHTTPRequest.enroll(Data())
            request.body = String(repeating: " ", count: 64 * 1024)
            let response = try await frontend.send(request)
            #expect(response.status == 400)
        }
    }

    @Test func moreThanTheDrainLimitCostsTheConnection() async throws {
        try await withFrontend { frontend in
            let connection = try await frontend.connect()
            var request = TestHTTPRequest.enroll(Data())
            request.headers.append(("Content-Length", "400000000"))
            request.body = nil
            try await connection.send(request.text)
            #expect(try await connection.response().status == 413)
            let piece = String(repeating: "A", count: 16_384)
            await #expect(throws: (any Error).self) {
                for _ in 0..<10_000 { try await connection.send(piece) }
            }
        }
    }

    @Test(arguments: ["head", "body"])
    func whatTricklesIs408AndMeanwhileOthersAreServed(part: String) async throws {
        try await withFrontend {
            $0.limits.headTimeout = .milliseconds(400)
            $0.limits.bodyTimeout = .milliseconds(400)
        } _: { frontend in
            let slow = try await frontend.connect()
            if part == "head" {
                try await slow.send("GET /.well-known/est/cacerts HTTP/1.1\r\nHost:")
            } else {
                let request = TestHTTPRequest.enroll(Data([1, 2, 3])).with("Content-Length", "1000")
                try await slow.send(request.text.replacingOccurrences(of: "Content-Length: 5\r\n", with: ""))
            }
            #expect(try await frontend.send(.get("/.well-known/est/cacerts")).status == 200)
            let response = try await slow.response()
            #expect(response.status == 408)
            #expect(response.header("connection") == "close")
            #expect(try await slow.rest().isEmpty)
        }
    }

    @Test func anIdleConnectionIsClosedWithoutAWord() async throws {
        try await withFrontend {
            $0.limits.idleTimeout = .seconds(3)
        } _: { frontend in
            let connection = try await frontend.connect()
            #expect(try await connection.perform(.get("/.well-known/est/cacerts")).status == 200)
            #expect(try await connection.rest().isEmpty)
        }
    }

    /// What it is owed may not pile up here: it is closed once it has read nothing for a while.
    @Test func aClientThatSendsAndNeverReadsIsClosed() async throws {
        try await withFrontend {
            $0.limits.idleTimeout = .seconds(3)
        } _: { frontend in
            let connection = try await frontend.connect()
            try await connection.stopReading()
            // Together more than the sockets hold, of requests and of answers.
            let request = TestHTTPRequest.get(
                "/.well-known/est/cacerts", headers: [("X-Padding", String(repeating: "x", count: 2_000))])
            let requests = String(repeating: request.text, count: 100)
            await #expect(throws: (any Error).self) {
                for _ in 0..<160 { try await connection.send(requests) }
            }
            #expect(!connection.isOutOfPatience)
            #expect(try await frontend.send(.get("/.well-known/est/cacerts")).status == 200)
        }
    }

    /// More than the sockets hold, so that the answers have to wait for the client.
    @Test func aClientThatReadsLateGetsEveryAnswer() async throws {
        try await withFrontend { frontend in
            let connection = try await frontend.connect()
            try await connection.stopReading()
            let requests = String(repeating: TestHTTPRequest.get("/.well-known/est/cacerts").text, count: 100)
            async let sent: Void = { for _ in 0..<80 { try await connection.send(requests) } }()
            try await eventually { try await frontend.answered("cacerts") >= 500 }
            try await connection.startReading()
            try await sent
            for _ in 0..<8_000 { #expect(try await connection.response().status == 200) }
        }
    }

    enum Nonsense: CaseIterable {
        case version, words, negativeLength, lengthAndChunked, longField, manyFields

        var bytes: String {
            switch self {
            case .version: "GET /.well-known/est/cacerts HTTP/2.0\r\n\r\n"
            case .words: "nonsense\r\n\r\n"
            case .negativeLength: "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"
            case .lengthAndChunked: "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
            case .longField: "GET / HTTP/1.1\r\nX: \(String(repeating: "a", count: 64 * 1024))\r\n\r\n"
            case .manyFields:
                "GET / HTTP/1.1\r\n"
                    + String(repeating: "X: \(String(repeating: "a", count: 900))\r\n", count: 20) + "\r\n"
            }
        }

        var status: Int {
            switch self {
            case .version, .words, .negativeLength, .lengthAndChunked: 400
            case .longField, .manyFields: 431
            }
        }
    }

    @Test(arguments: Nonsense.allCases)
    func whatIsNoRequestIsAnsweredAndClosed(nonsense: Nonsense) async throws {
        try await withFrontend { frontend in
            let connection = try await frontend.connect()
            try await connection.send(nonsense.bytes)
            let response = try await connection.response()
            #expect(response.status == nonsense.status)
            #expect(response.header("content-length") == "\(response.body.count)")
            #expect(response.header("connection") == "close")
        }
    }
}
