/// What a peer's key allows it to be.
package enum NodeRole: String, Codable, Sendable, Hashable, CaseIterable {
    case frontend
    case signer
    case auditor
    /// Whoever has an invitation's key: may ask to become a node, and nothing else.
    case invited
    /// A person at the local administration socket.
    case `operator`
}

/// Who sent a message: derived from the peer's CURVE key or from its local user id, never from the message.
package struct PeerIdentity: Sendable, Hashable {
    /// The node's name, or `operator:UID`.
    package var name: String
    package var role: NodeRole
    /// The labels that the node may ask for; nil where the role is not bound to labels.
    package var labels: Set<String>?

    package init(name: String, role: NodeRole, labels: Set<String>? = nil) {
        self.name = name
        self.role = role
        self.labels = labels
    }

    /// Whether this peer may speak for the label.
    package func mayUse(label: String) -> Bool {
        labels?.contains(label) ?? true
    }
}

/// The circumstances of the remote call that is being served, set by the actor system around each call.
package struct CallContext: Sendable {
    package var peer: PeerIdentity
    /// When the caller stops waiting, on this process's own monotonic clock.
    package var deadline: ContinuousClock.Instant

    package init(peer: PeerIdentity, deadline: ContinuousClock.Instant) {
        self.peer = peer
        self.deadline = deadline
    }

    /// The context of the call that the current task serves; nil outside of one.
    @TaskLocal package static var current: CallContext?

    /// The context of the call that the current task serves.
    ///
    /// - Throws: ``ServiceError`` with code `unexpected` outside of a remote call: a method that asks who calls it was
    ///   called locally.
    package static func required() throws -> CallContext {
        guard let current else {
            throw ServiceError(.unexpected, "The request has no caller.")
        }
        return current
    }
}
