internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import GRDB

/// Nodes and invitations.
extension EventChange {
    func nodeAdded(_ tally: inout ImportTally) throws {
        try enterNode(invitation: nil, &tally)
    }

    func nodeJoined(_ tally: inout ImportTally) throws {
        let invitation = identifier("invitation:", of: event.principal)
        if let invitation { _ = try InvitationTable.use(db, id: invitation) }
        try enterNode(invitation: invitation, &tally)
    }

    private func enterNode(invitation: String?, _ tally: inout ImportTally) throws {
        let name = try required(event.node, "node")
        guard let key = event.publicKey, (try? CurvePublicKey(z85: key)) != nil,
            let role = event.role.flatMap(NodeRole.init(rawValue:))
        else {
            tally.lose("The node «\(name)» has to be added again: its event has no key.")
            return
        }
        guard try NodeTable.owner(db, publicKey: key) == nil else { return }
        if let known = try NodeTable.find(db, name: name) {
            try NodeTable.insertKey(db, node: known.name, publicKey: key, at: try seconds())
        } else {
            try NodeTable.insert(
                db,
                NodeDescription(
                    name: name, role: role, publicKeys: [key], labels: event.labels, hosts: event.names ?? [],
                    addedAt: try seconds(), invitation: invitation))
        }
    }

    func nodeRemoved() throws {
        let name = try required(event.node, "node")
        if let key = event.publicKey {
            try NodeTable.deleteKey(db, publicKey: key)
        } else {
            try NodeTable.delete(db, name: name)
        }
    }

    func invitationCreated(_ tally: inout ImportTally) throws {
        let id = try required(identifier("invitation:", of: event.principal), "principal")
        guard let key = event.publicKey, let end = event.notAfter.flatMap(EventSeconds.of) else {
            tally.lose("The invitation «\(id)» has to be made again: its event has no key.")
            return
        }
        try InvitationTable.insert(
            db,
            InvitationDescription(
                id: id, labels: event.labels, hosts: event.names ?? [], uses: event.count ?? 1, used: 0,
                createdAt: try seconds(), expiresAt: end, revokedAt: nil), publicKey: key)
    }

    func invitationRevoked() throws {
        let id = try required(identifier("invitation:", of: event.principal), "principal")
        try InvitationTable.revoke(db, id: id, at: try seconds())
    }
}
