package import Foundation
package import X509

extension RenewalSchedule {
    /// The instant from which on a certificate is to be renewed.
    package func due(_ certificate: Certificate) throws -> Date {
        due(
            certificate: try certificate.derEncoded, notBefore: certificate.notValidBefore,
            notAfter: certificate.notValidAfter)
    }
}
