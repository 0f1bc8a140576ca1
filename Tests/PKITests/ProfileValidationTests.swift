internal import Testing

@testable internal import PKI

struct ProfileValidationTests {
    @Test func aSoundProfileIsValid() {
        #expect(throws: Never.self) { try Profile.test.validate() }
    }

    static let cases: [(property: String, change: @Sendable (inout Profile) -> Void)] = [
        ("name", { $0.name = "" }), ("version", { $0.version = 0 }), ("keys", { $0.keys = [] }),
        ("keys[0]", { $0.keys = [.rsa(minimumBits: 1024, maximumBits: 4096, minimumExponent: 65537)] }),
        ("keys[0]", { $0.keys = [.rsa(minimumBits: 4096, maximumBits: 2048, minimumExponent: 65537)] }),
        ("keys[0]", { $0.keys = [.rsa(minimumBits: 2048, maximumBits: 1 << 40, minimumExponent: 65537)] }),
        ("keys[0]", { $0.keys = [.rsa(minimumBits: 2048, maximumBits: 4096, minimumExponent: 1)] }),
        ("signatureAlgorithms", { $0.signatureAlgorithms = [] }),
        ("keys[3]", { $0.signatureAlgorithms = [.ecdsaWithSHA256, .rsaWithSHA256] }),
        ("keyUsage.standard", { $0.keyUsage.standard = [.keyAgreement] }),
        ("keyUsage.standard", { $0.keyUsage.standard = [] }),
        ("keyUsage.standard", { $0.keyUsage.standard = [.keyEncipherment] }),
        ("extendedKeyUsage.allowed[0]", { $0.extendedKeyUsage.allowed = ["clientAuth"] }),
        ("extendedKeyUsage.standard[1]", { $0.extendedKeyUsage.standard = ["1.2.3", "1.2.3"] }),
        ("validity.standard", { $0.validity.standard = 0 }),
        ("validity.standard", { $0.validity.standard = $0.validity.maximum + 1 }),
        ("validity.maximum", { $0.validity.maximum = .max }), ("validity.backdating", { $0.validity.backdating = -1 }),
        ("subject.attributes[0]", { $0.subject.attributes[0].type = "CN" }),
        ("subject.attributes[0]", { $0.subject.attributes[0].type = "2.5.4.99999999999999999999" }),
        ("subject.attributes[1].pattern", { $0.subject.attributes[1].pattern = "(a" }),
        ("subject.attributes[0].maximumCount", { $0.subject.attributes[0].maximumCount = 0 }),
        ("names.maximumCount", { $0.names.maximumCount = -1 }),
        ("names.dnsSuffixes[0]", { $0.names.dnsSuffixes = [".example.com"] }),
        ("names.dnsSuffixes[1]", { $0.names.dnsSuffixes = ["*", "*.example.com"] }),
        ("names.dnsWildcards[0]", { $0.names.dnsWildcards = ["*.example.com"] }),
        ("names.ipNetworks[0]", { $0.names.ipNetworks = ["10.0.0.1/8"] }),
        ("names.uriPrefixes[0]", { $0.names.uriPrefixes = [""] }),
        ("names.uriPrefixes[0]", { $0.names.uriPrefixes = ["example"] }),
        ("names.emailDomains[0]", { $0.names.emailDomains = ["a@example.com"] }),
        ("names.reservedHosts[0]", { $0.names.reservedHosts = ["a b"] }),
        ("ignoredExtensions[0]", { $0.ignoredExtensions = ["2.5.29.19"] }),
        ("ignoredExtensions[0]", { $0.ignoredExtensions = ["x"] }),
    ]

    @Test(arguments: cases.indices)
    func whatCannotWorkIsRefused(index: Int) {
        var profile = Profile.test
        Self.cases[index].change(&profile)
        #expect {
            try profile.validate()
        } throws: {
            ($0 as? InvalidProfile)?.property == Self.cases[index].property
        }
    }
}
