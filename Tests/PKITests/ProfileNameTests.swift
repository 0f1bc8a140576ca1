internal import Foundation
internal import SwiftASN1
internal import TestRequests
internal import Testing
internal import X509

@testable internal import PKI

/// Subjects and alternative names that a profile judges (conformance E3, E4, X1).
struct ProfileNameTests {
    private static let email = "subject-alternative-name.email"
    private static let dns = "subject-alternative-name.dns"
    private static let reserved = "subject-alternative-name.reserved"
    private static let wildcard = "subject-alternative-name.wildcard"
    private static let uri = "subject-alternative-name.uri"
    private static let ip = "subject-alternative-name.ip"

    static let names: [(name: [UInt8], rule: String?)] = [
        (TestRequest.dns("example.com"), nil), (TestRequest.dns("a.example.com"), nil),
        (TestRequest.dns("A.Example.COM"), nil), (TestRequest.dns("xn--bcher-kva.example.com"), nil),
        (TestRequest.dns("gateway"), nil), (TestRequest.dns("notexample.com"), dns),
        (TestRequest.dns("example.com."), dns), (TestRequest.dns("xn--99999999999.example.com"), dns),
        (TestRequest.dns("bücher.example.com"), dns), (TestRequest.dns("a\u{0}.example.com"), dns),
        (TestRequest.dns(""), dns), (TestRequest.dns("evil.org"), dns), (TestRequest.dns("_x.example.com"), dns),
        (TestRequest.dns("*.example.com"), reserved), (TestRequest.dns("*.a.example.com"), wildcard),
        (TestRequest.dns("*.wild.example.com"), nil), (TestRequest.dns("*.b.wild.example.com"), nil),
        (TestRequest.dns("*.notwild.example.com"), wildcard), (TestRequest.dns("*"), dns),
        (TestRequest.dns("EST.example.com"), reserved), (TestRequest.dns("localhost"), reserved),
        (TestRequest.dns("10.0.0.1"), dns),
        (TestRequest.ip([10, 1, 2, 3]), nil), (TestRequest.ip([11, 1, 2, 3]), ip), (TestRequest.ip([10, 1, 2]), ip),
        (TestRequest.ip([]), ip), (TestRequest.ip([10, 0, 0, 53]), reserved),
        (TestRequest.ip([127, 0, 0, 1]), reserved),
        (TestRequest.ip([10, 0, 0, 0, 255, 0, 0, 0]), ip),
        (TestRequest.ip([0x20, 0x01, 0x0d, 0xb8] + [UInt8](repeating: 1, count: 12)), nil),
        (TestRequest.ip([0x20, 0x01, 0x0d, 0xb9] + [UInt8](repeating: 1, count: 12)), ip),
        (TestRequest.ip([UInt8](repeating: 0, count: 15) + [1]), reserved),
        // ::ffff:10.0.0.53 is the reserved address, and ::ffff:10.1.1.1 is in no IPv6 network.
        (TestRequest.ip([UInt8](repeating: 0, count: 10) + [0xff, 0xff, 10, 0, 0, 53]), reserved),
        (TestRequest.ip([UInt8](repeating: 0, count: 10) + [0xff, 0xff, 10, 1, 1, 1]), ip),
        (TestRequest.uri("urn:example:42"), nil), (TestRequest.uri("https://example.com/devices/1?x#y"), nil),
        (TestRequest.uri("https://example.org"), nil), (TestRequest.uri("https://example.org/x"), nil),
        (TestRequest.uri("https://example.org.evil/x"), uri), (TestRequest.uri("https://example.org@evil/x"), uri),
        (TestRequest.uri("https://example.org:1@evil/x"), uri), (TestRequest.uri("https://example.com/devices"), uri),
        (TestRequest.uri("https://example.com/devices/../admin"), uri),
        (TestRequest.uri("https://example.com/devices/%2E./admin"), uri), (TestRequest.uri("urn:other:1"), uri),
        (TestRequest.uri("urn:example:a b"), uri), (TestRequest.uri(""), uri), (TestRequest.uri("nothing"), uri),
        (TestRequest.uri("https://est.example.com/x"), reserved),
        (TestRequest.uri("https://u@localhost:443/x"), reserved), (TestRequest.uri("https://[::1]/x"), reserved),
        (TestRequest.uri("https://example.org%2Eevil/x"), uri), (TestRequest.uri("https://localhost./x"), uri),
        (TestRequest.email("a@example.com"), nil), (TestRequest.email("a@Example.com"), nil),
        (TestRequest.email("a@b.example.com"), email), (TestRequest.email("example.com"), email),
        (TestRequest.email("@example.com"), email), (TestRequest.email("a@b@example.com"), email),
        (TestRequest.email("a b@example.com"), email), (TestRequest.email("ä@example.com"), email),
        (TestRequest.email("a@est.example.com"), reserved), (TestRequest.email(""), email),
        // otherName, directoryName, registeredID.
        (
            DERWriter.element(
                0xa0, [TestRequest.identifier("1.2.3"), DERWriter.element(0xa0, [0x05, 0x00] as [UInt8])]),
            "subject-alternative-name.kind"
        ),
        (DERWriter.element(0xa4, TestRequest.name([])), "subject-alternative-name.kind"),
        (DERWriter.element(0x88, [0x2a, 0x03] as [UInt8]), "subject-alternative-name.kind"),
    ]

