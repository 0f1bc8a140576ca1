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
