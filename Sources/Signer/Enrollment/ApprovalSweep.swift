internal import ClusterProtocol
internal import Foundation
internal import GRDB

/// Ends approvals that nobody decided or collected in time.
enum ApprovalSweep {
    /// Removes an approval and gives back the use that it reserved.
    static func release(_ db: Database, _ approval: ApprovalRecord) throws {
        if let secret = approval.secretID, approval.state != .denied {
            try SecretTable.releaseReserved(db, id: secret)
        }
        try ApprovalTable.delete(db, id: approval.id)
    }

    /// Removes at most `limit` expired approvals.
    static func sweep(_ db: Database, at now: Int64, limit: Int) throws {
        for approval in try ApprovalTable.expired(db, at: now, limit: limit) {
            try release(db, approval)
        }
    }
}
