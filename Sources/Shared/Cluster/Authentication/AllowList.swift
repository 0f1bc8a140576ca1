/// The CURVE keys that may take part, and who they are: asked for every message.
struct AllowList: Sendable {
    private var peers: [CurvePublicKey: PeerIdentity] = [:]

    /// Nobody.
    init() {}

    /// An operator is whoever the local socket's peer credentials say, never a key: a node with that role is left out.
    /// Where two nodes claim one key, the first one has it.
    init(_ nodes: [AllowedNode]) {
        for node in nodes where node.role != .operator {
            for key in node.keys where peers[key] == nil {
                peers[key] = PeerIdentity(name: node.name, role: node.role, labels: node.labels)
            }
        }
    }

    func peer(of key: CurvePublicKey) -> PeerIdentity? {
        peers[key]
    }
}
