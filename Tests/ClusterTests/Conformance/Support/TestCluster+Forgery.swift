internal import Foundation
internal import SwiftASN1
internal import X509

extension TestCluster {
    /// A certificate signed with the cluster's own issuing key behind the signer's back: right in all, and in no ledger.
    func forgedCertificate(
        for device: TestDevice, notBefore: Date, usages: [ExtendedKeyUsage.Usage] = [.clientAuth]
    ) throws -> Certificate {
        let folder = "\(directory)/signer/authorities/devices"
        let issuing = try Certificate(pemEncoded: String(contentsOfFile: "\(folder)/certificate.pem", encoding: .utf8))
        let issuingKey = try Certificate.PrivateKey(
            pemEncoded: String(contentsOfFile: "\(folder)/key.pem", encoding: .utf8))
        return try Certificate(
            version: .v3, serialNumber: .init(), publicKey: device.key.publicKey, notValidBefore: notBefore,
            notValidAfter: .now.addingTimeInterval(86_400), issuer: issuing.subject,
            subject: try DistinguishedName { CommonName(device.name) },
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                try ExtendedKeyUsage(usages)
            }, issuerPrivateKey: issuingKey)
    }
}
