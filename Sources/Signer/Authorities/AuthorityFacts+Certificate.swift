internal import ClusterProtocol
internal import Crypto
internal import Foundation
internal import PKI
internal import X509

extension AuthorityFacts.Certificate {
    init(role: String, _ certificate: Certificate) throws {
        self.init(
            role: role, subject: certificate.subject.description, issuer: certificate.issuer.description,
            serial: certificate.serialText,
            notBefore: Int64(certificate.notValidBefore.timeIntervalSince1970),
            notAfter: Int64(certificate.notValidAfter.timeIntervalSince1970),
            fingerprint: SHA256.hash(data: try certificate.derEncoded()).hexadecimal)
    }
}

extension Certificate {
    /// The serial number, hexadecimal, as every command shows it.
    var serialText: String { Array(serialNumber.bytes).hexadecimal }
}
