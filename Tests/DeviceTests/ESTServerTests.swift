internal import Testing

@testable internal import Device

@Suite struct ESTServerTests {
    @Test(
        "An address names host, port and label",
        arguments: [
            ("https://est.example.com", "est.example.com", 443, nil, "/.well-known/est/cacerts"),
            ("est.example.com:8443", "est.example.com", 8443, nil, "/.well-known/est/cacerts"),
            ("https://[2001:db8::1]:8443/", "2001:db8::1", 8443, nil, "/.well-known/est/cacerts"),
            ("10.0.0.1:1", "10.0.0.1", 1, nil, "/.well-known/est/cacerts"),
            ("HTTPS://h/.well-known/est", "h", 443, nil, "/.well-known/est/cacerts"),
            ("https://h:9/.well-known/est/pumps/", "h", 9, "pumps", "/.well-known/est/pumps/cacerts"),
        ] as [(String, String, Int, String?, String)])
    func addresses(_ text: String, _ host: String, _ port: Int, _ label: String?, _ path: String) throws {
        let server = try ESTServer(text)
        #expect(server.host == host && server.port == port && server.label == label)
        #expect(server.path("cacerts") == path)
        #expect(try ESTServer(server.description) == server)
    }

    @Test("A label may be given apart") func label() throws {
        #expect(try ESTServer("h", label: "a").path("csrattrs") == "/.well-known/est/a/csrattrs")
        #expect(try ESTServer("h/.well-known/est/a", label: "a").label == "a")
        #expect(throws: ESTServer.InvalidAddress.self) { try ESTServer("h/.well-known/est/b", label: "a") }
    }

    @Test(
        "What is no address says so",
        arguments: [
            "", "http://h", "https://", "https://user:secret@h", "https://h?x", "https://h/est", "https://h:0",
            "https://h:65536", "h/.well-known/est/simpleenroll", "h/.well-known/est/a/b", "h/.well-known/est/a%2fb",
            "h/.well-known/est/..",
        ])
    func invalid(_ text: String) {
        #expect(throws: ESTServer.InvalidAddress.self) { try ESTServer(text) }
    }

    @Test(
        "Redirections stay on the server, or don't",
        arguments: [
            ("/x/cacerts", .here(path: "/x/cacerts")), ("cacerts", .here(path: "/.well-known/est/cacerts")),
            ("https://EST.example.com/a?b=c", .here(path: "/a?b=c")),
            ("https://est.example.com:443", .here(path: "/")), ("//est.example.com/a", .here(path: "/a")),
            ("https://est.example.com:444/a", .elsewhere("https://est.example.com:444/a")),
            ("http://est.example.com/a", .elsewhere("http://est.example.com/a")),
            ("https://other.example.com/a", .elsewhere("https://other.example.com/a")),
            ("https://u:p@est.example.com/a", .elsewhere("https://u:p@est.example.com/a")), ("https://", nil),
        ] as [(String, ESTServer.Redirection?)])
    func redirections(_ location: String, _ expected: ESTServer.Redirection?) throws {
        let server = try ESTServer("https://est.example.com")
        #expect(server.redirection(location, from: "/.well-known/est/csrattrs") == expected)
    }
}
