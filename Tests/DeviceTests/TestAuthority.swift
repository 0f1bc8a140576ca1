internal import Device
internal import Foundation
internal import SwiftASN1
internal import X509

/// An authority of the tests' own.
struct TestAuthority {
    let certificate: Certificate
    let key: DeviceKey

    init(_ name: String, issuer: TestAuthority? = nil) throws {
        key = try DeviceKey.generate(.p256)
        certificate = try Self.make(name, key, issuer?.certificate, issuer?.key ?? key, isAuthority: true)
    }

    func issue(_ name: String, key: DeviceKey, lasting seconds: TimeInterval = 3600) throws -> Certificate {
        try Self.make(name, key, certificate, self.key, isAuthority: false, lasting: seconds)
    }

    private static func make(
        _ name: String, _ key: DeviceKey, _ issuer: Certificate?, _ issuerKey: DeviceKey, isAuthority: Bool,
        lasting seconds: TimeInterval = 3600
    ) throws -> Certificate {
        let subject = DistinguishedName([RelativeDistinguishedName(.init(type: [2, 5, 4, 3], utf8String: name))])
        return try Certificate(
            version: .v3, serialNumber: .init(), publicKey: key.publicKey, notValidBefore: .now,
            notValidAfter: .now.addingTimeInterval(seconds), issuer: issuer?.subject ?? subject, subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: .init([
                try .init(
                    isAuthority
                        ? BasicConstraints.isCertificateAuthority(maxPathLength: nil)
                        : BasicConstraints.notCertificateAuthority, critical: true)
            ]), issuerPrivateKey: issuerKey.privateKey)
    }
}
