internal import Crypto
internal import Foundation
internal import SwiftASN1
internal import TestManufacturers
internal import TestRequests
internal import Testing
internal import X509

@testable internal import PKI

/// The names that a label's rules give to a manufacturer's device (conformance T5).
struct ManufacturerNamesTests {
    private static let cn = "2.5.4.3"
    private static let serialNumber = "2.5.4.5"
    private static let o = "2.5.4.10"

    private func refusal(
        _ rules: [ManufacturerNameRule], _ leaf: TestManufacturer.Leaf,
        subject: [(String, TestRequest.StringType, String)],
        names: [[UInt8]] = []
    ) throws -> String? {
        let certificate = try TestManufacturer("Maker")
            .issue(leaf, key: .init(P256.Signing.PrivateKey().publicKey))
        let request = TestRequest(
            subject: TestRequest.name(subject), extensions: names.isEmpty ? [] : [TestRequest.alternativeNames(names)])
        return try ManufacturerNames(rules: rules, certificate: certificate, manufacturer: "maker")
            .refusal(of: request.request())?.message
    }

    private let rule = ManufacturerNameRule(
        source: "serialNumber", pattern: "AC[0-9]+", commonNames: ["{serialNumber}", "{serialNumber}.example.com"],
        serialNumbers: ["{serialNumber}"], dns: ["{serialNumber}.example.com"], ip: [],
        uri: ["urn:dev:{serialNumber}"])

    @Test func namesThatTheRuleGivesAreAdmittedAndOthersAreNot() throws {
        let leaf = TestManufacturer.Leaf(serialNumber: "AC12")
        func refused(_ subject: [(String, TestRequest.StringType, String)], _ names: [[UInt8]] = []) throws -> Bool {
            try refusal([rule], leaf, subject: subject, names: names) != nil
        }
        #expect(try !refused([(Self.cn, .utf8String, "AC12")]))
        #expect(try !refused([(Self.cn, .printableString, "ac12.Example.com")]))
        #expect(try !refused([(Self.o, .utf8String, "x"), (Self.serialNumber, .printableString, "AC12")]))
        #expect(try !refused([], [TestRequest.dns("AC12.example.COM"), TestRequest.uri("urn:dev:AC12")]))
        #expect(try refused([(Self.cn, .utf8String, "AC13")]))
        #expect(try refused([(Self.cn, .utf8String, "AC12"), (Self.cn, .utf8String, "AC13")]))
        #expect(try refused([(Self.serialNumber, .printableString, "AC13")]))
        #expect(try refused([(Self.cn, .utf8String, "AC12")], [TestRequest.dns("AC13.example.com")]))
        #expect(try refused([(Self.cn, .utf8String, "AC12")], [TestRequest.uri("urn:dev:ac12")]))
        #expect(try refused([(Self.cn, .utf8String, "AC12")], [TestRequest.ip([10, 0, 0, 1])]))
        #expect(try refused([(Self.cn, .utf8String, "AC12")], [TestRequest.email("a@example.com")]))
        // Attributes that say which device it is, and that no rule can give.
        #expect(try refused([(Self.cn, .utf8String, "AC12"), ("0.9.2342.19200300.100.1.1", .utf8String, "AC12")]))
        #expect(try refused([(Self.cn, .utf8String, "AC12"), ("1.2.3.4", .utf8String, "AC12")]))
        // No name at all.
        #expect(try refused([(Self.o, .utf8String, "x")]))
        #expect(try refused([]))
    }

    @Test func aRefusalNamesRuleValueAndWhatIsGiven() throws {
        let message = try refusal(
            [rule], .init(serialNumber: "AC12"), subject: [(Self.cn, .utf8String, "AC12")],
            names: [TestRequest.dns("b.example.com")])
        #expect(message?.hasPrefix("manufacturer-names: «dns:b.example.com»") == true)
        #expect(message?.contains("dns:ac12.example.com") == true)
    }

    @Test func whatThePatternDoesNotMatchGivesNothing() throws {
        for number in ["BD12", "AC", "AC12x", "xAC12"] {
            let message = try refusal(
                [rule], .init(serialNumber: number), subject: [(Self.cn, .utf8String, number)])
            #expect(message?.contains("given: none") == true, "\(number)")
        }
        // Without a pattern of its own a value is one label of a host name.
        let plain = ManufacturerNameRule(source: "CN", commonNames: ["{CN}.example.com"])
        #expect(
            try refusal([plain], .init(commonName: "a-1"), subject: [(Self.cn, .utf8String, "a-1.example.com")]) == nil)
        for name in ["a.b", "-a", "*", "a b", "ä", "a\u{0}", String(repeating: "a", count: 64)] {
            #expect(
                try refusal([plain], .init(commonName: name), subject: [(Self.cn, .utf8String, "\(name).example.com")])
                    != nil)
        }
    }

    @Test func rulesMayStartFromAlternativeNamesAndTakeOthersAlong() throws {
        var leaf = TestManufacturer.Leaf(serialNumber: "AC12", commonName: "pump")
        leaf.alternativeNames = [.dnsName("ac12.maker.example"), .uniformResourceIdentifier("urn:maker:12")]
        let rules = [
            ManufacturerNameRule(source: "dns", pattern: "[a-z0-9]+\\.maker\\.example", dns: ["{dns}"]),
            ManufacturerNameRule(source: "serialNumber", commonNames: ["{CN}-{serialNumber}"]),
        ]
        #expect(
            try refusal(
                rules, leaf, subject: [(Self.cn, .utf8String, "pump-AC12")],
                names: [TestRequest.dns("ac12.maker.example")]) == nil)
        // A value that is not there, or there twice, fills nothing.
        leaf.commonName = nil
        #expect(try refusal(rules, leaf, subject: [(Self.cn, .utf8String, "-AC12")]) != nil)
    }

    @Test func aRuleMayBeForSomeManufacturersOnly() throws {
        var other = rule
        other.manufacturers = ["another"]
        #expect(
            try refusal([other], .init(serialNumber: "AC12"), subject: [(Self.cn, .utf8String, "AC12")]) != nil)
        #expect(try refusal([], .init(serialNumber: "AC12"), subject: [(Self.cn, .utf8String, "AC12")]) != nil)
        #expect(
            try refusal([other, rule], .init(serialNumber: "AC12"), subject: [(Self.cn, .utf8String, "AC12")]) == nil)
    }

    @Test(arguments: [
        (ManufacturerNameRule(source: "shoeSize", commonNames: ["{shoeSize}"]), "from"),
        (ManufacturerNameRule(source: "CN"), "from"),
        (ManufacturerNameRule(source: "dns", dns: ["{dns}"]), "pattern"),
        (ManufacturerNameRule(source: "CN", pattern: "[a", commonNames: ["{CN}"]), "pattern"),
        (ManufacturerNameRule(source: "CN", commonNames: ["fixed.example.com"]), "common-name"),
        (ManufacturerNameRule(source: "CN", dns: ["{O}.example.com"]), "dns"),
        (ManufacturerNameRule(source: "CN", dns: ["{CN.example.com"]), "dns"),
        (ManufacturerNameRule(source: "CN", dns: ["CN}.example.com"]), "dns"),
        (ManufacturerNameRule(source: "CN", uri: ["urn:{CN}:{shoe}"]), "uri"),
    ])
    func whatIsWrongWithARuleIsNamed(_ rule: ManufacturerNameRule, key: String) {
        do throws(ManufacturerNameRule.Invalid) {
            try rule.validate()
            Issue.record("the rule was taken")
        } catch {
            #expect(error.key == key, "\(error)")
        }
    }
}
