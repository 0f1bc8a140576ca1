internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation

extension AdministrationDesk {
    static let maximumInvitations = 100
    /// How long an invitation that has ended is known, so that its holder is told what is wrong with it; in seconds.
    private static let memory: Int64 = 30 * 86400

    func createInvitation(_ request: CreateInvitationRequest) async throws -> InvitationDescription {
        try NodeRules.requireKey(request.publicKey)
        try NodeRules.requireLabels(request.labels, in: core.policy)
        try InvitationRules.require(uses: request.uses, lifetime: request.lifetime, hosts: request.hosts)
        let now = core.seconds()
        let invitation = InvitationDescription(
            id: SecretGenerator.identifier(), labels: request.labels, hosts: request.hosts, uses: request.uses, used: 0,
            createdAt: now, expiresAt: now + request.lifetime, revokedAt: nil)
        return try await turns.take {
            try await change(.invitationCreated) { db, event in
                event.describe(invitation)
                (event.publicKey, event.labels) = (request.publicKey, invitation.labels)
                guard try NodeTable.owner(db, publicKey: request.publicKey) == nil,
                    try InvitationTable.owner(db, publicKey: request.publicKey) == nil
                else { throw ServiceError(.invalidArgument, "The key is a node's or another invitation's already.") }
                try InvitationTable.prune(db, endedBefore: now - Self.memory)
                guard try InvitationTable.count(db) < Self.maximumInvitations else {
                    throw ServiceError(
                        .invalidArgument,
                        "There are \(Self.maximumInvitations) invitations already; those that have ended are forgotten "
                            + "after 30 days.")
                }
                try InvitationTable.insert(db, invitation, publicKey: request.publicKey)
            }
            try await NodeChanges(core: core, registry: registry, publisher: publisher).apply()
            return invitation
        }
    }

    func listInvitations(_ request: ListInvitationsRequest) async throws -> Page<InvitationDescription> {
        Page(items: try core.ledger.read { try InvitationTable.all($0).map(\.description) }, nextCursor: nil)
    }

    func revokeInvitation(_ request: RevokeInvitationRequest) async throws -> InvitationDescription {
        let now = core.seconds()
        return try await turns.take {
            try await change(.invitationRevoked) { db, event in
                guard var invitation = try InvitationTable.find(db, id: request.id) else {
                    throw ServiceError(.notFound, "There is no invitation «\(request.id)».")
                }
                event.describe(invitation)
                try InvitationTable.revoke(db, id: request.id, at: now)
                invitation.revokedAt = invitation.revokedAt ?? now
                return invitation
            }
        }
    }

    /// The nodes that have joined by invitation and have not been heard since the given time, removed.
    func removeSilentNodes(_ request: RemoveSilentNodesRequest) async throws -> RemoveSilentNodesReply {
        guard request.silence >= 60 else {
            throw ServiceError(.invalidArgument, "A node is silent after a minute at the earliest.")
        }
        let now = core.seconds()
        let limit = now - request.silence
        guard startedAt <= limit else {
            throw ServiceError(
                .invalidArgument,
                "The signer has run for \(max(0, now - startedAt)) seconds only: it can't know which nodes were silent for "
                    + "longer. Nothing is removed.")
        }
        let person = try CallContext.required().peer.name
        return try await turns.take {
            let silent = registry.nodes.filter { node in
                node.invitation != nil && node.addedAt < limit && (registry.report(node.name)?.seen ?? 0) < limit
            }
            guard !silent.isEmpty else { return RemoveSilentNodesReply(nodes: []) }
            let lines = try silent.map { node in
                var event = core.events.administration(.nodeRemoved, by: person, at: core.now())
                event.node = node.name
                event.principal = node.invitation.map { JoiningDesk.peerPrefix + $0 }
                event.reasonText = "not heard for \(request.silence) seconds"
                return try UnnumberedEventLine(event)
            }
            try await core.ledger.writer.perform(reserved: true) { db in
                for (node, line) in zip(silent, lines) {
                    try NodeTable.delete(db, name: node.name)
                    try OutboxTable.append(db, line, at: now)
                }
            }
            try await NodeChanges(core: core, registry: registry, publisher: publisher).apply()
            return RemoveSilentNodesReply(nodes: silent)
        }
    }
}

extension AuditEvent {
    /// What an event about an invitation has.
    mutating func describe(_ invitation: InvitationDescription) {
        principal = JoiningDesk.peerPrefix + invitation.id
        names = invitation.hosts
        count = invitation.uses
        notAfter = AuditEvent.timestamp(Date(timeIntervalSince1970: Double(invitation.expiresAt)))
        if let labels = invitation.labels { reasonText = "labels \(labels.joined(separator: ", "))" }
    }
}
