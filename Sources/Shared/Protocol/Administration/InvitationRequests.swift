internal import ClusterTransport

/// An invitation as operators see it: everything but its secret key, which the signer has never had.
package struct InvitationDescription: Codable, Sendable, Equatable {
    package var id: String
    /// The labels of its nodes; nil for all.
    package var labels: [String]?
    /// The names of its nodes' TLS certificates. One with a first label of `*` is no name, but allows a node to ask for
    /// names directly below the rest.
    package var hosts: [String]
    package var uses: Int
    package var used: Int
    /// In seconds since 1970.
    package var createdAt: Int64
    package var expiresAt: Int64
    package var revokedAt: Int64?

    package init(
        id: String, labels: [String]?, hosts: [String], uses: Int, used: Int, createdAt: Int64, expiresAt: Int64,
        revokedAt: Int64?
    ) {
        self.id = id
        self.labels = labels
        self.hosts = hosts
        self.uses = uses
        self.used = used
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
    }
}

/// Lets the holder of a key make nodes: `administration.createInvitation`. The caller makes the key pair and keeps the
/// secret half.
package struct CreateInvitationRequest: RemoteRequest {
    package typealias Reply = InvitationDescription
    package static let method = "administration.createInvitation"

    /// CURVE, Z85.
    package var publicKey: String
    package var uses: Int
    /// In seconds.
    package var lifetime: Int64
    /// nil for every label.
    package var labels: [String]?
    package var hosts: [String]

    package init(publicKey: String, uses: Int, lifetime: Int64, labels: [String]?, hosts: [String]) {
        self.publicKey = publicKey
        self.uses = uses
        self.lifetime = lifetime
        self.labels = labels
        self.hosts = hosts
    }
}

/// Lists the invitations, the newest first: `administration.listInvitations`.
package struct ListInvitationsRequest: RemoteRequest {
    package typealias Reply = Page<InvitationDescription>
    package static let method = "administration.listInvitations"

    package init() {}
}

/// Ends an invitation at once and for ever: `administration.revokeInvitation`. The nodes that have joined by it stay.
package struct RevokeInvitationRequest: RemoteRequest {
    package typealias Reply = InvitationDescription
    package static let method = "administration.revokeInvitation"

    package var id: String

    package init(id: String) {
        self.id = id
    }
}

/// Removes the nodes that have joined by invitation and were not heard for so long:
/// `administration.removeSilentNodes`. A signer that has not run for that long refuses, as it can't know.
package struct RemoveSilentNodesRequest: RemoteRequest {
    package typealias Reply = RemoveSilentNodesReply
    package static let method = "administration.removeSilentNodes"

    /// In seconds.
    package var silence: Int64

    package init(silence: Int64) {
        self.silence = silence
    }
}

package struct RemoveSilentNodesReply: Codable, Sendable, Equatable {
    package var nodes: [NodeDescription]

    package init(nodes: [NodeDescription]) {
        self.nodes = nodes
    }
}
