internal import TestRequests

extension HostileRequest {
    private static func row(_ input: String, _ outcome: Outcome, _ request: TestRequest) -> HostileRequest {
        HostileRequest(group: .alternativeName, input: input, outcome: outcome, form: .request(request))
    }

    /// A DNS name that the rule for DNS names refuses.
    private static func dns(_ input: String, _ name: String) -> HostileRequest {
        row(input, .profile("subject-alternative-name.dns"), Part.dns(name))
    }

    private static func uri(_ input: String, _ name: String) -> HostileRequest {
        row(input, .profile("subject-alternative-name.uri"), Part.uri(name))
    }

    private static func ip(_ input: String, _ bytes: [UInt8]) -> HostileRequest {
        row(input, .profile("subject-alternative-name.ip"), Part.name(TestRequest.ip(bytes)))
    }

    private static func kind(_ input: String, _ name: [UInt8]) -> HostileRequest {
        row(input, .profile("subject-alternative-name.kind"), Part.name(name))
    }

    /// RFC 5280 §4.2.1.6; RFC 5890 §2.3.2.1 for A-labels; conformance E4 for what a suffix admits.
    static let alternativeNames: [HostileRequest] =
        amounts + hostNames + internationalNames + wildcards + otherKinds + ownHosts

    private static let amounts: [HostileRequest] = [
        row(
            "2,500 names", .profile("subject-alternative-name.count"),
            TestRequest(extensions: [
                TestRequest.alternativeNames((0..<2_500).map { TestRequest.dns("\($0).example.com") })
            ])),
        row(
            "no name", .malformed, TestRequest(extensions: [TestRequest.alternativeNames([])])),
        row("bytes after the list of names", .malformed, Part.extension("2.5.29.17", [0x30, 0x00, 0x00])),
    ]

    private static let hostNames: [HostileRequest] = [
        dns("an empty DNS name", ""),
        dns("NUL in a DNS name", "x1.example.com\u{0}.evil.test"),
        dns("NUL in a DNS name, before the suffix", "evil.test\u{0}.example.com"),
        dns("a trailing dot", "x1.example.com."),
        dns("a leading dot", ".example.com"),
        dns("an empty label", "x1..example.com"),
        dns("a label of 64 characters", Part.repeated("a", 64) + ".example.com"),
        dns("a DNS name of 254 characters", Part.repeated("abcdef.", 34) + "abcd.example.com"),
        dns("a space in a DNS name", "x1 .example.com"),
        dns("an underscore in a DNS name", "_x1.example.com"),
        dns("a hyphen at the start of a label", "-x1.example.com"),
        dns("a DNS name that is an address", "10.0.0.1"),
        dns("a suffix without a label boundary", "notexample.com"),
    ]

    private static let internationalNames: [HostileRequest] = [
        dns("a U-label in UTF-8", "bücher.example.com"),
        row(
            "a U-label in ISO 8859-1", .profile("subject-alternative-name.dns"),
            Part.dns([0x62, 0xfc, 0x63, 0x68] + Array(".example.com".utf8))),
        row(
            "a valid A-label: issued", .issued,
            Part.dns("xn--bcher-kva.example.com")),
        dns("an A-label without contents", "xn--.example.com"),
        dns("an A-label that is no Punycode", "xn--a.example.com"),
        dns("an A-label of ASCII only", "xn--abc-.example.com"),
        dns("an A-label of another form than its U-label has", "xn--Bcher-KVA-.example.com"),
        dns("hyphens in third and fourth place, and no A-label", "ab--c.example.com"),
    ]

    private static let wildcards: [HostileRequest] = [
        row("a wildcard that is listed: issued", .issued, Part.dns("*.wild.example.com")),
        row(
            "a wildcard that is not listed", .profile("subject-alternative-name.wildcard"), Part.dns("*.example.com")),
        dns("a wildcard alone", "*"),
        dns("a wildcard and a dot", "*."),
        dns("a wildcard within a label", "a*.wild.example.com"),
        dns("two wildcards", "*.*.wild.example.com"),
        dns("a wildcard that is not the first label", "x1.*.wild.example.com"),
    ]

    private static let otherKinds: [HostileRequest] = [
        uri("an empty URI", ""),
        uri("a relative URI", "/devices/1"),
        uri("dot segments in a URI", "https://example.com/devices/../admin"),
        uri("user information in a URI", "https://example.com@evil.test/devices/1"),
        uri("NUL in a URI", "urn:dev:1\u{0}2"),
        uri("a space in a URI", "urn:dev:1 2"),
        uri("a URI that is not ASCII", "urn:dev:ä"),
        uri("a URI without the listed prefix", "urn:other:1"),
        row(
            "an empty mailbox", .profile("subject-alternative-name.email"), Part.name(TestRequest.email(""))),
        row(
            "a mailbox with two «@»", .profile("subject-alternative-name.email"),
            Part.name(TestRequest.email("x1@evil.test@example.com"))),
        row(
            "NUL in a mailbox", .profile("subject-alternative-name.email"),
            Part.name(TestRequest.email("x1\u{0}@example.com"))),
        ip("an address of no bytes", []),
        ip("an address of three bytes", [10, 0, 0]),
        ip("an address of 17 bytes", [UInt8](repeating: 10, count: 17)),
        ip("an address with a mask", [10, 0, 0, 0, 255, 0, 0, 0]),
        kind("an otherName", TestRequest.element(0xa0, [TestRequest.identifier("1.2.3"), [0xa0, 0x02, 0x05, 0x00]])),
        kind("an x400Address", [0xa3, 0x02, 0x30, 0x00]),
        kind("a directoryName", TestRequest.element(0xa4, TestRequest.name([]))),
        kind(
            "an ediPartyName",
            TestRequest.element(0xa5, TestRequest.element(0xa1, TestRequest.string(.utf8String, "a")))),
        kind("a registeredID", [0x88, 0x02, 0x2a, 0x03]),
        row("a kind of name that does not exist ([9])", .malformed, Part.name([0x89, 0x01, 0x41])),
        row(
            "a name without its tag", .malformed, Part.name(TestRequest.string(.ia5String, "x1.example.com"))),
        row(
            "a constructed DNS name (BER)", .malformed,
            Part.name(TestRequest.element(0xa2, TestRequest.string(.ia5String, "x1.example.com")))),
    ]

    private static let ownHosts: [HostileRequest] = [
        row(
            "the cluster's own host name", .profile("subject-alternative-name.reserved"), Part.dns("localhost")),
        row(
            "the cluster's own host name in capitals", .profile("subject-alternative-name.reserved"),
            Part.dns("LOCALHOST")),
        row(
            "the cluster's own address", .profile("subject-alternative-name.reserved"),
            Part.name(TestRequest.ip([127, 0, 0, 1]))),
        row(
            "the cluster's own address, mapped to IPv6", .profile("subject-alternative-name.reserved"),
            Part.name(TestRequest.ip([UInt8](repeating: 0, count: 10) + [255, 255, 127, 0, 0, 1]))),
        row(
            "a URI with the cluster's own host", .profile("subject-alternative-name.reserved"),
            Part.uri("https://localhost/devices/1")),
        row(
            "a mailbox at the cluster's own host", .profile("subject-alternative-name.reserved"),
            Part.name(TestRequest.email("x1@localhost"))),
    ]
}
