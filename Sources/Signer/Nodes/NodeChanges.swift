internal import ClusterProtocol
internal import ClusterTransport
internal import GRDB

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

    /// Checks that node list and catalogue have room for one more node: in the transaction that stores it, as a signer
    /// whose catalogue has no room does not start.
    ///
    /// - Throws: `invalidArgument` where they have not.
    func requireRoom(for node: NodeDescription, _ db: Database) throws {
        try NodeRules.requireRoom(db)
        let hosts = Set(try NodeTable.all(db).flatMap(\.hosts) + node.hosts)
        try publisher.requireRoom(for: core.policy.reserving(hosts: hosts.sorted()))
    }
}
