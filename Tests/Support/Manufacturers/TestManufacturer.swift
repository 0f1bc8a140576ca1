package import Crypto
package import Foundation
internal import SwiftASN1
internal import TestRequests
package import X509

/// A device maker's PKI: a root, an issuing CA, devices' certificates of any kind, and revocation lists.
package struct TestManufacturer: Sendable {
    /// 99991231235959Z, which says that a certificate has no good end (RFC 5280 §4.1.2.5).
    package static let endOfTime = Date(timeIntervalSince1970: 253_402_300_799)

    package let root: Certificate
    package let issuing: Certificate
    package let rootKey: P256.Signing.PrivateKey
    package let issuingKey: P256.Signing.PrivateKey

    /// - Parameter issuingExtensions: of the issuing CA, in the place of those that a CA has.
    package init(
        _ name: String, issuingExtensions: Certificate.Extensions? = nil,
        notBefore: Date = .now.addingTimeInterval(-86_400),
        notAfter: Date = endOfTime
    ) throws {
        rootKey = P256.Signing.PrivateKey()
        issuingKey = P256.Signing.PrivateKey()
        let rootName = try DistinguishedName { CommonName("\(name) Root") }
        let extensions = try Certificate.Extensions {
            Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
            Critical(KeyUsage(keyCertSign: true, cRLSign: true))
        }
        root = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(rootKey.publicKey), notValidBefore: notBefore,
            notValidAfter: notAfter, issuer: rootName, subject: rootName, extensions: extensions,
            issuerPrivateKey: .init(rootKey))
        issuing = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(issuingKey.publicKey), notValidBefore: notBefore,
            notValidAfter: notAfter, issuer: rootName,
            subject: try DistinguishedName {
                OrganizationName("\(name)")
                CommonName("\(name) Issuing CA")
            },
            extensions: issuingExtensions ?? extensions, issuerPrivateKey: .init(rootKey))
    }

    /// What a device's certificate is to be like.
    package struct Leaf: Sendable {
        package enum Issuer: Sendable {
            case issuing
            case root
            /// Self-signed, with this key.
            case itself(Certificate.PrivateKey)
        }

        package var commonName: String?
        package var serialNumber: String?
        package var usages: [ExtendedKeyUsage.Usage] = [.clientAuth]
        package var alternativeNames: [GeneralName] = []
        package var notBefore = Date.now.addingTimeInterval(-3_600)
        package var notAfter = TestManufacturer.endOfTime
        package var issuer = Issuer.issuing
        package var others = Certificate.Extensions()

        package init(serialNumber: String? = nil, commonName: String? = nil) {
            self.serialNumber = serialNumber
            self.commonName = commonName
        }
    }

    package func issue(_ leaf: Leaf, key: Certificate.PublicKey) throws -> Certificate {
        var names = [RelativeDistinguishedName.Attribute(type: [2, 5, 4, 10], value: .init(utf8String: "Maker"))]
        if let number = leaf.serialNumber {
            names.append(.init(type: [2, 5, 4, 5], value: try .init(printableString: number)))
        }
        if let name = leaf.commonName { names.append(.init(type: [2, 5, 4, 3], value: .init(utf8String: name))) }
        let subject = DistinguishedName(names.map { RelativeDistinguishedName([$0]) })
        var extensions = leaf.others
        if !leaf.usages.isEmpty { try extensions.append(.init(ExtendedKeyUsage(leaf.usages), critical: false)) }
        if !leaf.alternativeNames.isEmpty {
            try extensions.append(.init(SubjectAlternativeNames(leaf.alternativeNames), critical: false))
        }
        let (issuer, signer): (DistinguishedName, Certificate.PrivateKey) =
            switch leaf.issuer {
            case .issuing: (issuing.subject, .init(issuingKey))
            case .root: (root.subject, .init(rootKey))
            case .itself(let key): (subject, key)
            }
        return try Certificate(
            version: .v3, serialNumber: .init(), publicKey: key, notValidBefore: leaf.notBefore,
            notValidAfter: leaf.notAfter, issuer: issuer, subject: subject, extensions: extensions,
            issuerPrivateKey: signer)
    }

    /// A revocation list (RFC 5280 §5), DER, put together byte by byte.
    ///
    /// - Parameters:
    ///   - signer: another key than the issuing CA's.
    ///   - byRoot: it is the root's list.
    ///   - others: extensions beside the number, DER.
    package func revocationList(
        of revoked: [Certificate], thisUpdate: Date = .now.addingTimeInterval(-60),
        nextUpdate: Date = .now.addingTimeInterval(86_400), signedBy signer: P256.Signing.PrivateKey? = nil,
        byRoot: Bool = false, extensions others: [[UInt8]] = []
    ) throws -> Data {
        let algorithm = TestRequest.sequence([TestRequest.identifier("1.2.840.10045.4.3.2")])
        var issuer = DER.Serializer()
        try issuer.serialize(byRoot ? root.subject : issuing.subject)
        let entries = revoked.map { certificate in
            TestRequest.sequence([
                TestRequest.element(0x02, Self.integer(certificate.serialNumber.bytes)), Self.time(thisUpdate),
            ])
        }
        let number = TestRequest.extensionRequest("2.5.29.20", TestRequest.element(0x02, [1]))
        var parts = [
            TestRequest.element(0x02, [1]), algorithm, issuer.serializedBytes, Self.time(thisUpdate),
            Self.time(nextUpdate),
        ]
        if !entries.isEmpty { parts.append(TestRequest.sequence(entries)) }
        parts.append(TestRequest.element(0xa0, TestRequest.sequence([number] + others)))
        let list = TestRequest.sequence(parts)
        let signature = try (signer ?? (byRoot ? rootKey : issuingKey)).signature(for: list).derRepresentation
        return Data(TestRequest.sequence([list, algorithm, TestRequest.element(0x03, [0] + signature)]))
    }

    private static func integer(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        let magnitude = Array(bytes.drop { $0 == 0 })
        return magnitude.first.map { $0 < 0x80 ? magnitude : [0] + magnitude } ?? [0]
    }

    /// A UTCTime.
    private static func time(_ date: Date) -> [UInt8] {
        let parts = Calendar(identifier: .gregorian).dateComponents(
            in: TimeZone(secondsFromGMT: 0)!, from: date)
        let numbers = [
            (parts.year ?? 0) % 100, parts.month, parts.day, parts.hour, parts.minute, parts.second,
        ].map { String(format: "%02d", $0 ?? 0) }
        return TestRequest.element(0x17, Array((numbers.joined() + "Z").utf8))
    }
}

extension Certificate {
    /// The certificate in PEM.
    package var pem: String {
        get throws { try serializeAsPEM().pemString + "\n" }
    }
}
