internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import GRDB
internal import PKI
internal import Synchronization
internal import Testing

@testable internal import Signer

/// Nodes join by invitation: as many as it has uses, while it is good, and each once however often it asks.
@Suite struct InvitationTests {
    let signer: SignerFixture
    let desk: JoiningDesk

    init() throws {
        try self.init(policy: nil)
    }

    private init(policy: String?) throws {
        signer = try SignerFixture(policy: policy)
        desk = JoiningDesk(
            core: signer.core, registry: signer.registry, publisher: signer.publisher,
            turns: signer.administration.turns)
    }

    private func key() throws -> String { try CurveKeyPair.generate().publicKey.z85 }

    private func invite(
        uses: Int = 1, lifetime: Int64 = 86400, labels: [String]? = nil, hosts: [String] = ["localhost"]
    ) async throws -> InvitationDescription {
        let key = try key()
        return try await signer.asOperator {
            try await $0.createInvitation(
                CreateInvitationRequest(publicKey: key, uses: uses, lifetime: lifetime, labels: labels, hosts: hosts))
        }
    }

    private func join(
        _ id: String, name: String = "frontend-1", key: String, hosts: [String] = []
    ) async throws -> NodeDescription {
        let context = CallContext(
            peer: PeerIdentity(name: "invitation:\(id)", role: .invited, labels: []), deadline: .now + .seconds(60))
        return try await CallContext.$current.withValue(context) {
            try await desk.join(JoinRequest(name: name, publicKey: key, hosts: hosts))
        }
    }

    private func uses(of id: String) throws -> Int? {
        try signer.core.ledger.read { try InvitationTable.find($0, id: id)?.used }
    }

    private func events(_ kind: AuditEvent.Kind) throws -> [AuditEvent] {
        try signer.events().filter { $0.type == kind }
    }

    @Test func aNodeJoinsWithTheInvitationsHostsAndLabels() async throws {
        let invitation = try await invite(labels: ["default"], hosts: ["localhost", "est.example"])
        let key = try key()
        let node = try await join(invitation.id, name: "frontend-7", key: key)
        #expect(node.role == .frontend && node.publicKeys == [key] && node.invitation == invitation.id)
        #expect(node.hosts == ["localhost", "est.example"] && node.labels == ["default"])
        #expect(signer.registry.nodes == [node])
        #expect(signer.registry.hosts == ["est.example", "localhost"])
        let event = try #require(try events(.nodeJoined).first)
        #expect(event.principal == "invitation:\(invitation.id)" && event.node == "frontend-7")
        #expect(event.authentication == .invitation && event.names == node.hosts && event.operator == nil)
        #expect(try events(.invitationCreated).map(\.count) == [1])
    }

