internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import PKI
internal import X509

extension Enrollment {
    /// Whether it renews a certificate that ends soon: with less than a tenth of its validity left, or past its end in the
    /// label's grace period (design §10).
    ///
    /// It comes before other enrollments: a device that misses it needs a person.
    func isUrgent(at time: Date) -> Bool {
        guard operation == .simpleReenroll, client.mayRenew, let certificate = client.certificate?.leaf else {
            return false
        }
        let validity = certificate.notValidAfter.timeIntervalSince(certificate.notValidBefore)
        return certificate.notValidAfter.timeIntervalSince(time) < validity / 10
    }

    /// Passes a request on, in the signer's lane for what is urgent where it is that.
    static func pass(
        _ request: EnrollRequest, isUrgent: Bool, to signer: any SigningBackend
    ) async throws -> EnrollReply {
        guard isUrgent else { return try await signer.enroll(request) }
        do {
            return try await signer.renewUrgently(UrgentRenewalRequest(renewal: request))
        } catch let error as ServiceError where error.code == .unknownMethod {
            // A signer of an earlier version, while an upgrade is under way: it has done nothing.
            return try await signer.enroll(request)
        }
    }
}
