internal import ClusterProtocol
internal import ClusterTransport

/// What follows a change of the nodes or the invitations in the ledger.
struct NodeChanges: Sendable {
    let core: SignerCore
    let registry: NodeRegistry
    let publisher: CataloguePublisher

    /// Puts them in force: at the transport, at the auditor, and in what no device may be called.
    ///
    /// In a turn of its own, so that no older list is admitted last.
    func apply() async throws {
        try registry.refresh()
        core.outboxGrew()
        let policy = core.policy.reserving(hosts: registry.hosts)
        core.policy = policy
        try await publisher.publish(policy)
    }
}
