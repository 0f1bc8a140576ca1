internal import ClusterTransport

/// A request that waits for an operator, or that one has decided.
package struct ApprovalDescription: Codable, Sendable, Equatable {
    package enum State: String, Codable, Sendable {
        case waiting
        case approved
        case denied
    }

    package var id: String
    package var state: State
    package var label: String
    package var subject: String
    package var names: [String]
    package var principal: String
    package var spkiSHA256: String
    /// In seconds since 1970.
    package var requestedAt: Int64
    package var expiresAt: Int64

    package init(
        id: String, state: State, label: String, subject: String, names: [String], principal: String,
        spkiSHA256: String, requestedAt: Int64, expiresAt: Int64
    ) {
        self.id = id
        self.state = state
        self.label = label
        self.subject = subject
        self.names = names
        self.principal = principal
        self.spkiSHA256 = spkiSHA256
        self.requestedAt = requestedAt
        self.expiresAt = expiresAt
    }
}

/// Lists the requests that wait for approval, oldest first: `administration.listApprovals`.
package struct ListApprovalsRequest: RemoteRequest {
    package typealias Reply = Page<ApprovalDescription>
    package static let method = "administration.listApprovals"

    /// Also those that are decided and not yet collected or expired.
    package var decidedToo: Bool
    package var cursor: String?

    package init(decidedToo: Bool = false, cursor: String? = nil) {
        self.decidedToo = decidedToo
        self.cursor = cursor
    }
}

/// Approves or denies a request: `administration.decideApproval`.
package struct DecideApprovalRequest: RemoteRequest {
    package typealias Reply = ApprovalDescription
    package static let method = "administration.decideApproval"

    package enum Decision: String, Codable, Sendable {
        case approve
        case deny
        /// Forgets a decision: the request may be made anew.
        case remove
    }

    package var id: String
    package var decision: Decision

    package init(id: String, decision: Decision) {
        self.id = id
        self.decision = decision
    }
}