    /// The use, the node and the event are one transaction: as many of each, however many come at once.
    @Test func moreThanItHasUsesComeAtOnce() async throws {
        let invitation = try await invite(uses: 3)
        let keys = try (0..<12).map { _ in try key() }
        let codes = await withTaskGroup(of: ServiceError.Code?.self) { group in
            for (index, key) in keys.enumerated() {
                group.addTask { await code { try await join(invitation.id, name: "frontend-\(index)", key: key) } }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.count { $0 == nil } == 3)
        #expect(codes.count { $0 == .invitationSpent } == 9)
        #expect(try uses(of: invitation.id) == 3)
        #expect(signer.registry.nodes.count == 3)
        #expect(try Set(events(.nodeJoined).map(\.node)) == Set(signer.registry.nodes.map(\.name)))
        #expect(try events(.nodeJoined).count == 3)
    }

    /// A lost answer is given again, also where the invitation has ended in the meantime.
    @Test func theSameKeyUnderTheSameNameIsAnsweredTheSame() async throws {
        let invitation = try await invite()
        let key = try key()
        let first = try await join(invitation.id, key: key)
        #expect(try await join(invitation.id, key: key) == first)
        _ = try await signer.asOperator { try await $0.revokeInvitation(RevokeInvitationRequest(id: invitation.id)) }
        signer.advance(by: 2 * 86400)
        #expect(try await join(invitation.id, key: key) == first)
        #expect(try uses(of: invitation.id) == 1)
        #expect(try events(.nodeJoined).count == 1)
        #expect(await code { try await join(invitation.id, name: "other", key: key) } == .invalidArgument)
    }

    @Test func namesAndKeysThatOthersHaveAreRefused() async throws {
        let invitation = try await invite(uses: 5)
        let (first, second) = (try key(), try key())
        _ = try await join(invitation.id, key: first)
        #expect(await code { try await join(invitation.id, key: second) } == .nodeNameTaken)
        // The same node by another invitation is another one.
        let other = try await invite()
        #expect(await code { try await join(other.id, key: first) } == .invalidArgument)
        for name in ["", "-x", "Frontend", "a/b", "signer", "auditor", String(repeating: "x", count: 65)] {
            #expect(await code { try await join(invitation.id, name: name, key: second) } == .invalidArgument)
        }
        #expect(await code { try await join(invitation.id, name: "x", key: "short") } == .invalidArgument)
        let invited = try signer.core.ledger.read { try InvitationTable.all($0).map(\.publicKey) }
        #expect(await code { try await join(invitation.id, name: "x", key: invited[0]) } == .invalidArgument)
        // Nor has a node that an operator adds another one's key or name.
        for (name, key) in [("x", invited[0]), ("x", first), ("signer", second), ("auditor", second)] {
            #expect(await code { try await add(name, key: key, hosts: ["localhost"]) } == .invalidArgument)
        }
        #expect(try uses(of: invitation.id) == 1)
        #expect(try uses(of: other.id) == 0)
    }

    @Test func whatHasEndedAdmitsNobodyAndSaysWhy() async throws {
        let (revoked, expired) = (try await invite(), try await invite(lifetime: 60))
        _ = try await signer.asOperator { try await $0.revokeInvitation(RevokeInvitationRequest(id: revoked.id)) }
        signer.advance(by: 61)
        let key = try key()
        #expect(await code { try await join(revoked.id, key: key) } == .invitationRevoked)
        #expect(await code { try await join(expired.id, key: key) } == .invitationExpired)
        #expect(await code { try await join("nothing", key: key) } == .invitationUnknown)
        #expect(
            await code {
                try await signer.asOperator { try await $0.revokeInvitation(RevokeInvitationRequest(id: "nothing")) }
            } == .notFound)
        #expect(signer.registry.nodes.isEmpty)
        #expect(
            try Set(events(.denied).map(\.reason)) == [
                "invitation-revoked", "invitation-expired", "invitation-unknown",
            ])
    }

    @Test func refusalsAreRecordedOnceAMinuteAndCounted() async throws {
        let invitation = try await invite(lifetime: 1)
        signer.advance(by: 2)
        let key = try key()
        for _ in 0..<5 { _ = await code { try await join(invitation.id, key: key) } }
        #expect(try events(.denied).map(\.count) == [nil])
        signer.advance(by: 60)
        _ = await code { try await join(invitation.id, key: key) }
        #expect(try events(.denied).map(\.count) == [nil, 5])
    }

    @Test func furtherHostsAreThoseThatTheInvitationAllows() async throws {
        let invitation = try await invite(uses: 10, hosts: ["localhost", "*.edge.example"])
        let node = try await join(invitation.id, key: try key(), hosts: ["F1.edge.example", "localhost"])
        #expect(node.hosts == ["localhost", "f1.edge.example"])
        for (index, host) in [
            "edge.example", "a.b.edge.example", "edge.example.org", ".edge.example", "*.edge.example", "127.0.0.1",
        ]
        .enumerated() {
            let key = try key()
            #expect(
                await code { try await join(invitation.id, name: "n\(index)", key: key, hosts: [host]) }
                    == .invalidArgument, "\(host)")
        }
        // As many as a node may have at the most, before anything goes through them.
        let many = Array(repeating: "localhost", count: 33)
        let last = try key()
        #expect(await code { try await join(invitation.id, name: "x", key: last, hosts: many) } == .invalidArgument)
        let nameless = try await invite(hosts: ["*.edge.example"])
        let key = try key()
        #expect(await code { try await join(nameless.id, name: "x", key: key) } == .invalidArgument)
        #expect(try await join(nameless.id, name: "x", key: key, hosts: ["x.edge.example"]).hosts == ["x.edge.example"])
    }

    private func add(_ name: String, key: String, hosts: [String]) async throws {
        _ = try await signer.asOperator {
            try await $0.addNode(
                AddNodeRequest(name: name, role: .frontend, publicKey: key, labels: nil, hosts: hosts))
        }
    }

    /// As many and as long names as a node may have.
    private static func hosts(of node: String) -> [String] {
        let label = String(repeating: "a", count: 60)
        return (0..<32).map { "\(node)-\($0).\(label).\(label).\(label).example" }
    }

    /// Each profile of the catalogue has all of them: a signer whose catalogue has no room does not start.
    @Test func noNodeIsStoredWhoseHostsTheCatalogueHasNoRoomFor() async throws {
        let profiles = try #require(SamplePolicy.text.firstRange(of: "  - name: device\n")?.lowerBound)
        let labels = try #require(SamplePolicy.text.firstRange(of: "\nlabels:")?.lowerBound)
        let profile = SamplePolicy.text[profiles..<labels]
        let further = (1...7).map { "\n" + profile.replacing("name: device\n", with: "name: device-\($0)\n") }.joined()
        let full = try InvitationTests(policy: SamplePolicy.text.replacing(profile, with: profile + further))
        let invitation = try await full.invite(hosts: Self.hosts(of: "joining"))
        var refusal: ServiceError?
        for number in 0..<10 where refusal == nil {
            do {
                try await full.add("n-\(number)", key: try key(), hosts: Self.hosts(of: "n-\(number)"))
            } catch let error as ServiceError {
                refusal = error
            }
        }
        #expect(refusal?.code == .invalidArgument && refusal?.message.contains("make a catalogue of") == true)
        let nodes = full.signer.registry.nodes
        #expect(!nodes.isEmpty)
        let key = try key()
        #expect(await code { try await full.join(invitation.id, key: key) } == .invalidArgument)
        #expect(try full.uses(of: invitation.id) == 0)
        #expect(try full.signer.core.ledger.read { try NodeTable.all($0) }.count == nodes.count)
        #expect(try full.events(.nodeAdded).count == nodes.count && full.events(.nodeJoined).isEmpty)
        // As at the next start.
        try await full.signer.publisher.publish(
            full.signer.core.policy.reserving(hosts: full.signer.registry.hosts))
    }

    /// What comes after the commit fails: that is no refusal, and asking again mends it.
    @Test func whoHasJoinedIsPutInForceByAskingAgain() async throws {
        let invitation = try await invite()
        let key = try key()
        try await signer.core.ledger.writer.perform { db in
            try NodeTable.insert(
                db,
                NodeDescription(
                    name: "damaged", role: .frontend, publicKeys: ["short"], labels: nil, hosts: [], addedAt: 0))
        }
        await #expect(throws: (any Error).self) { try await join(invitation.id, key: key) }
        #expect(signer.registry.nodes.isEmpty)
        try await signer.core.ledger.writer.perform { try NodeTable.delete($0, name: "damaged") }
        let node = try await join(invitation.id, key: key)
        #expect(signer.registry.nodes == [node])
        #expect(signer.core.policy.profiles[0].names.reservedHosts == node.hosts)
        #expect(try events(.nodeJoined).count == 1 && events(.denied).isEmpty)
    }

    @Test func noMoreNodesThanAClusterMayHave() async throws {
        let invitation = try await invite()
        let keys = try (0..<300).map { _ in try self.key() }
        try await signer.core.ledger.writer.perform { db in
            for (index, key) in keys.enumerated() {
                try NodeTable.insert(
                    db,
                    NodeDescription(
                        name: "n-\(index)", role: .frontend, publicKeys: [key], labels: nil, hosts: [], addedAt: 0))
            }
        }
        let late = try self.key()
        #expect(await code { try await join(invitation.id, key: late) } == .invalidArgument)
        #expect(try uses(of: invitation.id) == 0)
    }

    @Test(
        arguments: [
            (0, 60, ["localhost"], nil), (301, 60, ["localhost"], nil), (1, 0, ["localhost"], nil),
            (1, 731 * 86400, ["localhost"], nil), (1, 60, [], nil), (1, 60, ["two words"], nil),
            (1, 60, ["localhost"], ["nothing"]),
        ] as [(Int, Int64, [String], [String]?)])
    func anInvitationHasBounds(_ uses: Int, _ lifetime: Int64, _ hosts: [String], _ labels: [String]?) async throws {
        let refused = await code {
            try await invite(uses: uses, lifetime: lifetime, labels: labels, hosts: hosts)
        }
        #expect(refused == .invalidArgument)
        #expect(try signer.core.ledger.read { try InvitationTable.count($0) } == 0)
    }

    @Test func thereAreOnlySoManyInvitationsAndOldOnesAreForgotten() async throws {
        for _ in 0..<100 { _ = try await invite(lifetime: 60) }
        #expect(await code { try await invite() } == .invalidArgument)
        signer.advance(by: 31 * 86400)
        _ = try await invite()
        #expect(try await signer.asOperator { try await $0.listInvitations(ListInvitationsRequest()) }.items.count == 1)
    }

    /// An invitation's key is let in at once, as one that may do nothing but join; the new node's key is let in with its
    /// answer.
    @Test func theTransportLearnsOfItAtOnce() async throws {
        let allowed = Mutex<[AllowedNode]>([])
        let registry = NodeRegistry(ledger: signer.core.ledger) { nodes in allowed.withLock { $0 = nodes } }
        let desk = JoiningDesk(
            core: signer.core, registry: registry, publisher: signer.publisher, turns: signer.administration.turns)
        let invitation = try await invite()
        try registry.refresh()
        let invited = try #require(allowed.withLock { $0.first })
        #expect(invited.name == "invitation:\(invitation.id)" && invited.role == .invited && invited.labels == [])
        let key = try key()
        let context = CallContext(
            peer: PeerIdentity(name: invited.name, role: .invited), deadline: .now + .seconds(60))
        _ = try await CallContext.$current.withValue(context) {
            try await desk.join(JoinRequest(name: "frontend-1", publicKey: key, hosts: []))
        }
        let node = try #require(allowed.withLock { $0.first { $0.role == .frontend } })
        #expect(try node.keys == [CurvePublicKey(z85: key)])
    }

    @Test func onlyTheInvitedJoin() async throws {
        let key = try key()
        for role in [NodeRole.frontend, .operator, .auditor] {
            let context = CallContext(
                peer: PeerIdentity(name: "invitation:x", role: role), deadline: .now + .seconds(60))
            let refused = await CallContext.$current.withValue(context) {
                await code { try await desk.join(JoinRequest(name: "x", publicKey: key, hosts: [])) }
            }
            #expect(refused == .notPermitted)
        }
    }

    // MARK: Nodes that are gone

    private func removeSilent(after days: Int64) async throws -> [String] {
        try await signer.asOperator {
            try await $0.removeSilentNodes(RemoveSilentNodesRequest(silence: days * 86400))
        }.nodes.map(\.name)
    }

    @Test func nodesThatAreNotHeardAreRemovedOnceTheSignerCanKnow() async throws {
        let invitation = try await invite(uses: 2)
        let (kept, lost, added) = (try key(), try key(), try key())
        _ = try await join(invitation.id, name: "kept", key: kept)
        _ = try await join(invitation.id, name: "lost", key: lost)
        _ = try await signer.asOperator {
            try await $0.addNode(
                AddNodeRequest(name: "added", role: .frontend, publicKey: added, labels: nil, hosts: ["localhost"]))
        }
        signer.advance(by: 6 * 86400)
        // It was started six days ago: nobody can have been silent for seven that it knows of.
        #expect(await code { try await removeSilent(after: 7) } == .invalidArgument)
        let report = NodeReport(
            version: "", startedAt: 0, running: 0, waiting: 0, eventBacklog: 0, eventsDropped: 0,
            certificateNotAfter: nil, catalogueVersion: 0)
        signer.registry.heard("kept", report, at: signer.core.seconds())
        signer.advance(by: 2 * 86400)
        #expect(try await removeSilent(after: 7) == ["lost"])
        #expect(signer.registry.nodes.map(\.name) == ["added", "kept"])
        let event = try #require(try events(.nodeRemoved).first)
        #expect(event.node == "lost" && event.operator == "operator:0")
        #expect(event.principal == "invitation:\(invitation.id)")
        #expect(try await removeSilent(after: 7).isEmpty)
    }

    @Test func aNodeThatHasJustJoinedIsNotSilent() async throws {
        let invitation = try await invite()
        signer.advance(by: 86400 - 60)
        let key = try key()
        _ = try await join(invitation.id, name: "new", key: key)
        signer.advance(by: 7 * 86400 - 3600)
        #expect(try await removeSilent(after: 7).isEmpty)
        signer.advance(by: 7200)
        #expect(try await removeSilent(after: 7) == ["new"])
        #expect(await code { try await removeSilent(after: 0) } == .invalidArgument)
    }
}
