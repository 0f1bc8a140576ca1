internal import Testing

@testable internal import Fleet

@Suite("Answer parser")
struct AnswerParserTests {
    private static let plain = "HTTP/1.1 200 OK\r\nContent-Type: x\r\ncontent-LENGTH: 5\r\n\r\nhello"
    private static let chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nTrailer: x\r\n\r\n"
    private static let continued = "HTTP/1.1 100 Continue\r\n\r\n" + plain

    private static func read(_ text: String, in parts: Int = .max) -> (AnswerParser, AnswerParser.Progress) {
        var parser = AnswerParser()
        var progress = AnswerParser.Progress.incomplete
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty, progress == .incomplete {
            let part = Array(rest.prefix(parts))
            rest = rest.dropFirst(part.count)
            progress = part.withUnsafeBytes { parser.read($0) }
        }
        return (parser, progress)
    }

    @Test("reads an answer however it is cut", arguments: [plain, chunked, continued])
    func cuts(text: String) {
        for parts in 1...text.utf8.count {
            let (parser, progress) = Self.read(text, in: parts)
            #expect(progress == .complete && parser.status == 200 && parser.keepsAlive, "\(parts)")
            #expect(Array(parser.body) == Array("hello".utf8))
        }
    }

    @Test("is incomplete at every cut before the end", arguments: [plain, chunked, continued])
    func incomplete(text: String) {
        for count in 0..<text.utf8.count - 1 {
            #expect(Self.read(String(decoding: text.utf8.prefix(count), as: UTF8.self)).1 == .incomplete)
        }
    }

    @Test("reads what decides about the next request")
    func headers() {
        let busy = Self.read("HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n")
        #expect(busy.1 == .complete && busy.0.status == 503 && busy.0.retryAfterSeconds == 7 && !busy.0.keepsAlive)
        let none = Self.read("HTTP/1.1 204 No Content\r\n\r\n")
        #expect(none.1 == .complete && none.0.body.isEmpty && none.0.keepsAlive)
        let more = Self.read("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxyz")
        #expect(more.1 == .complete && !more.0.keepsAlive)
    }

    @Test("without a length the answer ends with the connection")
    func untilClose() {
        let (parser, progress) = Self.read("HTTP/1.0 200 OK\r\n\r\nhello")
        #expect(progress == .incomplete && parser.endsWithConnection() && !parser.keepsAlive)
        #expect(Array(parser.body) == Array("hello".utf8))
        #expect(!Self.read("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello").0.endsWithConnection())
    }

    @Test(
        "refuses what is not HTTP/1.1",
        arguments: [
            "SSH-2.0-OpenSSH_9.2p1 Debian\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/1.1 999 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7ffffff\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc",
            String(repeating: "x", count: 40_000),
        ])
    func malformed(text: String) {
        #expect(Self.read(text).1 == .malformed)
    }
}
