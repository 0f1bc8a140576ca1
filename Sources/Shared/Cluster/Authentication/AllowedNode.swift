/// A node that may take part in the cluster, and what its keys allow it to be.
package struct AllowedNode: Sendable, Hashable {
    package var name: String
    package var role: NodeRole
    /// One key, or two while one takes the other's place.
    package var keys: [CurvePublicKey]
    /// The labels that the node may ask for; nil for all.
    package var labels: Set<String>?

    package init(name: String, role: NodeRole, keys: [CurvePublicKey], labels: Set<String>? = nil) {
        self.name = name
        self.role = role
        self.keys = keys
        self.labels = labels
    }
}
