package import ClusterTransport

/// A node of the cluster as the signer knows it.
package struct NodeDescription: Codable, Sendable, Equatable {
    package var name: String
    package var role: NodeRole
    /// Its CURVE public keys in Z85: one, or two while a key is being replaced.
    package var publicKeys: [String]
    /// The labels that it may ask for; nil for all.
    package var labels: [String]?
    /// The host names and addresses of its TLS certificate; empty for a node that serves no devices.
    package var hosts: [String]
    /// In seconds since 1970.
    package var addedAt: Int64
    /// The invitation by which it has joined; nil where an operator has admitted it.
    package var invitation: String?

    package init(
        name: String, role: NodeRole, publicKeys: [String], labels: [String]?, hosts: [String], addedAt: Int64,
        invitation: String? = nil
    ) {
        self.name = name
        self.role = role
        self.publicKeys = publicKeys
        self.labels = labels
        self.hosts = hosts
        self.addedAt = addedAt
        self.invitation = invitation
    }
}
