internal import Foundation
internal import SwiftASN1
internal import TestRequests
internal import Testing
internal import X509

@testable internal import PKI

/// The names of a renewal against those of the certificate (conformance R1, R2).
struct RenewalNamesTests {
    typealias Subject = [(String, TestRequest.StringType, String)]
    private static let cn = "2.5.4.3"
    private static let o = "2.5.4.10"

    private func difference(
        _ subject: [UInt8], _ names: [[UInt8]], from heldSubject: [UInt8], _ heldNames: [[UInt8]]
    ) throws -> String? {
        let authority = try TestAuthority("ours")
        var extensions = Certificate.Extensions()
        if !heldNames.isEmpty {
            try extensions.append(
                .init(oid: [2, 5, 29, 17], critical: false, value: TestRequest.sequence(heldNames)[...]))
        }
        let certificate = try authority.issue(
            to: DistinguishedName(derEncoded: DER.parse(heldSubject)), extensions: extensions)
        let request = TestRequest(
            subject: subject, extensions: names.isEmpty ? [] : [TestRequest.alternativeNames(names)])
        return try RenewalNames.difference(
            request: request.request(), certificate: Certificate(derEncoded: certificate.derBytes))
    }

    static let subjects: [(requested: Subject, held: Subject, equal: Bool)] = [
        ([(cn, .utf8String, "a")], [(cn, .utf8String, "a")], true),
        ([(cn, .printableString, "a")], [(cn, .utf8String, "a")], true),
        ([(cn, .bmpString, "Gerät")], [(cn, .utf8String, "gerät")], true),
        ([(cn, .utf8String, "Device 1")], [(cn, .utf8String, "dEVICE 1")], true),
        ([(cn, .utf8String, "  Device   1 ")], [(cn, .printableString, "Device 1")], true),
        ([(cn, .utf8String, "e\u{301}")], [(cn, .utf8String, "\u{e9}")], true),
        ([(cn, .utf8String, "Device1")], [(cn, .utf8String, "Device 1")], false),
        ([(cn, .utf8String, "a")], [(cn, .utf8String, "b")], false),
        ([(cn, .utf8String, "a")], [(o, .utf8String, "a")], false),
        ([(cn, .utf8String, "a"), (o, .utf8String, "x")], [(cn, .utf8String, "a"), (o, .utf8String, "x")], true),
        ([(o, .utf8String, "x"), (cn, .utf8String, "a")], [(cn, .utf8String, "a"), (o, .utf8String, "x")], false),
        ([(cn, .utf8String, "a")], [(cn, .utf8String, "a"), (o, .utf8String, "x")], false),
        ([(cn, .utf8String, "a"), (o, .utf8String, "x")], [(cn, .utf8String, "a")], false),
        ([], [(cn, .utf8String, "a")], false), ([(cn, .utf8String, "a")], [], false), ([], [], true),
        ([(cn, .utf8String, "a"), (cn, .utf8String, "a")], [(cn, .utf8String, "a")], false),

        // String types: what they say counts, where it can be known.
        ([(cn, .printableString, "Pump 1")], [(cn, .printableString, "Pump 1")], true),
        ([(cn, .teletexString, "Pump 1")], [(cn, .utf8String, "pump 1")], true),
        ([(cn, .ia5String, "pump 1")], [(cn, .printableString, "Pump 1")], true),
        ([(cn, .bmpString, "Pump 1")], [(cn, .printableString, "PUMP 1")], true),
        ([(cn, .universalString, "Pump 1")], [(cn, .teletexString, "pump 1")], true),
        ([(cn, .bmpString, "Насос")], [(cn, .utf8String, "насос")], true),
        ([(cn, .universalString, "Насос")], [(cn, .bmpString, "НАСОС")], true),
        // Beyond ASCII nobody knows what a TeletexString says: only the same bytes in the same type are the same.
        ([(cn, .teletexString, "Gerät")], [(cn, .teletexString, "Gerät")], true),
        ([(cn, .teletexString, "Gerät")], [(cn, .utf8String, "Gerät")], false),
        ([(cn, .printableString, "Pump_1")], [(cn, .utf8String, "Pump_1")], false),

        // Case, spaces, compatibility forms.
        ([(cn, .utf8String, "GERÄT")], [(cn, .utf8String, "gerät")], true),
        ([(cn, .utf8String, "A\u{30a}")], [(cn, .utf8String, "\u{e5}")], true),
        ([(cn, .utf8String, "\u{ff21}1")], [(cn, .utf8String, "a1")], true),
        ([(cn, .utf8String, "pump\u{a0}1")], [(cn, .utf8String, "pump 1")], true),
        ([(cn, .utf8String, "a  b   c")], [(cn, .utf8String, "a b c")], true),
        ([(cn, .utf8String, " a")], [(cn, .utf8String, "a")], true),
        ([(cn, .utf8String, "a\u{200b}b")], [(cn, .utf8String, "ab")], false),
        ([(cn, .utf8String, "pump-1")], [(cn, .utf8String, "pump 1")], false),
        ([(cn, .utf8String, "1")], [(cn, .utf8String, "01")], false),
        ([(cn, .utf8String, "a")], [(cn, .utf8String, "\u{430}")], false),
        ([(cn, .utf8String, "a.b")], [(cn, .utf8String, "a.b.")], false),
        ([(cn, .utf8String, "A.example.COM")], [(cn, .utf8String, "a.EXAMPLE.com")], true),

        // Which attribute, how often, in which order.
        ([("2.5.4.5", .printableString, "SN 1")], [("2.5.4.5", .printableString, "sn  1")], true),
        ([("2.5.4.5", .printableString, "1")], [(cn, .printableString, "1")], false),
        ([("2.5.4.6", .printableString, "DE")], [("2.5.4.6", .printableString, "de")], true),
        ([("1.2.3.4", .utf8String, "a")], [("1.2.3.4", .utf8String, "A")], true),
        ([("1.2.3.4", .utf8String, "a")], [("1.2.3.5", .utf8String, "a")], false),
        (
            [("0.9.2342.19200300.100.1.25", .ia5String, "example"), (cn, .utf8String, "a")],
            [("0.9.2342.19200300.100.1.25", .ia5String, "EXAMPLE"), (cn, .utf8String, "a")], true
        ),
        ([(o, .utf8String, "x"), (o, .utf8String, "y")], [(o, .utf8String, "x"), (o, .utf8String, "y")], true),
        ([(o, .utf8String, "y"), (o, .utf8String, "x")], [(o, .utf8String, "x"), (o, .utf8String, "y")], false),
        ([(o, .utf8String, "x"), (cn, .utf8String, "a")], [(o, .utf8String, "x"), (cn, .utf8String, "b")], false),
    ]

