internal import TestRequests

extension HostileRequest {
    private static func row(_ input: String, _ outcome: Outcome, _ request: TestRequest) -> HostileRequest {
        HostileRequest(group: .extensions, input: input, outcome: outcome, form: .request(request))
    }

    private static func usage(_ input: String, _ identifier: String) -> HostileRequest {
        row(
            input, .profile("extended-key-usage"),
            TestRequest(extensions: [TestRequest.usages([identifier])]))
    }

    private static func constraints(_ parts: [[UInt8]]) -> TestRequest {
        Part.extension("2.5.29.19", critical: true, TestRequest.sequence(parts))
    }

    private static let yes: [UInt8] = [0x01, 0x01, 0xff]
    private static let extensionRequest = "1.2.840.113549.1.9.14"
    private static let challengePassword = "1.2.840.113549.1.9.7"
    private static let unknown = "1.3.6.1.4.1.55555.1"

    /// RFC 5280 §4.2, RFC 2985 §5.4, RFC 2986 §4.1, design §8.
    static let extensionsAndAttributes: [HostileRequest] = authority + usages + unknownExtensions + periods + attributes

    private static let authority: [HostileRequest] = [
        row("CA:TRUE", .profile("basic-constraints"), constraints([yes])),
        row("CA:TRUE with a path length", .profile("basic-constraints"), constraints([yes, Part.integer([0])])),
        row("a path length without CA:TRUE", .profile("basic-constraints"), constraints([Part.integer([5])])),
        row("CA:TRUE as BER writes it (01)", .malformed, constraints([[0x01, 0x01, 0x01]])),
        row("basicConstraints that are no SEQUENCE", .malformed, Part.extension("2.5.29.19", [0x05, 0x00])),
        row(
            "keyCertSign", .profile("key-usage"),
            TestRequest(extensions: [TestRequest.keyUsage(0x04)])),
        row(
            "a keyUsage without a bit", .profile("key-usage"), Part.extension("2.5.29.15", [0x03, 0x01, 0x00])),
        row("a keyUsage whose unused bits are set", .malformed, Part.extension("2.5.29.15", [0x03, 0x02, 0x07, 0xff])),
        row("a keyUsage that is an INTEGER", .malformed, Part.extension("2.5.29.15", [0x02, 0x01, 0x05])),
        row(
            "nameConstraints, critical", .profile("extension.critical"),
            Part.extension("2.5.29.30", critical: true, [0x30, 0x00])),
    ]

    private static let usages: [HostileRequest] = [
        usage("anyExtendedKeyUsage", "2.5.29.37.0"),
        usage("ocspSigning", "1.3.6.1.5.5.7.3.9"),
        usage("serverAuth", "1.3.6.1.5.5.7.3.1"),
        usage("cmcRA", "1.3.6.1.5.5.7.3.28"),
        usage("an unknown extended key usage", "1.3.6.1.4.1.55555.2"),
        row("an extendedKeyUsage without a usage", .malformed, TestRequest(extensions: [TestRequest.usages([])])),
    ]

    private static let unknownExtensions: [HostileRequest] = [
        row(
            "an unknown critical extension", .profile("extension.critical"),
            Part.extension(unknown, critical: true, [0x05, 0x00])),
        row(
            "an unknown extension, not critical and not on the list to ignore", .profile("extension.unknown"),
            Part.extension(unknown, [0x05, 0x00])),
        row(
            "an authorityInfoAccess of its own", .profile("extension.unknown"),
            Part.extension("1.3.6.1.5.5.7.1.1", [0x30, 0x00])),
        row(
            "an extension twice", .malformed,
            TestRequest(extensions: [TestRequest.keyUsage(0x80), TestRequest.keyUsage(0x80)])),
        row(
            "an unknown extension twice", .malformed,
            TestRequest(extensions: [
                TestRequest.extensionRequest(unknown, [0x05, 0x00]),
                TestRequest.extensionRequest(unknown, [0x05, 0x00]),
            ])),
        row(
            "an extension without a value", .malformed,
            TestRequest(extensions: [TestRequest.sequence([TestRequest.identifier(unknown)])])),
        row(
            "an extension whose value is no OCTET STRING", .malformed,
            TestRequest(extensions: [TestRequest.sequence([TestRequest.identifier(unknown), [0x05, 0x00]])])),
        row(
            "an extensionRequest without an extension", .malformed,
            TestRequest(attributes: [TestRequest.attribute(extensionRequest, [TestRequest.sequence([])])])),
    ]

