internal import ClusterProtocol
internal import ConfigurationFile
internal import Foundation
internal import PKI

extension IssuanceLimits {
    /// What a certificate for the candidate takes.
    ///
    /// - Parameter labelRate: the policy's rate for the candidate's label.
    func claims(of candidate: EnrollmentCandidate, labelRate: Rate?) -> [Claim] {
        var claims: [Claim] = []
        func claim(_ scope: Scope, _ key: String, _ rate: Rate?) {
            if let rate { claims.append(Claim(scope: scope, key: key, rate: rate)) }
        }
        claim(.identity, candidate.requester.limitedIdentity, rate(of: candidate.requester))
        claim(.label, candidate.label.name, labelRate)
        if candidate.takesNewKeyOnNodesWord {
            claim(.nodeNewKeys, candidate.node, rates.nodeNewKeys)
        } else if candidate.requester.certificate == nil || candidate.requester.asksForOthers {
            claim(.nodeEnrollments, candidate.node, rates.nodeEnrollments)
        }
        // A renewal with the certificate's own key is proven by that key, whichever node brings it.
        return claims
    }

    /// What one more repetition of the candidate's request takes.
    func claims(ofReplay candidate: EnrollmentCandidate) -> [Claim] {
        rate(of: candidate.requester)
            .map { [Claim(scope: .replays, key: candidate.requester.limitedIdentity, rate: $0)] } ?? []
    }

    private func rate(of requester: Requester) -> Rate? {
        requester.isShared ? rates.sharedIdentity : rates.identity
    }
}

extension EnrollmentCandidate {
    /// Whether a device that has a certificate of ours gets one for another key: who has the old key only the frontend
    /// says, since the request is signed with the new one.
    var takesNewKeyOnNodesWord: Bool {
        guard let held = requester.certificate, !requester.asksForOthers else { return false }
        return keySHA256 != held.keySHA256
    }
}

extension Requester {
    /// Whose certificates are counted together: those of one device, whichever of its certificates it shows.
    fileprivate var limitedIdentity: String {
        if let certificate { return "device:\(certificate.record.device.map(DeviceIdentifier.text) ?? "")" }
        if let manufacturer { return "manufacturer:\(manufacturer.identity.hexadecimal)" }
        return "secret:\(secret?.id ?? "")"
    }
}
