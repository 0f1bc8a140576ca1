internal import Crypto
internal import CryptoExtras
internal import Foundation
internal import SwiftASN1
internal import X509

@testable internal import PKI

/// A certification request put together byte by byte, so that tests can break every part of it, and signed all the same.
struct TestRequest {
    var version: [UInt8] = [0x02, 0x01, 0x00]
    var subject: [UInt8] = TestRequest.name([("2.5.4.3", .utf8String, "device-1")])
    /// The SubjectPublicKeyInfo; nil for the key's own.
    var publicKeyInfo: [UInt8]?
    var extensions: [[UInt8]] = []
    /// Further attributes, whole.
    var attributes: [[UInt8]] = []
    var omitsAttributes = false
    /// After the attributes.
    var surplus: [UInt8] = []
    var signatureAlgorithm = TestRequest.sequence([TestRequest.identifier("1.2.840.10045.4.3.2")])
    /// nil for the signature of the P-256 key.
    var signature: [UInt8]?
    var trailing: [UInt8] = []
    /// In the place of the P-256 key, where a request has to be the same on every run.
    var ed25519Key: Curve25519.Signing.PrivateKey?

    static let key = P256.Signing.PrivateKey()

    static let keyInfo = Array(key.publicKey.derRepresentation)

    /// The request, DER, signed by ``key`` unless it says otherwise.
    func encoded() throws -> [UInt8] {
        var attributes = self.attributes
        if !extensions.isEmpty {
            attributes.append(
                TestRequest.attribute("1.2.840.113549.1.9.14", [TestRequest.sequence(extensions)]))
        }
        var parts = [version, subject, publicKeyInfo ?? ownKeyInfo]
        if !omitsAttributes { parts.append(DERWriter.element(0xa0, attributes)) }
        let info = TestRequest.sequence(parts + [surplus])
        let signature: [UInt8]
        if let given = self.signature {
            signature = given
        } else if let ed25519Key {
            signature = Array(try ed25519Key.signature(for: info))
        } else {
            signature = Array(try TestRequest.key.signature(for: info).derRepresentation)
        }
        let signatureAlgorithm =
            ed25519Key == nil
            ? self.signatureAlgorithm : TestRequest.sequence([TestRequest.identifier("1.3.101.112")])
        return TestRequest.sequence([info, signatureAlgorithm, DERWriter.element(0x03, [0] + signature)]) + trailing
    }

    private var ownKeyInfo: [UInt8] {
        guard let ed25519Key else { return TestRequest.keyInfo }
        return TestRequest.sequence([
            TestRequest.sequence([TestRequest.identifier("1.3.101.112")]),
            DERWriter.element(0x03, [0] + ed25519Key.publicKey.rawRepresentation),
        ])
    }

    func request() throws -> CertificationRequest {
        try CertificationRequest(derEncoded: encoded())
    }
}

extension TestRequest {
    static func sequence(_ parts: [[UInt8]]) -> [UInt8] {
        DERWriter.element(DERWriter.sequence, parts)
    }

    static func identifier(_ dotted: String) -> [UInt8] {
        var serializer = DER.Serializer()
        try! serializer.serialize(ASN1ObjectIdentifier(dotRepresentation: dotted))
        return serializer.serializedBytes
    }

    static func attribute(_ type: String, _ values: [[UInt8]]) -> [UInt8] {
        sequence([identifier(type), DERWriter.element(DERWriter.set, values)])
    }

    static func extensionRequest(_ type: String, critical: Bool = false, _ value: [UInt8]) -> [UInt8] {
        sequence(
            [identifier(type)] + (critical ? [[0x01, 0x01, 0xff]] : []) + [DERWriter.element(0x04, value)])
    }

    enum StringType: UInt8 {
        case utf8String = 0x0c
        case printableString = 0x13
        case teletexString = 0x14
        case ia5String = 0x16
        case universalString = 0x1c
        case bmpString = 0x1e
    }

    static func string(_ type: StringType, _ text: String) -> [UInt8] {
        let bytes: [UInt8]
        switch type {
        case .bmpString: bytes = text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
        case .universalString:
            bytes = text.unicodeScalars.flatMap { scalar in
                [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: scalar.value >> $0) }
            }
        default: bytes = Array(text.utf8)
        }
        return DERWriter.element(type.rawValue, bytes)
    }

    /// A distinguished name with one attribute an RDN.
    static func name(_ attributes: [(String, StringType, String)]) -> [UInt8] {
        sequence(
            attributes.map { type, stringType, text in
                DERWriter.element(DERWriter.set, sequence([identifier(type), string(stringType, text)]))
            })
    }

    static func alternativeNames(_ names: [[UInt8]], critical: Bool = false) -> [UInt8] {
        extensionRequest("2.5.29.17", critical: critical, sequence(names))
    }

    static func dns(_ name: String) -> [UInt8] { DERWriter.element(0x82, Array(name.utf8)) }
    static func email(_ name: String) -> [UInt8] { DERWriter.element(0x81, Array(name.utf8)) }
    static func uri(_ name: String) -> [UInt8] { DERWriter.element(0x86, Array(name.utf8)) }
    static func ip(_ bytes: [UInt8]) -> [UInt8] { DERWriter.element(0x87, bytes) }

    static func usages(_ identifiers: [String]) -> [UInt8] {
        extensionRequest("2.5.29.37", sequence(identifiers.map(identifier)))
    }

    /// keyUsage with the bits of its first byte.
    static func keyUsage(_ bits: UInt8) -> [UInt8] {
        extensionRequest("2.5.29.15", critical: true, [0x03, 0x02, UInt8(min(7, bits.trailingZeroBitCount)), bits])
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
