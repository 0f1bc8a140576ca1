internal import ClusterProtocol
internal import ConfigurationFile
internal import Foundation
internal import PKI
internal import Testing

@testable internal import Signer

@Suite struct PolicyFileTests {
    private func load(_ text: String) throws -> Policy {
        let path = NSTemporaryDirectory() + "policy-\(UUID().uuidString).yaml"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        defer { unlink(path) }
        return try PolicyFile(path: path, authorities: ["devices"]).load()
    }

    @Test func theSampleLoads() throws {
        let policy = try load(SamplePolicy.text)
        #expect(policy.labels.map(\.name) == ["default"])
        #expect(policy.profile("device")?.validity.maximum == Int64(31_536_000))
        #expect(policy.profile("device")?.extendedKeyUsage.allowed == ["1.3.6.1.5.5.7.3.2"])
    }

    @Test(arguments: [
        ("name: default", "name: simpleenroll", "EST operation"),
        ("name: default", "name: a/b", "as it stands in a path"),
        ("authority: devices", "authority: nobody", "there are: devices"),
        ("profile: device\n    auth", "profile: devise\n    auth", "there are: device"),
        ("renewal: any-key", "renewal: some-key", "any-key, same-key"),
        ("renewal: any-key", "renewals: any-key", "renewals"),
        ("renewal: any-key", "csr-attributes: [template, cmc]", "legacy, template"),
        ("keys: [p256, p384, ed25519, rsa]", "keys: []", "at least one"),
        ("keys: [p256, p384, ed25519, rsa]", "keys: [p255]", "p256"),
        ("minimum-bits: 2048", "minimum-bits: 1024", "2048"),
        ("minimum-bits: 2048", "minimum-bits: 8192", "maximum-bits"),
        ("standard: 90d", "standard: 900d", "maximum"),
        ("standard: 90d", "standard: soon", "duration"),
        ("standard: [client-auth]", "standard: [server-auth]", "allowed"),
        ("attribute: serialNumber", "attribute: shoeSize", "object identifier"),
        ("pattern: \"[A-Z]{2}\"", "pattern: \"[A-Z\"", "pattern"),
        ("10.0.0.0/8", "10.0.0.0/33", "10.0.0.0/33"),
        ("version: 1", "version: one", "whole number"),
        ("renewal: any-key", "rate: 120", "such as 120/1h, or off"),
        ("renewal: any-key", "rate: 0/1h", "«0/1h» is no rate"),
        ("renewal: any-key", "rate: 5/1y", "«5/1y» is no rate"),
    ])
    func whatIsWrongIsNamedWithItsLine(_ old: String, _ new: String, _ expected: String) throws {
        #expect(SamplePolicy.text.contains(old))
        let error = try #require(throws: ConfigurationError.self) {
            try load(SamplePolicy.text.replacingOccurrences(of: old, with: new))
        }
        #expect(error.description.contains(expected), "\(error)")
        #expect(error.line != nil)
    }

    @Test(arguments: [
        ("renewal: any-key", nil), ("rate: off", nil), ("rate: 90/1m", Rate(90, per: .seconds(60))),
        ("rate: 1/366d", Rate(1, per: .seconds(366 * 86_400))),
    ])
    func aLabelHasARateOrNone(_ line: String, _ expected: Rate?) throws {
        let policy = try load(SamplePolicy.text.replacingOccurrences(of: "renewal: any-key", with: line))
        #expect(policy.labelRates["default"] == expected)
    }

    @Test(arguments: [
        ("renewal: any-key", CSRAttributes.Form.allCases), ("csr-attributes: []", []),
        ("csr-attributes: [template]", [.template]), ("csr-attributes: [legacy, template]", [.legacy, .template]),
    ])
    func aLabelSaysInWhichFormsItAnswersCsrattrs(_ line: String, _ forms: [CSRAttributes.Form]) throws {
        let policy = try load(SamplePolicy.text.replacingOccurrences(of: "renewal: any-key", with: line))
        #expect(policy.labels.map(\.csrAttributes) == [forms])
    }

    @Test func aLabelThatIsThereTwiceIsRefused() throws {
        #expect(throws: ConfigurationError.self) {
            try load(SamplePolicy.text + "  - name: default\n    authority: devices\n    profile: device\n")
        }
    }
}
