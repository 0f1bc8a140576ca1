internal import TestRequests

extension HostileRequest {
    private static func row(_ input: String, _ outcome: Outcome, _ subject: [UInt8]) -> HostileRequest {
        HostileRequest(
            group: .subject, input: input, outcome: outcome, form: .request(TestRequest(subject: subject)))
    }

    private static func issued(
        _ input: String, _ subject: [UInt8], _ check: CertificateCheck, extensions: [[UInt8]] = []
    ) -> HostileRequest {
        HostileRequest(
            group: .subject, input: input, outcome: .issued,
            form: .request(TestRequest(subject: subject, extensions: extensions)), check: check)
    }

    private static func utf8(_ text: String) -> [UInt8] { TestRequest.string(.utf8String, text) }

    /// RFC 5280 §4.1.2.4, §4.1.2.6 and appendix A: string types and lengths; RFC 2986 §4.1: the structure.
    static let subjects: [HostileRequest] = sizes + characters + stringTypes + structures + hostNames

    private static let sizes: [HostileRequest] = [
        row(
            "a subject of 16 KB: one OU", .profile("subject.length"),
            TestRequest.name([(Part.organizationalUnit, .utf8String, Part.repeated("a", 16_384))])),
        row(
            "a subject of 16 KB: 800 OUs", .profile("subject.count"),
            TestRequest.name(
                (0..<800).map { (Part.organizationalUnit, TestRequest.StringType.utf8String, "unit-\($0)") })),
        row("a CN of 65 characters", .profile("subject.length"), Part.cn(Part.repeated("a", 65))),
        row("an empty CN", .profile("subject.length"), Part.cn("")),
        row("an empty subject and no subjectAltName", .profile("subject.required"), TestRequest.sequence([])),
        issued(
            "an empty subject and a DNS name: issued with a critical subjectAltName", TestRequest.sequence([]),
            .contains([0x06, 0x03, 0x55, 0x1d, 0x11, 0x01, 0x01, 0xff]),
            extensions: [TestRequest.alternativeNames([TestRequest.dns("x1-no-subject.example.com")])]),
        row("a C of three letters", .profile("subject.length"), TestRequest.name([("2.5.4.6", .utf8String, "DEU")])),
        row(
            "two CNs", .profile("subject.count"),
            TestRequest.name([(Part.commonName, .utf8String, "x1-a"), (Part.commonName, .utf8String, "x1-b")])),
        row(
            "two CNs in one RDN", .profile("subject.count"),
            TestRequest.sequence([
                TestRequest.element(
                    0x31,
                    [
                        TestRequest.sequence([TestRequest.identifier(Part.commonName), utf8("x1-a")]),
                        TestRequest.sequence([TestRequest.identifier(Part.commonName), utf8("x1-b")]),
                    ])
            ])),
        row(
            "an attribute that the profile does not list", .profile("subject.attribute"),
            TestRequest.name([("2.5.4.42", .utf8String, "Eve")])),
    ]

    private static let characters: [HostileRequest] = [
        row("NUL in a CN", .profile("subject.encoding"), Part.cn("x1.example.com\u{0}.evil.test")),
        row("a control character in a CN (BEL)", .profile("subject.encoding"), Part.cn("x1-\u{7}")),
        row("a line end in a CN", .profile("subject.encoding"), Part.cn("x1-\r\nSet-Cookie: a=b")),
        row("a C1 control character in a CN (U+0085)", .profile("subject.encoding"), Part.cn("x1-\u{85}")),
        row("a right-to-left override in a CN (U+202E)", .profile("subject.encoding"), Part.cn("x1-\u{202e}moc")),
        row("a bidirectional isolate in a CN (U+2066)", .profile("subject.encoding"), Part.cn("x1-\u{2066}a")),
        row("a zero-width space in a CN (U+200B)", .profile("subject.encoding"), Part.cn("x1-\u{200b}a")),
        row("a tag character in a CN (U+E0041)", .profile("subject.encoding"), Part.cn("x1-\u{e0041}")),
        row("a noncharacter in a CN (U+FFFE)", .profile("subject.encoding"), Part.cn("x1-\u{fffe}")),
        row("an overlong UTF-8 sequence", .malformed, Part.subject(tag: 0x0c, [0x78, 0xc0, 0xaf])),
        row("a surrogate in UTF-8", .malformed, Part.subject(tag: 0x0c, [0x78, 0xed, 0xa0, 0x80])),
        row("UTF-8 beyond U+10FFFF", .malformed, Part.subject(tag: 0x0c, [0xf4, 0x90, 0x80, 0x80])),
        row("a UTF-8 sequence that is cut off", .malformed, Part.subject(tag: 0x0c, [0x78, 0xe2, 0x82])),
    ]

