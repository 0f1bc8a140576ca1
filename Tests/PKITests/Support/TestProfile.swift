internal import TestRequests

@testable internal import PKI

extension TestRequest {
    func request() throws -> CertificationRequest {
        try CertificationRequest(derEncoded: encoded())
    }
}

extension Profile {
    /// A profile that admits something of everything; tests change what they are about.
    static var test: Profile {
        Profile(
            name: "test", version: 1,
            keys: [
                .p256, .p384, .p521, .ed25519, .rsa(minimumBits: 2048, maximumBits: 4096, minimumExponent: 65_537),
            ],
            signatureAlgorithms: SignatureAlgorithm.allCases,
            keyUsage: KeyUsageRule(
                standard: [.digitalSignature], allowed: [.digitalSignature, .keyEncipherment, .nonRepudiation],
                narrows: false),
            extendedKeyUsage: ExtendedKeyUsageRule(
                standard: ["1.3.6.1.5.5.7.3.2"], allowed: ["1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.4"]),
            validity: ValidityRule(standard: 86_400, maximum: 864_000, backdating: 60, longer: .refuse),
            subject: SubjectRule(attributes: [
                .init(type: "2.5.4.3", required: false, pattern: nil, maximumCount: 2),
                .init(type: "2.5.4.5", required: false, pattern: "[A-Z]{2}[0-9]+", maximumCount: 1),
                .init(type: "2.5.4.6", required: false, pattern: nil, maximumCount: 1),
                .init(type: "2.5.4.10", required: false, pattern: nil, maximumCount: 1),
                .init(type: "2.5.4.11", required: false, pattern: nil, maximumCount: 3),
            ]),
            names: AlternativeNameRule(
                dnsSuffixes: ["example.com", "gateway"], dnsWildcards: ["wild.example.com"],
                ipNetworks: ["10.0.0.0/8", "2001:db8::/32"],
                uriPrefixes: ["urn:example:", "https://example.com/devices/", "https://example.org"],
                emailDomains: ["example.com"], maximumCount: 8,
                reservedHosts: ["est.example.com", "localhost", "127.0.0.1", "10.0.0.53", "::1"]),
            allowsKeyReuse: false, ignoredExtensions: ["1.3.6.1.4.1.311.20.2"])
    }

    /// The rule that refuses the request, or nil where it is admitted.
    func refusal(_ request: TestRequest, now: Int64 = 1_800_000_000) throws -> String? {
        do {
            _ = try admit(try request.request(), now: now)
            return nil
        } catch let violation as ProfileViolation {
            return violation.rule.rawValue
        }
    }
}

/// What parsing a request ends in.
func outcome(of bytes: [UInt8]) -> String {
    do {
        _ = try CertificationRequest(derEncoded: bytes)
        return "parsed"
    } catch let error as CertificationRequestError {
        return "\(error.code)"
    } catch {
        return "unexpected \(error)"
    }
}
