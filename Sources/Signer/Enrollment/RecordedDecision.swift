internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import GRDB

/// What the ledger already says of a request: an outcome to give again, or an approval (design §7).
enum RecordedDecision: Sendable {
    case none
    /// The certificate that the same request has led to, still to be given again.
    case issued(CertificateRecord)
    case approval(ApprovalRecord)

    var certificate: CertificateRecord? {
        if case .issued(let certificate) = self { certificate } else { nil }
    }

    /// The longest that an outcome is given again, in seconds; a spent secret's may be longer.
    static let longestWindow: Int64 = 24 * 3600

    /// Looks a candidate up.
    ///
    /// - Parameter traces: what the ledger has of it, from the same transaction or, before it is signed, from any.
    /// - Throws: `certificateRevoked` where the recorded certificate has been revoked and the device not released;
    ///   `idempotencyConflict` where the client used its key for another request.
    static func find(
        _ candidate: EnrollmentCandidate, traces: RequestTraces, at now: Int64, _ db: Database
    ) throws -> RecordedDecision {
        try refuseReusedIdempotencyKey(candidate, at: now, db)
        if traces.contains(.outcome), let outcome = try OutcomeTable.find(db, digest: candidate.digest),
            let certificate = try CertificateTable.find(db, authority: outcome.authority, serial: outcome.serial),
            try isToBeGivenAgain(outcome, certificate, candidate, at: now, db)
        {
            return .issued(certificate)
        }
        if traces.contains(.approval), let approval = try ApprovalTable.find(db, digest: candidate.digest),
            approval.expiresAt > now || approval.state == .denied
        {
            return .approval(approval)
        }
        return .none
    }

    /// - Throws: `idempotencyConflict`.
    static func refuseReusedIdempotencyKey(_ candidate: EnrollmentCandidate, at now: Int64, _ db: Database) throws {
        if let scope = candidate.idempotencyScope,
            let digest = try OutcomeTable.idempotencyDigest(db, scopeSHA256: scope, at: now),
            digest != candidate.digest
        {
            throw ServiceError(.idempotencyConflict, "This Idempotency-Key was used for another request.")
        }
    }

    private static func isToBeGivenAgain(
        _ outcome: RecordedOutcome, _ certificate: CertificateRecord, _ candidate: EnrollmentCandidate, at now: Int64,
        _ db: Database
    ) throws -> Bool {
        if certificate.revokedAt != nil && certificate.revocationReason != .superseded {
            // Refused until the operator releases the device; from then on a new certificate may be minted.
            if let device = try certificate.device.flatMap({ try DeviceTable.find(db, id: $0) }),
                device.blockedAt != nil
            {
                throw ServiceError(.certificateRevoked, "The certificate that this request led to has been revoked.")
            }
            return false
        }
        guard certificate.revokedAt == nil, certificate.notAfter >= now else { return false }
        if candidate.requester.isSecretAlone, candidate.requester.secret?.isExpired(at: now) == true {
            return false
        }
        let isSpent = candidate.requester.secret?.isSpent == true && candidate.requester.isSecretAlone
        return now <= (isSpent ? outcome.replayUntilIfSpent : outcome.replayUntil)
    }

    /// The end of the replay window of a certificate issued now.
    ///
    /// - Parameter secretEnd: of the secret, where that alone was shown; in seconds since 1970.
    static func outcome(
        of serial: Data, authority: String, notBefore: Int64, notAfter: Int64, secretEnd: Int64?, at now: Int64
    ) -> RecordedOutcome {
        let validity = notAfter - notBefore
        let window = min(longestWindow, validity / 3)
        return RecordedOutcome(
            authority: authority, serial: serial, replayUntil: now + window,
            // A secret that this issuance spends: as long as half of the validity is left, until the secret's own end.
            replayUntilIfSpent: max(now + window, secretEnd.map { min($0, notBefore + validity / 2) } ?? 0))
    }
}