    @Test(arguments: subjects.indices)
    func subjectsAreCompared(index: Int) throws {
        let one = Self.subjects[index]
        let difference = try difference(TestRequest.name(one.requested), [], from: TestRequest.name(one.held), [])
        #expect((difference == nil) == one.equal, "\(difference ?? "equal")")
    }

    @Test func relativeNamesOfSeveralAttributesAreSets() throws {
        let cn = TestRequest.sequence([TestRequest.identifier("2.5.4.3"), TestRequest.string(.utf8String, "a")])
        let upper = TestRequest.sequence([TestRequest.identifier("2.5.4.3"), TestRequest.string(.utf8String, "A")])
        let o = TestRequest.sequence([TestRequest.identifier("2.5.4.10"), TestRequest.string(.utf8String, "x")])
        func name(_ attributes: [[UInt8]]...) -> [UInt8] {
            TestRequest.sequence(attributes.map { DERWriter.element(0x31, DERWriter.sorted($0)) })
        }
        #expect(try difference(name([cn, o]), [], from: name([o, upper]), []) == nil)
        #expect(try difference(name([cn], [o]), [], from: name([cn, o]), []) != nil)
        #expect(try difference(name([cn, o]), [], from: name([cn], [o]), []) != nil)
        #expect(try difference(name([cn]), [], from: name([cn, o]), []) != nil)
        #expect(try difference(name([cn, o], [cn]), [], from: name([cn], [cn, o]), []) != nil)
        #expect(try difference(name([cn, o], [cn]), [], from: name([upper, o], [upper]), []) == nil)
    }

