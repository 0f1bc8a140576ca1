internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import TestTLSClient
internal import Testing

@testable internal import Frontend

/// How long a request's first line is, however it comes: 414 or 431 hangs on it.
@Suite struct RequestLineTests {
    private static let head = HTTPServerRequestPart.head(.init(version: .http1_1, method: .GET, uri: "/"))

    private func view(_ text: String) -> ByteBufferView { ByteBuffer(string: text).readableBytesView }

    @Test func aLineBreakOfItsOwnEndsTheLine() {
        var line = RequestLineLength()
        line.arrived(view("\r\n"))
        #expect(!line.hasBegun)
        for part in ["GET / HTTP/1.1", "\r\n", "Host: a", "\r\n"] { line.arrived(view(part)) }
        #expect(line.hasBegun)
        #expect(line.bytes == 15)
    }

    @Test func theNextHeadIsCountedFromItsBeginning() {
        var line = RequestLineLength()
        line.arrived(view("POST /a HTTP/1.1\r\nHost: a\r\n\r\nbo\n\ndy\r\nGET /bcd"))
        line.observe(Self.head)
        line.observe(.body(ByteBuffer(string: "bo\n\ndy")))
        line.observe(.end(nil))
        #expect(line.bytes == 8)
        line.passed()
        line.arrived(view("efgh"))
        #expect(line.bytes == 12)
        line.observe(Self.head)
        line.observe(.end(nil))
        #expect(!line.hasBegun)
    }

    @Test func aLongFieldIs431WhenEachLineBreakComesAlone() async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            let connection = try await frontend.connect()
            for part in ["GET / HTTP/1.1", "\r\n", "X: \(String(repeating: "a", count: 20_000))"] {
                try await connection.send(part)
            }
            #expect(try await connection.response().status == 431)
        }
    }

    @Test func aLongTargetIs414AlsoAfterAnotherRequestInTheSameRecord() async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            let connection = try await frontend.connect()
            try await connection.send(
                TestHTTPRequest.get("/nothing").text + "GET /\(String(repeating: "a", count: 17_000)) HTTP/1.1\r\n")
            #expect(try await connection.response().status == 404)
            #expect(try await connection.response().status == 414)
        }
    }
}
