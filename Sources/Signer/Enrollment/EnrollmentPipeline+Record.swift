internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import GRDB
internal import Logging
internal import PKI
internal import X509

/// What is recorded of a request beside a certificate: a repetition, a refusal, a submission for approval.
extension EnrollmentPipeline {
    func recordReplay(_ candidate: EnrollmentCandidate, certificate: CertificateRecord) async throws {
        try core.issuanceLimits.take(core.issuanceLimits.claims(ofReplay: candidate))
        try core.requireRoomInOutbox()
        let line = try UnnumberedEventLine(
            core.events.replayed(candidate, certificate: certificate, at: core.now()))
        let seconds = core.seconds()
        try await core.ledger.writer.perform { db in
            if let scope = candidate.idempotencyScope {
                try OutcomeTable.setIdempotencyDigest(
                    db, scopeSHA256: scope, digest: candidate.digest, until: seconds + RecordedDecision.longestWindow)
            }
            try OutboxTable.append(db, line, at: seconds)
        }
        core.outboxGrew()
        core.metrics.replayed(label: candidate.label.name)
    }

    /// Records a refusal. Where even that fails, the refusal still stands: the log tells.
    func recordDenial(
        _ error: ServiceError, request: EnrollRequest, node: String, candidate: EnrollmentCandidate?
    ) async {
        core.metrics.denied(label: candidate?.label.name ?? "", code: error.code.rawValue)
        if let limit = error.cause as? LimitReached {
            core.metrics.limited(limit.claim.scope)
            // The others are counted, and have one event together.
            guard limit.isReported else { return }
            if limit.claim.scope.isQuota {
                core.logger.warning(
                    "a node has used up a quota",
                    metadata: ["node": "\(node)", "quota": "\(limit.claim.scope.rawValue)"])
            }
        }
        do {
            try core.requireRoomForDenials()
            let line = try UnnumberedEventLine(
                core.events.denied(error, request: request, node: node, candidate: candidate, at: core.now()))
            let seconds = core.seconds()
            _ = try await core.ledger.writer.perform { try OutboxTable.append($0, line, at: seconds) }
            core.outboxGrew()
        } catch {
            core.metrics.lostDenial()
            core.countLostDenial()
            core.logger.debug(
                "denial not recorded", metadata: ["error": "\(error)", "request.id": "\(request.requestID)"])
        }
    }

    func submitForApproval(
        _ candidate: EnrollmentCandidate, _ admitted: AdmittedRequest
    ) async throws -> EnrollReply {
        let core = core
        let now = core.now()
        let seconds = core.seconds()
        var event = core.events.event(.pending, at: now, candidate: candidate)
        event.decision = .deferred
        event.names = admitted.names.map(\.description)
        let line = try UnnumberedEventLine(event)
        let record = ApprovalRecord(
            // The event's: a restored ledger knows the request by it again.
            id: event.id, digest: candidate.digest, state: .waiting,
            label: candidate.label.name, subject: candidate.certificationRequest.subject.description,
            names: admitted.names.map(\.description), principal: candidate.requester.principal,
            keySHA256: candidate.keySHA256, secretID: candidate.requester.secret?.id, requestedAt: seconds,
            expiresAt: seconds + core.limits.pendingLifetime)
        try await core.ledger.writer.perform { db in
            let traces = try candidate.traces(db)
            guard case .none = try RecordedDecision.find(candidate, traces: traces, at: seconds, db) else {
                throw RaceLost()
            }
            guard try ApprovalTable.count(db, principal: record.principal) < core.limits.pendingPerIdentity else {
                throw ServiceError(.tooManyPending, "Too many requests of this client wait for approval.")
            }
            if let secret = record.secretID, try !SecretTable.reserve(db, id: secret) { throw RaceLost() }
            if let stale = try ApprovalTable.find(db, digest: record.digest) {
                // It has expired and was not swept yet.
                try ApprovalSweep.release(db, stale)
            }
            try ApprovalTable.insert(db, record)
            if let scope = candidate.idempotencyScope {
                try OutcomeTable.setIdempotencyDigest(
                    db, scopeSHA256: scope, digest: record.digest, until: record.expiresAt)
            }
            try OutboxTable.append(db, line, at: seconds)
        }
        core.outboxGrew()
        core.metrics.pending(label: candidate.label.name)
        return .pending(retryAfter: core.limits.pendingRetryAfter)
    }
}