    static let alternativeNames: [(requested: [[UInt8]], held: [[UInt8]], equal: Bool)] = [
        ([TestRequest.dns("a.b")], [TestRequest.dns("a.b")], true),
        ([TestRequest.dns("A.b")], [TestRequest.dns("a.B")], true),
        ([TestRequest.dns("a.b"), TestRequest.dns("c.d")], [TestRequest.dns("c.d"), TestRequest.dns("a.b")], true),
        ([TestRequest.dns("a.b"), TestRequest.dns("a.b")], [TestRequest.dns("a.b")], true),
        ([TestRequest.email("X@Ab.c")], [TestRequest.email("X@aB.c")], true),
        ([TestRequest.email("x@ab.c")], [TestRequest.email("X@ab.c")], false),
        ([TestRequest.uri("urn:A")], [TestRequest.uri("urn:a")], false),
        ([TestRequest.uri("urn:a")], [TestRequest.uri("urn:a")], true),
        ([TestRequest.ip([1, 2, 3, 4])], [TestRequest.ip([1, 2, 3, 4])], true),
        ([TestRequest.ip([1, 2, 3, 4])], [TestRequest.ip([1, 2, 3, 5])], false),
        ([TestRequest.dns("a.b")], [], false), ([], [TestRequest.dns("a.b")], false),
        ([TestRequest.dns("a.b")], [TestRequest.dns("a.b"), TestRequest.dns("c.d")], false),
        ([TestRequest.dns("a.b")], [TestRequest.uri("a.b")], false),

        // DNS names: without case and otherwise as they are.
        ([TestRequest.dns("XN--A.b")], [TestRequest.dns("xn--a.B")], true),
        ([TestRequest.dns("a.b.")], [TestRequest.dns("a.b")], false),
        ([TestRequest.dns(" a.b")], [TestRequest.dns("a.b")], false),
        ([TestRequest.dns("*.a.b")], [TestRequest.dns("*.A.b")], true),
        ([TestRequest.dns("*.a.b")], [TestRequest.dns("x.a.b")], false),
        ([TestRequest.dns("Ä.b")], [TestRequest.dns("ä.b")], false),
        // Mailboxes: the host without case, what is before the last «@» with it.
        ([TestRequest.email("a@b@C.d")], [TestRequest.email("a@b@c.D")], true),
        ([TestRequest.email("A@b@c.d")], [TestRequest.email("a@b@c.d")], false),
        ([TestRequest.email("x")], [TestRequest.email("X")], false),
        ([TestRequest.email("x@a.b")], [TestRequest.email("x@a.c")], false),
        ([TestRequest.email("x@a.b")], [TestRequest.dns("x@a.b")], false),
        // URIs and addresses byte by byte.
        ([TestRequest.uri("https://A.b/")], [TestRequest.uri("https://a.b/")], false),
        ([TestRequest.uri("https://a.b")], [TestRequest.uri("https://a.b/")], false),
        ([TestRequest.uri("urn:%61")], [TestRequest.uri("urn:a")], false),
        (
            [TestRequest.ip([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 1, 2, 3, 4])], [TestRequest.ip([1, 2, 3, 4])],
            false
        ),
        (
            [TestRequest.ip(Array(repeating: 1, count: 16))], [TestRequest.ip(Array(repeating: 1, count: 16))], true
        ),
        // A set: order and repetition say nothing.
        (
            [TestRequest.dns("a.b"), TestRequest.uri("urn:a"), TestRequest.dns("A.B")],
            [TestRequest.uri("urn:a"), TestRequest.dns("a.b")], true
        ),
        (
            [TestRequest.dns("a.b"), TestRequest.dns("a.b")], [TestRequest.dns("a.b"), TestRequest.dns("c.d")],
            false
        ),
        // Other kinds as a whole.
        (
            [TestRequest.element(0x88, [0x2a, 3])], [TestRequest.element(0x88, [0x2a, 3])], true
        ),
        (
            [TestRequest.element(0x88, [0x2a, 3])], [TestRequest.element(0x88, [0x2a, 4])], false
        ),
    ]

    @Test(arguments: alternativeNames.indices)
    func alternativeNamesAreCompared(index: Int) throws {
        let one = Self.alternativeNames[index]
        let subject = TestRequest.name([(Self.cn, .utf8String, "a")])
        let difference = try difference(subject, one.requested, from: subject, one.held)
        #expect((difference == nil) == one.equal, "\(difference ?? "equal")")
    }

    @Test func theDifferenceIsNamed() throws {
        let held = TestRequest.name([(Self.cn, .utf8String, "a")])
        #expect(
            try difference(TestRequest.name([(Self.cn, .utf8String, "b")]), [], from: held, [])
                == "The request's subject has «CN=b» where the certificate has «CN=a».")
        #expect(
            try difference(held, [], from: held, [TestRequest.dns("c.d")])
                == "The request's subjectAltName lacks «dns:c.d», which the certificate has.")
    }
}
