internal import TestRequests

extension HostileRequest {
    private static func row(_ input: String, _ status: Int, _ lines: String..., body: String = "") -> HostileRequest {
        HostileRequest(
            group: .http, input: input, outcome: .unrecorded(status),
            form: .connection(Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)))
    }

    /// A GET of cacerts with one more line in its head.
    private static func get(_ input: String, _ status: Int, _ line: String) -> HostileRequest {
        row(input, status, "GET /.well-known/est/cacerts HTTP/1.1", "Host: $AUTHORITY", line)
    }

    /// A GET of another target.
    private static func target(_ input: String, _ status: Int, _ target: String) -> HostileRequest {
        row(input, status, "GET \(target) HTTP/1.1", "Host: $AUTHORITY")
    }

    /// A POST of simpleenroll with a good secret, framed by these lines.
    private static func post(_ input: String, _ status: Int, _ lines: [String], body: String = "$BODY")
        -> HostileRequest
    {
        let head =
            [
                "POST /.well-known/est/hostile/simpleenroll HTTP/1.1", "Host: $AUTHORITY",
                "Authorization: Basic $SECRET", "Content-Type: application/pkcs10",
            ] + lines
        return HostileRequest(
            group: .http, input: input, outcome: .unrecorded(status),
            form: .connection(Array((head.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)))
    }

    private static let path = "/.well-known/est/cacerts"

    /// RFC 9112 and RFC 9110.
    static let http: [HostileRequest] = heads + targets + hosts + lengths + chunks + protocols

    /// RFC 9112 §5, RFC 6585 §5.
    private static let heads: [HostileRequest] = [
        get("a header field of 64 KB", 431, "X-Long: " + Part.repeated("a", 65_536)),
        get("300 header fields", 431, (0..<300).map { "X-\($0): a" }.joined(separator: "\r\n")),
        get("NUL in a header field's value", 400, "X-Odd: a\u{0}b"),
        get("NUL in a header field's name", 400, "X-\u{0}dd: a"),
        get("a control character in a header field's value", 400, "X-Odd: a\u{1}b"),
        get("a lone CR in a header field's value", 400, "X-Odd: a\rb"),
        get("a space before the colon", 400, "X-Odd : a"),
        get("a header field without a colon", 400, "X-Odd"),
        get("a header field without a name", 400, ": a"),
        get("a header field's name that is not ASCII", 400, "X-Öd: a"),
        get("a folded header field (obs-fold)", 400, "X-Odd: a\r\n b"),
        row("a space before the first header field", 400, "GET \(path) HTTP/1.1", " X-Odd: a", "Host: $AUTHORITY"),
        row("a method of 10 KB", 400, Part.repeated("A", 10_000) + " \(path) HTTP/1.1", "Host: $AUTHORITY"),
        row("a method in lower case", 400, "get \(path) HTTP/1.1", "Host: $AUTHORITY"),
    ]

    /// RFC 9112 §3.2.
    private static let targets: [HostileRequest] = [
        target("a target of 20 KB", 414, "/.well-known/est/" + Part.repeated("a", 20_000)),
        target("a query of 20 KB", 414, path + "?" + Part.repeated("a", 20_000)),
        target("the absolute form", 200, "https://$AUTHORITY" + path),
        target("the absolute form with another path", 404, "https://$AUTHORITY/other"),
        target("the authority form", 400, "$AUTHORITY"),
        target("NUL in the target", 400, "/.well-known/est/\u{0}cacerts"),
        target("%00 in the target", 404, "/.well-known/est/%00cacerts"),
        target("dots in the target", 404, "/.well-known/est/default/../cacerts"),
        target("a backslash in the target", 404, "/.well-known/est\\cacerts"),
        target("a target that is not ASCII", 400, "/.well-known/est/cäcerts"),
        target("a fragment", 404, path + "#top"),
        row("the asterisk form", 404, "OPTIONS * HTTP/1.1", "Host: $AUTHORITY"),
        row("CONNECT", 404, "CONNECT $AUTHORITY HTTP/1.1", "Host: $AUTHORITY"),
        row(
            "two spaces before the target, which RFC 9112 §3 lets a server read", 200, "GET  \(path) HTTP/1.1",
            "Host: $AUTHORITY"),
        row("no target", 400, "GET HTTP/1.1", "Host: $AUTHORITY"),
    ]

    /// RFC 9112 §3.2: without a Host, with two, or with one that is none → 400.
    private static let hosts: [HostileRequest] = [
        row("HTTP/1.1 without Host", 400, "GET \(path) HTTP/1.1", "Accept: */*"),
        get("two Hosts", 400, "Host: evil.test"),
        row("a Host that is none", 400, "GET \(path) HTTP/1.1", "Host: a b/c"),
    ]

    /// RFC 9112 §6.2, §6.3: what could be read in two ways is not read.
    private static let lengths: [HostileRequest] = [
        post("two Content-Lengths that differ", 400, ["Content-Length: $LENGTH", "Content-Length: 5"]),
        post("two Content-Lengths that are the same", 400, ["Content-Length: $LENGTH", "Content-Length: $LENGTH"]),
        post("a list as Content-Length", 400, ["Content-Length: $LENGTH, $LENGTH"]),
        post("a negative Content-Length", 400, ["Content-Length: -1"]),
        post("a Content-Length with a sign", 400, ["Content-Length: +$LENGTH"]),
        post("a Content-Length in hexadecimal", 400, ["Content-Length: 0x10"]),
        post("a Content-Length past 2⁶⁴", 400, ["Content-Length: 99999999999999999999999"]),
        post("an empty Content-Length", 400, ["Content-Length: "]),
        post("a Content-Length of 1 TB", 413, ["Content-Length: 1099511627776"]),
        post("Content-Length and chunked", 400, ["Content-Length: $LENGTH", "Transfer-Encoding: chunked"]),
        post("chunked and Content-Length", 400, ["Transfer-Encoding: chunked", "Content-Length: $LENGTH"]),
    ]

    /// RFC 9112 §6.1, §7.1.
    private static let chunks: [HostileRequest] = [
        post("an unknown transfer coding", 400, ["Transfer-Encoding: xchunked"]),
        post("chunked, and not at last", 400, ["Transfer-Encoding: chunked, gzip"]),
        post("the coding «identity»", 400, ["Transfer-Encoding: identity"]),
        post("chunked twice", 400, ["Transfer-Encoding: chunked, chunked"], body: "0\r\n\r\n"),
        post(
            "chunked in two lines", 400, ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], body: "0\r\n\r\n"
        ),
        post("chunked with a vertical tab before it", 400, ["Transfer-Encoding: \u{b}chunked"], body: "0\r\n\r\n"),
        post("a chunk size that is no number", 400, ["Transfer-Encoding: chunked"], body: "zz\r\nAAAA\r\n0\r\n\r\n"),
        post("a negative chunk size", 400, ["Transfer-Encoding: chunked"], body: "-4\r\nAAAA\r\n0\r\n\r\n"),
        post("a chunk size with «0x»", 400, ["Transfer-Encoding: chunked"], body: "0x4\r\nAAAA\r\n0\r\n\r\n"),
        post("a chunk size past 2⁶⁴", 400, ["Transfer-Encoding: chunked"], body: "fffffffffffffffff\r\nAAAA\r\n"),
        post("a chunk without a size", 400, ["Transfer-Encoding: chunked"], body: "\r\nAAAA\r\n0\r\n\r\n"),
        post("a chunk longer than its size", 400, ["Transfer-Encoding: chunked"], body: "2\r\nAAAA\r\n0\r\n\r\n"),
        row(
            "chunked in HTTP/1.0", 400, "POST /.well-known/est/hostile/simpleenroll HTTP/1.0",
            "Authorization: Basic $SECRET", "Content-Type: application/pkcs10", "Transfer-Encoding: chunked",
            body: "0\r\n\r\n"),
    ]

    private static let protocols: [HostileRequest] = [
        row("HTTP/2's preface", 400, "PRI * HTTP/2.0", "", "SM"),
        row("HTTP/9.9", 400, "GET \(path) HTTP/9.9", "Host: $AUTHORITY"),
        row("HTTP/0.9", 400, "GET \(path)"),
        row("another protocol", 400, "GET \(path) HTTPS/1.1", "Host: $AUTHORITY"),
        HostileRequest(
            group: .http, input: "TLS within TLS", outcome: .unrecorded(400),
            form: .connection([0x16, 0x03, 0x01, 0x00, 0x05, 0x01, 0x00, 0x00, 0x01, 0x00, 0x0d, 0x0a, 0x0d, 0x0a])),
        HostileRequest(
            group: .http, input: "16 KB of random bytes", outcome: .unrecorded(400),
            form: .connection([0xff] + (0..<16_384).map { _ in UInt8.random(in: .min ... .max) })),
        row(
            "a wish for HTTP/2 (h2c)", 200, "GET \(path) HTTP/1.1", "Host: $AUTHORITY",
            "Connection: Upgrade, HTTP2-Settings",
            "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA"),
        row(
            "no media type", 415, "POST /.well-known/est/hostile/simpleenroll HTTP/1.1", "Host: $AUTHORITY",
            "Authorization: Basic $SECRET", "Content-Length: 4", body: "AAAA"),
        row(
            "a media type that begins with the right one", 415, "POST /.well-known/est/hostile/simpleenroll HTTP/1.1",
            "Host: $AUTHORITY", "Authorization: Basic $SECRET", "Content-Type: application/pkcs10x",
            "Content-Length: 4", body: "AAAA"),
    ]
}