    @Test(arguments: names.indices)
    func alternativeNames(index: Int) throws {
        let (name, rule) = Self.names[index]
        let request = TestRequest(extensions: [TestRequest.alternativeNames([name])])
        #expect(try Profile.test.refusal(request) == rule, "\(DisplayText.escape(bytes: name.dropFirst(2)))")
        // With nothing listed, nothing is allowed.
        var profile = Profile.test
        profile.names.dnsSuffixes = []
        profile.names.dnsWildcards = []
        profile.names.ipNetworks = []
        profile.names.uriPrefixes = []
        profile.names.emailDomains = []
        #expect(try profile.refusal(request) != nil)
    }

    @Test func everyDNSNameWhereTheStarIsListed() throws {
        var profile = Profile.test
        profile.names.dnsSuffixes = ["*"]
        func refusal(_ name: String) throws -> String? {
            try profile.refusal(TestRequest(extensions: [TestRequest.alternativeNames([TestRequest.dns(name)])]))
        }
        #expect(try refusal("whatever.org") == nil)
        #expect(try refusal("host") == nil)
        #expect(try refusal("*.whatever.org") == Self.wildcard)
        #expect(try refusal("est.example.com") == Self.reserved)
    }

    @Test func theCountOfNamesIsBounded() throws {
        func refusal(_ count: Int) throws -> String? {
            let names = (0..<count).map { TestRequest.dns("d\($0).example.com") }
            return try Profile.test.refusal(TestRequest(extensions: [TestRequest.alternativeNames(names)]))
        }
        #expect(try refusal(8) == nil)
        #expect(try refusal(9) == "subject-alternative-name.count")
        #expect(try refusal(2_500) == "subject-alternative-name.count")
    }

    static let subjects: [(subject: [(String, TestRequest.StringType, String)], rule: String?)] = [
        ([("2.5.4.3", .utf8String, "device-1")], nil), ([("2.5.4.3", .printableString, "device 1")], nil),
        ([("2.5.4.3", .utf8String, "Gerät 1")], nil), ([("2.5.4.3", .bmpString, "Gerät 1")], nil),
        ([("2.5.4.3", .teletexString, "device")], nil), ([("2.5.4.3", .universalString, "device")], nil),
        ([("2.5.4.3", .ia5String, "device")], nil), ([("2.5.4.3", .teletexString, "Gerät")], "subject.encoding"),
        ([("2.5.4.3", .printableString, "a@b")], "subject.encoding"),
        ([("2.5.4.3", .utf8String, "")], "subject.length"),
        ([("2.5.4.3", .utf8String, String(repeating: "a", count: 65))], "subject.length"),
        ([("2.5.4.3", .utf8String, String(repeating: "a", count: 16_384))], "subject.length"),
        ([("2.5.4.3", .utf8String, "a\u{0}b")], "subject.encoding"),
        ([("2.5.4.3", .utf8String, "a\u{202e}b")], "subject.encoding"),
        ([("2.5.4.3", .utf8String, "a.example.com")], nil), ([("2.5.4.3", .utf8String, "A.EXAMPLE.com")], nil),
        ([("2.5.4.3", .utf8String, "a.evil.org")], "subject.common-name"),
        ([("2.5.4.3", .utf8String, "notexample.com")], "subject.common-name"),
        ([("2.5.4.3", .utf8String, "a.example.com.")], "subject.common-name"),
        ([("2.5.4.3", .utf8String, "a.example.com ")], "subject.common-name"),
        ([("2.5.4.3", .utf8String, "bücher.example.com")], "subject.common-name"),
        ([("2.5.4.3", .utf8String, "*.evil.org")], wildcard),
        ([("2.5.4.3", .utf8String, "*.example.com")], reserved),
        ([("2.5.4.3", .utf8String, "est.example.com")], reserved),
        ([("2.5.4.3", .utf8String, "LocalHost")], reserved), ([("2.5.4.3", .utf8String, "127.0.0.1")], reserved),
        ([("2.5.4.3", .utf8String, "10.1.1.1")], nil), ([("2.5.4.3", .utf8String, "11.1.1.1")], "subject.common-name"),
        ([("2.5.4.3", .utf8String, "Model 2.0 (rev. B)")], nil), ([("2.5.4.3", .utf8String, "gateway")], nil),
        ([("2.5.4.3", .utf8String, "a"), ("2.5.4.3", .utf8String, "b.evil.org")], "subject.common-name"),
        (
            [("2.5.4.3", .utf8String, "a"), ("2.5.4.3", .utf8String, "b"), ("2.5.4.3", .utf8String, "c")],
            "subject.count"
        ),
        ([("2.5.4.5", .printableString, "AB123")], nil), ([("2.5.4.5", .printableString, "xAB123")], "subject.pattern"),
        ([("2.5.4.5", .printableString, "AB123x")], "subject.pattern"), ([("2.5.4.5", .utf8String, "AB12")], nil),
        ([("2.5.4.6", .printableString, "DE"), ("2.5.4.3", .utf8String, "a")], nil),
        ([("2.5.4.6", .printableString, "DEU")], "subject.length"),
        ([("2.5.4.7", .utf8String, "Berlin")], "subject.attribute"),
        ([("1.2.840.113549.1.9.1", .ia5String, "a@example.com")], "subject.attribute"),
        ([("1.2.3.4", .utf8String, "x")], "subject.attribute"), ([], "subject.required"),
    ]

