internal import Foundation
internal import SwiftASN1
internal import TestRequests
internal import Testing

@testable internal import PKI

/// Requested extensions that a profile judges (conformance E3).
struct ProfileExtensionTests {
    private static let now: Int64 = 1_800_000_000

    private func period(_ notBefore: String?, _ notAfter: String?) -> TestRequest {
        TestRequest(extensions: [
            TestRequest.extensionRequest(
                "2.5.29.16",
                TestRequest.sequence(
                    (notBefore.map { [DERWriter.element(0x80, Array($0.utf8))] } ?? [])
                        + (notAfter.map { [DERWriter.element(0x81, Array($0.utf8))] } ?? [])))
        ])
    }

    @Test func usagesAreHonouredOrRefused() throws {
        func usages(_ identifiers: [String]) throws -> [String] {
            try Profile.test.admit(TestRequest(extensions: [TestRequest.usages(identifiers)]).request(), now: 0)
                .extendedKeyUsages.map(\.description)
        }
        #expect(try usages(["1.3.6.1.5.5.7.3.4"]) == ["1.3.6.1.5.5.7.3.4"])
        #expect(
            try usages(["1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.4"])
                == ["1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.2"])
        let standard = try Profile.test.admit(TestRequest().request(), now: 0)
        #expect(standard.extendedKeyUsages.map(\.description) == ["1.3.6.1.5.5.7.3.2"])
        // serverAuth, anyExtendedKeyUsage, ocspSigning, and one nobody knows.
        for usage in ["1.3.6.1.5.5.7.3.1", "2.5.29.37.0", "1.3.6.1.5.5.7.3.9", "1.2.3.4"] {
            let request = TestRequest(extensions: [TestRequest.usages(["1.3.6.1.5.5.7.3.2", usage])])
            #expect(try Profile.test.refusal(request) == "extended-key-usage")
            var profile = Profile.test
            profile.extendedKeyUsage.allowed.append(usage)
            #expect(try profile.refusal(request) == nil)
        }
        var profile = Profile.test
        profile.extendedKeyUsage.allowed = []
        #expect(try profile.refusal(TestRequest(extensions: [TestRequest.usages(["1.3.6.1.5.5.7.3.2"])])) != nil)
    }

    @Test func keyUsageIsHonouredNarrowedOrRefused() throws {
        func request(_ bits: UInt8) -> TestRequest { TestRequest(extensions: [TestRequest.keyUsage(bits)]) }
        let signature = try Profile.test.admit(request(0b1100_0000).request(), now: 0)
        #expect(signature.keyUsages == [.digitalSignature, .nonRepudiation])
        #expect(signature.remarks.isEmpty)
        // keyAgreement, keyCertSign, cRLSign are not allowed.
        for bits: UInt8 in [0b1000_1000, 0b1000_0100, 0b1000_0010] {
            #expect(try Profile.test.refusal(request(bits)) == "key-usage")
            var profile = Profile.test
            profile.keyUsage.narrows = true
            let narrowed = try profile.admit(request(bits).request(), now: 0)
            #expect(narrowed.keyUsages == [.digitalSignature])
            #expect(narrowed.remarks.count == 1)
        }
        // Nothing is left.
        var profile = Profile.test
        profile.keyUsage.narrows = true
        #expect(try profile.refusal(request(0b0000_0100)) == "key-usage")
        #expect(
            try Profile.test.refusal(TestRequest(extensions: [TestRequest.extensionRequest("2.5.29.15", [3, 1, 0])]))
                == "key-usage")
        // keyEncipherment is not for EC keys (RFC 5480 §3), whatever the profile says.
        let stock = try Profile.test.admit(request(0b1110_0000).request(), now: 0)
        #expect(stock.keyUsages == [.digitalSignature, .nonRepudiation])
        #expect(stock.remarks.count == 1)
    }

    @Test func whatStockRequestsCarryIsAccepted() throws {
        let request = TestRequest(extensions: [
            TestRequest.extensionRequest("2.5.29.19", [0x30, 0x00]),
            TestRequest.extensionRequest("2.5.29.14", [0x04, 0x02, 0x01, 0x02]),
        ])
        let admitted = try Profile.test.admit(request.request(), now: 0)
        #expect(admitted.remarks == ["The subject key identifier was computed anew."])
        let explicit = TestRequest(extensions: [
            TestRequest.extensionRequest("2.5.29.19", critical: true, [0x30, 0x03, 0x01, 0x01, 0x00])
        ])
        #expect(try Profile.test.refusal(explicit) == nil)
    }

    @Test func authoritiesAreRefused() throws {
        for value: [UInt8] in [
            [0x30, 0x03, 0x01, 0x01, 0xff], [0x30, 0x06, 0x01, 0x01, 0xff, 0x02, 0x01, 0x00],
            [0x30, 0x03, 0x02, 0x01, 0x00],
        ] {
            let request = TestRequest(extensions: [TestRequest.extensionRequest("2.5.29.19", value)])
            #expect(try Profile.test.refusal(request) == "basic-constraints")
        }
    }

    @Test func unknownExtensionsAreRefusedUnlessIgnored() throws {
        let listed = TestRequest.extensionRequest("1.3.6.1.4.1.311.20.2", [0x1e, 0x00])
        let admitted = try Profile.test.admit(TestRequest(extensions: [listed]).request(), now: 0)
        #expect(admitted.remarks == ["The extension 1.3.6.1.4.1.311.20.2 was ignored."])
        let critical = TestRequest.extensionRequest("1.3.6.1.4.1.311.20.2", critical: true, [0x1e, 0x00])
        #expect(try Profile.test.refusal(TestRequest(extensions: [critical])) == "extension.critical")
        let other = TestRequest.extensionRequest("2.5.29.32", [0x30, 0x00])
        #expect(try Profile.test.refusal(TestRequest(extensions: [other])) == "extension.unknown")
    }

    @Test func unknownAttributesAreIgnoredWithARemark() throws {
        let request = TestRequest(attributes: [
            TestRequest.attribute("1.3.6.1.4.1.311.13.2.3", [TestRequest.string(.ia5String, "10.0")])
        ])
        #expect(
            try Profile.test.admit(request.request(), now: 0).remarks
                == ["The attribute 1.3.6.1.4.1.311.13.2.3 was ignored."])
    }

    @Test func theEndOfTheValidityCanBeAskedFor() throws {
        // 1,800,000,000 is 2027-01-15 08:00:00 UTC.
        let soon = try Profile.test.admit(period(nil, "20270120080000Z").request(), now: Self.now)
        #expect(soon.requestedNotAfter == Self.now + 5 * 86_400)
        #expect(try Profile.test.admit(TestRequest().request(), now: Self.now).requestedNotAfter == nil)
        #expect(
            try Profile.test.admit(period(nil, "20270125080000Z").request(), now: Self.now).requestedNotAfter
                == Self.now + 864_000)
        #expect(try Profile.test.refusal(period(nil, "20270125080001Z"), now: Self.now) == "validity")
        #expect(try Profile.test.refusal(period(nil, "99991231235959Z"), now: Self.now) == "validity")
        #expect(try Profile.test.refusal(period(nil, "20270115080000Z"), now: Self.now) == "validity")
        #expect(try Profile.test.refusal(period("20270116080000Z", "20270120080000Z"), now: Self.now) == "validity")
        #expect(try Profile.test.refusal(period("20200101000000Z", "20270120080000Z"), now: Self.now) == nil)
        var profile = Profile.test
        profile.validity.longer = .clamp
        let clamped = try profile.admit(period(nil, "20991231235959Z").request(), now: Self.now)
        #expect(clamped.requestedNotAfter == Self.now + 864_000)
        #expect(clamped.remarks.count == 1)
        // A leap day.
        #expect(
            try profile.admit(period(nil, "20280229000000Z").request(), now: 1_835_395_200 - 86_400).requestedNotAfter
                == 1_835_395_200)
    }

    @Test func changeSubjectNameCountsOnlyWhereItIsAllowed() throws {
        let request = TestRequest(
            extensions: [TestRequest.alternativeNames([TestRequest.dns("old.example.com")])],
            attributes: [
                TestRequest.attribute(
                    "1.3.6.1.5.5.7.7.36",
                    [
                        TestRequest.sequence([
                            TestRequest.name([("2.5.4.3", .utf8String, "device-2")]),
                            TestRequest.sequence([TestRequest.dns("new.example.com")]),
                        ])
                    ])
            ])
        #expect(try Profile.test.refusal(request) == "change-subject-name")
        let admitted = try Profile.test.admit(request.request(), now: 0, changesNames: true)
        #expect(admitted.names.map(\.description) == ["cn:device-2", "dns:new.example.com"])
        var profile = Profile.test
        profile.names.dnsSuffixes = ["old.example.com"]
        #expect(throws: ProfileViolation.self) { try profile.admit(request.request(), now: 0, changesNames: true) }
    }
}
