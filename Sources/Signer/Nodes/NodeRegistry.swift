internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import Synchronization

/// The nodes that may talk to this signer: known from the ledger, admitted to the transport, reported to the auditor.
///
/// And the holders of invitations, whom the transport admits so that they can ask to become nodes. Those of an invitation
/// that has ended are told so, until the ledger forgets it.
final class NodeRegistry: Sendable {
    private struct State {
        var nodes: [NodeDescription] = []
        var version = 0
        var reports: [String: (seen: Int64, report: NodeReport)] = [:]
        var certificates: [String: [Int64]] = [:]
    }

    /// A node asks for its TLS certificate once in weeks; a crash loop asks more often, and is slowed down.
    private static let certificatesPerHour = 60

    private let ledger: Ledger
    /// Hands the allow-list to the transport.
    private let admit: @Sendable ([AllowedNode]) -> Void
    private let state = Mutex(State())

    init(ledger: Ledger, admit: @escaping @Sendable ([AllowedNode]) -> Void) {
        self.ledger = ledger
        self.admit = admit
    }

    var nodes: [NodeDescription] { state.withLock { $0.nodes } }
    /// Raised with each change.
    var version: Int { state.withLock { $0.version } }

    /// Every host name of the cluster: no device may have one of them.
    var hosts: [String] {
        Array(Set(nodes.flatMap(\.hosts))).sorted()
    }

    /// Reads the nodes from the ledger and admits them: from then on a removed key is dead.
    ///
    /// Not from two places at once, so that no older list is admitted last.
    func refresh() throws {
        let (nodes, invitations) = try ledger.read { (try NodeTable.all($0), try InvitationTable.all($0)) }
        let allowed =
            try nodes.map { node in
                AllowedNode(
                    name: node.name, role: node.role, keys: try node.publicKeys.map(CurvePublicKey.init(z85:)),
                    labels: node.labels.map(Set.init))
            }
            + invitations.map { publicKey, invitation in
                AllowedNode(
                    name: JoiningDesk.peerPrefix + invitation.id, role: .invited,
                    keys: [try CurvePublicKey(z85: publicKey)], labels: [])
            }
        state.withLock { state in
            state.nodes = nodes
            state.version += 1
            let names = Set(nodes.map(\.name))
            state.reports = state.reports.filter { names.contains($0.key) }
            state.certificates = state.certificates.filter { names.contains($0.key) }
        }
        admit(allowed)
    }

    func node(_ name: String) -> NodeDescription? {
        nodes.first { $0.name == name }
    }

    /// Keeps a node's sign of life. Only known nodes get here, so that there are as many reports as nodes.
    func heard(_ name: String, _ report: NodeReport, at now: Int64) {
        state.withLock { $0.reports[name] = (now, report) }
    }

    func report(_ name: String) -> (seen: Int64, report: NodeReport)? {
        state.withLock { $0.reports[name] }
    }

    /// Whether a node may have one more TLS certificate now.
    func mayHaveCertificate(_ name: String, at now: Int64) -> Bool {
        state.withLock { state in
            let recent = (state.certificates[name] ?? []).filter { $0 > now - 3600 }
            guard recent.count < Self.certificatesPerHour else { return false }
            state.certificates[name] = recent + [now]
            return true
        }
    }
}
