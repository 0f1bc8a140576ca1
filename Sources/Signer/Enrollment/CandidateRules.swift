internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import PKI
internal import X509

/// Applies the label's and the profile's rules to an authenticated request, whatever the frontend said.
struct CandidateRules {
    var candidate: EnrollmentCandidate
    /// In seconds since 1970.
    var now: Int64

    /// - Throws: `ServiceError` that names the rule and the offending value.
    func admit() throws -> AdmittedRequest {
        let request = candidate.certificationRequest
        if candidate.label.channelBindingRequired && candidate.request.channelBinding == .absent {
            throw ServiceError(
                .channelBindingRequired, "The label needs a channel binding in challengePassword (RFC 7030 §3.5).")
        }
        if candidate.request.channelBinding == .exempt {
            guard candidate.label.acceptsRegistrationAuthorities,
                candidate.requester.certificate?.isRegistrationAuthority == true
            else {
                throw ServiceError(
                    .channelBindingMismatch, "Only a registration authority that the label accepts needs no binding.")
            }
        }
        if let held = candidate.requester.certificate {
            if candidate.request.operation == .simpleReenroll,
                let difference = RenewalNames.difference(request: request, certificate: held.certificate)
            {
                throw ServiceError(.nameMismatch, difference)
            }
            // On simpleenroll too: the certificate is the identity there as well.
            if candidate.label.renewal == .sameKey, !candidate.requester.asksForOthers,
                request.publicKey != held.certificate.publicKey
            {
                throw ServiceError(
                    .sameKeyRequired, "The label renews certificates with their own key only (renewal: same-key).")
            }
        }
        do {
            if let shown = candidate.requester.manufacturer {
                let names = ManufacturerNames(
                    rules: candidate.label.manufacturerNames, certificate: shown.certificate,
                    manufacturer: shown.manufacturer)
                if let violation = names.refusal(of: request) { throw violation }
            }
            return try candidate.request.operation == .serverKeyGeneration
                ? candidate.profile.admitForServerKey(request, now: now)
                : candidate.profile.admit(
                    request, now: now, changesNames: candidate.changesNames, renewing: candidate.renewed)
        } catch let violation as ProfileViolation {
            throw ServiceError(.profileViolation, violation.message, cause: violation)
        }
    }
}