    /// RFC 5280 §4.1.2.5.2: GeneralizedTime in GMT, with seconds and without fractions.
    private static let periods: [HostileRequest] = [
        row("an end past 2050", .profile("validity"), Part.until("20990101000000Z")),
        row("an end in the year 9999", .profile("validity"), Part.until("99991231235959Z")),
        row("an end in the past", .profile("validity"), Part.until("20200101000000Z")),
        row("an end in the year 0000", .profile("validity"), Part.until("00000101000000Z")),
        row(
            "a start in the future", .profile("validity"),
            Part.extension(
                "2.5.29.16", TestRequest.sequence([TestRequest.element(0x80, Array("20990101000000Z".utf8))]))),
        row("an end on 30 February", .malformed, Part.until("20990230000000Z")),
        row("an end in month 13", .malformed, Part.until("20991301000000Z")),
        row("an end at 25 o'clock", .malformed, Part.until("20990101250000Z")),
        row("an end with a fraction of a second", .malformed, Part.until("20990101000000.5Z")),
        row("an end with an offset", .malformed, Part.until("20990101000000+0100")),
        row("an end without seconds", .malformed, Part.until("209901010000Z")),
        row("an end without Z", .malformed, Part.until("20990101000000")),
        row("an end that is no time", .malformed, Part.until("next week")),
    ]

    private static let attributes: [HostileRequest] = [
        row(
            "two extensionRequest attributes", .malformed,
            TestRequest(
                extensions: [TestRequest.keyUsage(0x80)],
                attributes: [
                    TestRequest.attribute(extensionRequest, [TestRequest.sequence([TestRequest.usages(["1.2.3"])])])
                ])),
        row(
            "an extensionRequest with two values", .malformed,
            TestRequest(attributes: [
                TestRequest.attribute(
                    extensionRequest,
                    [
                        TestRequest.sequence([TestRequest.keyUsage(0x80)]),
                        TestRequest.sequence([TestRequest.usages(["1.3.6.1.5.5.7.3.2"])]),
                    ])
            ])),
        row(
            "an extensionRequest without a value", .malformed,
            TestRequest(attributes: [TestRequest.attribute(extensionRequest, [])])),
        row(
            "an unknown attribute without a value", .malformed,
            TestRequest(attributes: [TestRequest.attribute(unknown, [])])),
        row(
            "an unknown attribute twice", .malformed,
            TestRequest(attributes: [
                TestRequest.attribute(unknown, [[0x05, 0x00]]), TestRequest.attribute(unknown, [[0x02, 0x01, 0x01]]),
            ])),
        row(
            "an attribute whose values are a SEQUENCE", .malformed,
            TestRequest(attributes: [
                TestRequest.sequence([TestRequest.identifier(unknown), TestRequest.sequence([[0x05, 0x00]])])
            ])),
        row(
            "two challengePasswords", .malformed,
            TestRequest(attributes: [
                TestRequest.attribute(challengePassword, [TestRequest.string(.utf8String, "a")]),
                TestRequest.attribute(challengePassword, [TestRequest.string(.utf8String, "b")]),
            ])),
        row(
            "a challengePassword with two values", .malformed,
            TestRequest(attributes: [
                TestRequest.attribute(
                    challengePassword, [TestRequest.string(.utf8String, "a"), TestRequest.string(.utf8String, "b")])
            ])),
        row(
            "a challengePassword of 20,000 characters", .refused(400, "channel-binding-mismatch"),
            TestRequest(attributes: [
                TestRequest.attribute(challengePassword, [TestRequest.string(.utf8String, Part.repeated("a", 20_000))])
            ])),
        row(
            "a challengePassword with NUL", .refused(400, "channel-binding-mismatch"),
            TestRequest(attributes: [
                TestRequest.attribute(challengePassword, [TestRequest.string(.utf8String, "\u{0}")])
            ])),
        row(
            "a challengePassword that is an INTEGER", .malformed,
            TestRequest(attributes: [TestRequest.attribute(challengePassword, [[0x02, 0x01, 0x05]])])),
        row(
            "2,000 unknown attributes, all different: issued", .issued,
            TestRequest(
                attributes: (0..<2_000).map { TestRequest.attribute("\(unknown).\($0)", [[0x05, 0x00]]) })),
    ]
}
