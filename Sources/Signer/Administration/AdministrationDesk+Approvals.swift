internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import GRDB
internal import PKI

extension AdministrationDesk {
    func listApprovals(_ request: ListApprovalsRequest) async throws -> Page<ApprovalDescription> {
        let cursor = try number(request.cursor)
        let (approvals, next) = try core.ledger.read { db in
            try ApprovalTable.list(db, decidedToo: request.decidedToo, after: cursor, limit: Self.pageSize)
        }
        return Page(items: approvals.map(describe), nextCursor: next.map(String.init))
    }

    func decideApproval(_ request: DecideApprovalRequest) async throws -> ApprovalDescription {
        let kinds: [DecideApprovalRequest.Decision: AuditEvent.Kind] = [
            .approve: .approved, .deny: .rejected, .remove: .approvalRemoved,
        ]
        return try await change(kinds[request.decision] ?? .rejected) { db, event in
            guard var approval = try ApprovalTable.find(db, id: request.id) else {
                throw ServiceError(.notFound, "No request waits under the id «\(request.id)».")
            }
            event.label = approval.label
            event.subject = approval.subject
            event.names = approval.names
            event.principal = approval.principal
            event.requestDigest = approval.digest.hexadecimal
            event.spkiSHA256 = approval.keySHA256.hexadecimal
            if request.decision == .deny { event.decision = .denied }
            try approval.apply(request.decision, db)
            return describe(approval)
        }
    }

    private func describe(_ approval: ApprovalRecord) -> ApprovalDescription {
        ApprovalDescription(
            id: approval.id, state: approval.state, label: approval.label, subject: approval.subject,
            names: approval.names, principal: approval.principal, spkiSHA256: approval.keySHA256.hexadecimal,
            requestedAt: approval.requestedAt, expiresAt: approval.expiresAt)
    }
}

extension ApprovalRecord {
    /// Enters what an operator has decided.
    ///
    /// - Throws: `invalidArgument` where that was decided before.
    mutating func apply(_ decision: DecideApprovalRequest.Decision, _ db: Database) throws {
        switch decision {
        case .approve:
            guard state == .waiting else {
                throw ServiceError(.invalidArgument, "The request is already \(state.rawValue).")
            }
            state = .approved
            try ApprovalTable.setState(db, id: id, .approved)
        case .deny:
            guard state != .denied else {
                throw ServiceError(.invalidArgument, "The request is already denied.")
            }
            // A denial gives back the use; it holds for this request until it is removed.
            if let secret = secretID { try SecretTable.releaseReserved(db, id: secret) }
            state = .denied
            try ApprovalTable.setState(db, id: id, .denied)
        case .remove:
            try ApprovalSweep.release(db, self)
        }
    }
}