    @Test(arguments: subjects.indices)
    func subjectsOf(index: Int) throws {
        let (subject, rule) = Self.subjects[index]
        #expect(try Profile.test.refusal(TestRequest(subject: TestRequest.name(subject))) == rule, "\(subject)")
    }

    @Test func requiredAttributesAreRequired() throws {
        var profile = Profile.test
        profile.subject.attributes[3].required = true
        #expect(try profile.refusal(TestRequest()) == "subject.required")
        profile.subject.attributes = []
        #expect(try profile.refusal(TestRequest()) == "subject.attribute")
    }

    @Test func anEmptySubjectTakesACriticalAlternativeName() throws {
        let request = TestRequest(
            subject: TestRequest.name([]),
            extensions: [TestRequest.alternativeNames([TestRequest.dns("a.example.com")])])
        let admitted = try Profile.test.admit(request.request(), now: 0)
        #expect(try admitted.alternativeNameExtension()?.critical == true)
        #expect(admitted.names.map(\.description) == ["dns:a.example.com"])
        let named = TestRequest(extensions: request.extensions)
        #expect(try Profile.test.admit(named.request(), now: 0).alternativeNameExtension()?.critical == false)
        #expect(try Profile.test.admit(TestRequest().request(), now: 0).alternativeNameExtension() == nil)
    }

    @Test func stringTypesAreMadeThoseOfTheProfileOfX509() throws {
        let request = TestRequest(
            subject: TestRequest.name([
                ("2.5.4.6", .utf8String, "DE"), ("2.5.4.10", .bmpString, "Müller"), ("2.5.4.11", .printableString, "x"),
            ]))
        let admitted = try Profile.test.admit(request.request(), now: 0)
        let types = admitted.subject.outlines.joined().map(\.stringType)
        #expect(types == [.printableString, .utf8String, .printableString])
        #expect(admitted.subject.outlines.joined().map(\.text) == ["DE", "Müller", "x"])
        #expect(admitted.remarks.count == 2)
    }

    @Test func namesAreOwnedInOneSpelling() throws {
        let request = TestRequest(
            subject: TestRequest.name([("2.5.4.3", .utf8String, "A.example.com"), ("2.5.4.3", .utf8String, "Gateway")]),
            extensions: [
                TestRequest.alternativeNames([
                    TestRequest.dns("a.EXAMPLE.com"), TestRequest.email("X@Example.com"),
                    TestRequest.ip([10, 1, 1, 1]),
                    TestRequest.uri("urn:example:A"),
                ])
            ])
        #expect(
            try Profile.test.admit(request.request(), now: 0).names.map(\.description) == [
                "dns:a.example.com", "dns:gateway", "email:X@example.com", "ip:10.1.1.1", "uri:urn:example:A",
            ])
    }

    @Test func valuesInMessagesAreEscapedAndCut() throws {
        let request = TestRequest(extensions: [
            TestRequest.alternativeNames([TestRequest.dns("\u{1b}[31m\n" + String(repeating: "x", count: 9_000))])
        ])
        do {
            _ = try Profile.test.admit(request.request(), now: 0)
            Issue.record("admitted")
        } catch let violation as ProfileViolation {
            #expect(violation.value.hasPrefix("\\u{1b}[31m\\u{a}xxx"))
            #expect(violation.message.utf8.count < 1_000)
            #expect(violation.message.hasPrefix("subject-alternative-name.dns: «"))
        }
    }
}
