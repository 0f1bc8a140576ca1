internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import GRDB
internal import Logging

/// Makes nodes of those who come with an invitation's key.
///
/// One transaction counts the use, stores node and key, and records the event; so no invitation makes more nodes than it
/// has uses, and a lost answer is given again.
struct JoiningDesk: JoiningBackend {
    /// What a peer is called whom an invitation lets in: this and the invitation's identifier.
    static let peerPrefix = "invitation:"

    private let core: SignerCore
    private let changes: NodeChanges
    private let turns: SerialTurns
    private let refusals = JoinRefusals()

    /// - Parameter turns: those in which operators change nodes and policy.
    init(core: SignerCore, registry: NodeRegistry, publisher: CataloguePublisher, turns: SerialTurns) {
        self.core = core
        self.turns = turns
        changes = NodeChanges(core: core, registry: registry, publisher: publisher)
    }

    func join(_ request: JoinRequest) async throws -> NodeDescription {
        guard !core.isDraining else {
            throw ServiceError(.shuttingDown, "The signer is shutting down.", retryAfter: 5)
        }
        let peer = try CallContext.required().peer
        guard peer.role == .invited, peer.name.hasPrefix(Self.peerPrefix) else {
            throw ServiceError(.notPermitted, "Only an invitation makes a node.")
        }
        var hasJoined = false
        do {
            try NodeRules.requireName(request.name, signer: core.name)
            try NodeRules.requireKey(request.publicKey)
            try NodeRules.requireFewHosts(request.hosts)
            return try await turns.take {
                let node = try await enter(request, by: peer.name)
                hasJoined = true
                // Also where it has joined before: then the first time may have failed here.
                try await changes.apply()
                return node
            }
        } catch {
            if hasJoined {
                // No refusal: the log has `node-joined`, and the node asks again.
                core.logger.error(
                    "a node has joined, and is not in force yet",
                    metadata: ["node": "\(request.name)", "error": "\(error)"])
            } else if let refusal = error as? ServiceError {
                await record(refusal, of: request, by: peer.name)
            }
            throw error
        }
    }

    private func enter(_ request: JoinRequest, by peer: String) async throws -> NodeDescription {
        let id = String(peer.dropFirst(Self.peerPrefix.count))
        let now = core.seconds()
        var event = core.events.event(.nodeJoined, at: core.now())
        event.decision = .allowed
        event.authentication = .invitation
        event.principal = peer
        event.node = request.name
        event.reasonText = "key \(request.publicKey)"
        let joined = event
        return try await core.ledger.writer.perform(reserved: true) { db in
            if let known = try Self.known(request, invitation: id, db) { return known }
            let invitation = try Self.usable(id, at: now, db)
            guard try NodeTable.find(db, name: request.name) == nil else {
                throw ServiceError(
                    .nodeNameTaken,
                    "There is a node «\(request.name)» already, with another key. Join under another name (--name), or "
                        + "have an operator remove it: estuary node remove \(request.name)")
            }
            let node = NodeDescription(
                name: request.name, role: .frontend, publicKeys: [request.publicKey], labels: invitation.labels,
                hosts: try invitation.hosts(with: request.hosts), addedAt: now, invitation: id)
            try changes.requireRoom(for: node, db)
            var event = joined
            event.names = node.hosts
            (event.publicKey, event.role, event.labels) = (request.publicKey, node.role.rawValue, node.labels)
            let line = try UnnumberedEventLine(event)
            guard try InvitationTable.use(db, id: id) else { throw Self.spent(invitation) }
            try NodeTable.insert(db, node)
            try OutboxTable.append(db, line, at: now)
            return node
        }
    }

    /// The node that has joined with this key under this name before.
    private static func known(
        _ request: JoinRequest, invitation id: String, _ db: Database
    ) throws -> NodeDescription? {
        guard let owner = try NodeTable.owner(db, publicKey: request.publicKey) else {
            guard try InvitationTable.owner(db, publicKey: request.publicKey) == nil else {
                throw ServiceError(.invalidArgument, "A node needs a key of its own, not an invitation's.")
            }
            return nil
        }
        guard let node = try NodeTable.find(db, name: owner), node.name == request.name, node.invitation == id else {
            throw ServiceError(.invalidArgument, "The key is already the node «\(owner)»'s.")
        }
        return node
    }

    private static func usable(_ id: String, at now: Int64, _ db: Database) throws -> InvitationDescription {
        guard let invitation = try InvitationTable.find(db, id: id) else {
            throw ServiceError(.invitationUnknown, "The signer does not know the invitation «\(id)» any more.")
        }
        if invitation.revokedAt != nil {
            throw ServiceError(.invitationRevoked, "The invitation «\(id)» was revoked.")
        }
        guard invitation.expiresAt > now else {
            throw ServiceError(
                .invitationExpired,
                "The invitation «\(id)» has expired. Have a new one made: estuary node invite")
        }
        guard invitation.used < invitation.uses else { throw spent(invitation) }
        return invitation
    }

    private static func spent(_ invitation: InvitationDescription) -> ServiceError {
        ServiceError(
            .invitationSpent,
            "The invitation «\(invitation.id)» has been used \(invitation.uses) times, as often as it may. Have a new one "
                + "made: estuary node invite")
    }

    /// Records a refusal in an event, not more often than once a minute for each invitation.
    private func record(_ error: ServiceError, of request: JoinRequest, by peer: String) async {
        guard let count = refusals.refused(peer, at: core.seconds()) else { return }
        core.logger.warning(
            "a node was not let join", metadata: ["invitation": "\(peer)", "reason": "\(error.code.rawValue)"])
        do {
            try core.requireRoomForDenials()
            var event = core.events.event(.denied, at: core.now())
            event.decision = .denied
            event.authentication = .invitation
            event.principal = peer
            event.reason = error.code.rawValue
            event.reasonText = error.message
            event.count = count > 1 ? count : nil
            let line = try UnnumberedEventLine(event)
            let now = core.seconds()
            _ = try await core.ledger.writer.perform { try OutboxTable.append($0, line, at: now) }
            core.outboxGrew()
        } catch {
            core.countLostDenial()
        }
    }
}
