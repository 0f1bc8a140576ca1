internal import ClusterProtocol
internal import ClusterTransport
internal import Logging

/// Who may talk to the auditor: signers by its own configuration, frontends as the signer tells.
struct AuditorPeers: Sendable {
    /// The source of a signer's events.
    static let signerName = AuditEvent.signerSource
    /// The source of the auditor's own events: nobody else may have it.
    static let ownName = AuditEvent.auditorSource

    let signerKeys: [CurvePublicKey]
    let logger: Logger

    /// The allow-list that a signer's list of nodes makes.
    ///
    /// The signer can neither name another signer nor give a frontend its own name or key: what it says adds frontends,
    /// no more.
    func allowed(nodes: [NodeDescription]) -> [AllowedNode] {
        [AllowedNode(name: Self.signerName, role: .signer, keys: signerKeys)] + nodes.compactMap(frontend)
    }

    private func frontend(_ node: NodeDescription) -> AllowedNode? {
        guard node.role == .frontend, ![Self.signerName, Self.ownName].contains(node.name) else { return nil }
        let keys = node.publicKeys.compactMap { text in try? CurvePublicKey(z85: text) }
            .filter { !signerKeys.contains($0) }
        guard !keys.isEmpty else {
            logger.warning("node without a usable key is not admitted", metadata: ["node": "\(node.name)"])
            return nil
        }
        return AllowedNode(name: node.name, role: .frontend, keys: keys, labels: node.labels.map(Set.init))
    }
}