    private static let stringTypes: [HostileRequest] = [
        issued("a CN as BMPString: issued as UTF8String", Part.cn("x1-bmp", .bmpString), .contains(utf8("x1-bmp"))),
        issued(
            "a CN as UniversalString: issued as UTF8String", Part.cn("x1-universal", .universalString),
            .contains(utf8("x1-universal"))),
        issued(
            "a CN as T61String, ASCII: issued as UTF8String", Part.cn("x1-t61", .teletexString),
            .contains(utf8("x1-t61"))),
        issued(
            "a CN as IA5String: issued as UTF8String", Part.cn("x1-ia5", .ia5String), .contains(utf8("x1-ia5"))),
        row("a T61String beyond ASCII", .profile("subject.encoding"), Part.subject(tag: 0x14, [0x78, 0xe4])),
        row("a BMPString of an odd length", .profile("subject.encoding"), Part.subject(tag: 0x1e, [0, 0x78, 0])),
        row("a lone surrogate in a BMPString", .profile("subject.encoding"), Part.subject(tag: 0x1e, [0xd8, 0])),
        row(
            "a UniversalString whose length is no multiple of four", .profile("subject.encoding"),
            Part.subject(tag: 0x1c, [0, 0, 0, 0x78, 0])),
        row(
            "a surrogate in a UniversalString", .profile("subject.encoding"),
            Part.subject(tag: 0x1c, [0, 0, 0xd8, 0])),
        row(
            "a UniversalString beyond U+10FFFF", .profile("subject.encoding"),
            Part.subject(tag: 0x1c, [0x00, 0x11, 0, 0])),
        row("a PrintableString with «@»", .profile("subject.encoding"), Part.cn("x1@a", .printableString)),
        row("an IA5String beyond ASCII", .profile("subject.encoding"), Part.subject(tag: 0x16, [0x78, 0xe4])),
        row(
            "a serialNumber that no PrintableString can hold", .profile("subject.encoding"),
            TestRequest.name([("2.5.4.5", .utf8String, "x1_ä")])),
        row("a CN that is an INTEGER", .profile("subject.encoding"), Part.subject(value: [0x02, 0x01, 0x05])),
        row("a CN that is an OCTET STRING", .profile("subject.encoding"), Part.subject(tag: 0x04, [0x78, 0x31])),
        row("a CN that is a NULL", .profile("subject.encoding"), Part.subject(value: [0x05, 0x00])),
        row(
            "a CN that is a SEQUENCE of strings", .profile("subject.encoding"),
            Part.subject(value: TestRequest.sequence([utf8("x1")]))),
    ]

    private static let structures: [HostileRequest] = [
        row("a subject that is a SET", .malformed, TestRequest.element(0x31, [UInt8]())),
        row(
            "an RDN that is a SEQUENCE", .malformed,
            TestRequest.sequence([
                TestRequest.sequence([
                    TestRequest.sequence([TestRequest.identifier(Part.commonName), utf8("x1")])
                ])
            ])),
        row("an RDN without an attribute", .malformed, TestRequest.sequence([TestRequest.element(0x31, [UInt8]())])),
        row(
            "an attribute without a value", .malformed,
            TestRequest.sequence([
                TestRequest.element(0x31, TestRequest.sequence([TestRequest.identifier(Part.commonName)]))
            ])),
        row(
            "an attribute with two values", .malformed,
            TestRequest.sequence([
                TestRequest.element(
                    0x31, TestRequest.sequence([TestRequest.identifier(Part.commonName), utf8("a"), utf8("b")]))
            ])),
        row(
            "a constructed string (BER) as CN", .malformed,
            Part.subject(value: TestRequest.element(0x2c, utf8("x1")))),
    ]

    private static let hostNames: [HostileRequest] = [
        row("a CN of another domain", .profile("subject.common-name"), Part.cn("www.evil.test")),
        row(
            "a CN with full-width dots", .profile("subject.common-name"),
            Part.cn("www\u{ff0e}example\u{ff0e}com")),
        row("a wildcard as CN", .profile("subject-alternative-name.wildcard"), Part.cn("*.example.com")),
        row("the cluster's own host name as CN", .profile("subject-alternative-name.reserved"), Part.cn("localhost")),
        row("the cluster's own address as CN", .profile("subject-alternative-name.reserved"), Part.cn("127.0.0.1")),
    ]
}
