internal import ClusterProtocol
internal import ClusterTransport
internal import Crypto
internal import Foundation
internal import GRDB
internal import Synchronization
internal import Testing
internal import TransparencyLog
internal import X509

@testable internal import Signer

/// A ledger that was restored from an older copy becomes, by the auditor's events alone, what the lost one was.
@Suite struct LedgerRestoreTests {
    private let world: RestoreWorld
    private var signer: SignerFixture { world.signer }

    init() throws {
        world = try RestoreWorld()
    }

    private func revoke(
        _ certificate: Certificate, _ reason: RevocationReason = .privilegeWithdrawn, only: Bool = false
    )
        async throws
    {
        let serial = certificate.serialNumber.bytes.map { String(format: "%02x", $0) }.joined()
        _ = try await signer.asOperator {
            try await $0.revokeCertificate(RevokeCertificateRequest(serial: serial, reason: reason, only: only))
        }
    }

    private func decide(_ name: String, _ decision: DecideApprovalRequest.Decision) async throws {
        _ = try await signer.asOperator { desk in
            let all = try await desk.listApprovals(ListApprovalsRequest(decidedToo: true)).items
            let approval = try #require(all.first { $0.subject.contains(name) })
            return try await desk.decideApproval(DecideApprovalRequest(id: approval.id, decision: decision))
        }
    }

    private func key() throws -> String { try CurveKeyPair.generate().publicKey.z85 }

    private func addNode(_ name: String, _ key: String, hosts: [String] = ["localhost"]) async throws {
        _ = try await signer.asOperator {
            try await $0.addNode(
                AddNodeRequest(name: name, role: .frontend, publicKey: key, labels: ["default"], hosts: hosts))
        }
    }

    @Test func everyKindOfEventMakesTheLedgerWhatTheLostOneWas() async throws {
        let single = try await signer.secret()
        let several = try await signer.secret(uses: 20)
        let manual = try await signer.secret(label: "manual", uses: 20)
        let replaced = try await signer.secret()
        let old = try await signer.enroll(Device("old"), secret: several.secret)
        let leaving = Device("leaving")
        let left = try await signer.enroll(leaving, secret: several.secret)
        let waiting = Device("waiting")
        let (first, second, third) = (try key(), try key(), try key())
        try await addNode("frontend-1", first)
        let unwanted = try key()
        try await addNode("frontend-9", unwanted)
        let gone = try await signer.asOperator {
            try await $0.addKeyEncryptionKey(AddKeyEncryptionKeyRequest(name: "gone"))
        }
        try world.backUp()

        // Issued, with a spent secret, a shared one, and by renewal; repeated, with a key of the client's.
        let new = Device("new")
        _ = try await signer.enroll(new, secret: single.secret)
        _ = try await signer.enroll(Device("other").request(secret: several.secret, idempotencyKey: "one"))
        _ = try await signer.enroll(new.request(secret: single.secret, idempotencyKey: "two"))
        let oldKey = Device("old")
        let renewed = try signer.certificate(
            try await signer.enroll(oldKey.request(operation: .simpleReenroll, certificate: old)))
        let compromised = try await signer.enroll(Device("compromised"), secret: several.secret)
        let twice = Device("twice")
        let once = try await signer.enroll(twice, secret: several.secret)
        // Revoked: a whole device, one certificate, a key; and released.
        try await revoke(renewed)
        try await revoke(compromised, .keyCompromise, only: true)
        try await revoke(once, only: true)
        try await revoke(left)
        _ = try await signer.asOperator { try await $0.releaseName(ReleaseNameRequest(name: "leaving")) }
        let stays = try await signer.enroll(Device("stays"), secret: several.secret)
        try await revoke(stays)
        let staying = try #require(try signer.events().last { $0.type == .revoked }?.device)
        _ = try await signer.asOperator { try await $0.releaseName(ReleaseNameRequest(name: staying)) }
        // Waiting, approved and collected, denied, removed.
        for name in ["waiting", "approved", "collected", "denied", "removed"] {
            let device = name == "waiting" ? waiting : Device(name)
            _ = try await signer.enroll(device.request(label: "manual", secret: manual.secret))
            switch name {
            case "approved": try await decide(name, .approve)
            case "collected":
                try await decide(name, .approve)
                _ = try await signer.enroll(device.request(label: "manual", secret: manual.secret))
            case "denied": try await decide(name, .deny)
            case "removed": try await decide(name, .remove)
            default: break
            }
        }
        // Secrets, nodes, keys, invitations, CRLs, refusals.
        let late = try await signer.secret(uses: 3)
        _ = try await signer.enroll(Device("late"), secret: late.secret)
        _ = try await signer.asOperator {
            try await $0.reissueSecret(ReissueSecretRequest(id: replaced.description.id, lifetime: 86400))
        }
        _ = try await signer.asOperator { try await $0.revokeSecret(RevokeSecretRequest(id: several.description.id)) }
        try await addNode("frontend-1", second)
        try await addNode("frontend-2", third, hosts: ["two.example"])
        for (name, key) in [("frontend-1", first), ("frontend-9", nil)] as [(String, String?)] {
            _ = try await signer.asOperator { try await $0.removeNode(RemoveNodeRequest(name: name, publicKey: key)) }
        }
        _ = try await signer.asOperator {
            try await $0.removeKeyEncryptionKey(RemoveKeyEncryptionKeyRequest(name: gone.description.name))
        }
        for isRevoked in [false, true] {
            let key = try key()
            let invitation = try await signer.asOperator {
                try await $0.createInvitation(
                    CreateInvitationRequest(publicKey: key, uses: 2, lifetime: 3600, labels: nil, hosts: ["x.example"]))
            }
            if isRevoked {
                _ = try await signer.asOperator {
                    try await $0.revokeInvitation(RevokeInvitationRequest(id: invitation.id))
                }
            }
        }
        try await RevocationListPublisher(core: signer.core).issueAll()
        #expect(await code { try await signer.enroll(Device("nobody"), secret: Secret("wrong")) } == .credentialRefused)

        try world.log()
        let ledger = try await world.restored(isMarked: true)
        let number = try ledger.read { try OutboxTable.lastSequence($0) }
        _ = try await world.restore(ledger).run()
        // The hash of a secret is in no event: those made since the copy are there and of no use.
        try world.expectEqualLedgers(ledger, except: ["secret.sha256", "secret.revoked_at"])
        for id in try world.events(ledger)[0].remarks ?? [] where id.contains("secrets are of no use") {
            #expect(id.hasPrefix("2 secrets") && id.contains(late.description.id))
        }
        let (numbers, counts) = try [signer.core.ledger, ledger].map { ledger in
            try ledger.read { db in
                (
                    try RevocationListTable.position(db, authority: "devices").number,
                    [try MetaTable.integer(db, "certificates"), try MetaTable.integer(db, "devices")]
                )
            }
        }.reduce(into: ([Int64](), [[Int64?]]())) { result, entry in
            result.0.append(entry.0)
            result.1.append(entry.1)
        }
        #expect(numbers[1] >= numbers[0] && counts[0] == counts[1])
        // A new life, whose first event tells.
        let events = try world.events(ledger)
        #expect(events.map(\.type) == [.restored] && events[0].run == ledger.incarnation)
        #expect(ledger.incarnation != signer.core.ledger.incarnation)
        let all = try signer.events()
        #expect(events[0].count == all.count - Int(number))
        let former = try ledger.read { try FormerOutboxTable.lines($0, run: all[0].run, from: 1, limit: 10_000) }
        #expect(try former == signer.core.ledger.read { try OutboxTable.lines($0, from: 1, limit: 10_000) })
        #expect(try !world.restore(ledger).isDue())
    }

    @Test func theSameRequestAgainGetsTheSameCertificateAndASpentSecretIsSpent() async throws {
        let secret = try await signer.secret()
        try world.backUp()
        let device = Device("sensor-1")
        let certificate = try await signer.enroll(device, secret: secret.secret)
        try world.log()
        let ledger = try await world.restored()
        _ = try await world.restore(ledger).run()
        let pipeline = try world.pipeline(ledger)
        let context = CallContext(
            peer: PeerIdentity(name: "frontend-1", role: .frontend), deadline: .now + .seconds(60))
        let again = try await pipeline.enroll(device.request(secret: secret.secret), from: context)
        #expect(try signer.certificate(again) == certificate)
        #expect(
            await code { try await pipeline.enroll(Device("sensor-1").request(secret: secret.secret), from: context) }
                == .credentialRefused)
        let other = try await signer.secret()
        #expect(
            await code { try await pipeline.enroll(Device("x").request(secret: other.secret), from: context) }
                == .credentialRefused)
    }

    @Test func anImportThatWasInterruptedGoesOnWhereItWas() async throws {
        let secret = try await signer.secret(uses: 30)
        try world.backUp()
        for number in 1...12 { _ = try await signer.enroll(Device("sensor-\(number)"), secret: secret.secret) }
        try world.log()
        let all = world.auditor.state.withLock { $0.lines }
        var ledger = try await world.restored()
        // The auditor goes away in the middle.
        world.auditor.state.withLock { $0.eventsUntilGone = 7 }
        await #expect(throws: ImportFailed.self) { try await world.restore(ledger, pageLines: 3).run() }
        let half = try ledger.read { try OutboxTable.lastSequence($0) }
        #expect(half > 1 && half < all.count)
        #expect(try world.restore(ledger).isDue(), "it does not sign before all is there")
        try ledger.close()
        world.auditor.state.withLock { $0.eventsUntilGone = nil }
        ledger = try await world.restored()
        _ = try await world.restore(ledger, pageLines: 3).run()
        try world.expectEqualLedgers(ledger)
        #expect(try world.events(ledger)[0].count == 12)
    }

    @Test func aLedgerThatLacksNothingStaysWhatItIsUnlessItIsABackups() async throws {
        _ = try await signer.secret()
        try world.backUp()
        try world.log()
        let ledger = try await world.restored()
        let run = ledger.incarnation
        #expect(try await world.restore(ledger).run() == 1)
        #expect(ledger.incarnation == run)
        try await ledger.writer.perform { db in
            try MetaTable.set(db, RestoreMark.metaKey, RestoreMark(backupMadeAt: 1, restoredAt: 2).text)
        }
        #expect(try world.restore(ledger).isDue())
        _ = try await world.restore(ledger).run()
        #expect(ledger.incarnation != run)
        #expect(try world.events(ledger).first?.reasonText?.contains("1970-01-01T00:00:01Z") == true)
    }

    @Test func aLedgerThatHasGoneOnByItselfIsRefused() async throws {
        let secret = try await signer.secret(uses: 9)
        try world.backUp()
        for number in 1...5 { _ = try await signer.enroll(Device("sensor-\(number)"), secret: secret.secret) }
        try world.log()
        let ledger = try await world.restored()
        let line = try UnnumberedEventLine(
            EventComposer(source: "signer", run: ledger.incarnation).event(.started, at: Date()))
        _ = try await ledger.writer.perform { try OutboxTable.append($0, line, at: 0) }
        await #expect(throws: LedgerBehindAuditor.self) { try await world.restore(ledger).run() }
        #expect(try ledger.read { try OutboxTable.lastSequence($0) } == 2)
        // An operator may go on without what happened since.
        try world.restore(ledger).acceptLoss("because")
        #expect(try world.events(ledger).last?.reasonText?.contains("A loss was accepted: because") == true)
    }

    /// What an auditor may try that is not honest.
    enum Lie: CaseIterable {
        case certificateOfAnotherAuthority, anotherSerial, unknownRevocation, anotherOrder, olderLog, lastListNumber
    }

    @Test(arguments: Lie.allCases)
    func anAuditorThatLiesIsNotBelieved(_ lie: Lie) async throws {
        let secret = try await signer.secret(uses: 9)
        try world.backUp()
        for number in 1...3 { _ = try await signer.enroll(Device("sensor-\(number)"), secret: secret.secret) }
        try world.log()
        let foreign = try SignerFixture()
        let other = try await foreign.enroll(Device("x"), secret: try await foreign.secret().secret)
        let der = Data(try other.derEncoded())
        let ledger = try await world.restored()
        if lie == .olderLog {
            let witnessed = try await world.auditor.position(EventPositionRequest(run: "", witnessedSize: 0)).evidence
            let key = signer.witnessKey
            let note = try SignedNote(parsing: Array(try #require(witnessed).checkpoint.utf8))
            try await ledger.writer.perform { [auditor = world.auditor] db in
                var note = note
                try Cosignature.add(to: &note, by: key, at: 1)
                try WitnessTable.set(db, WitnessedLog(key: auditor.logKey, note: note))
            }
        }
        try world.auditor.state.withLock { state in
            func change(_ index: Int, _ body: (inout AuditEvent) -> Void) throws {
                var event = try AuditEvent(line: state.lines[index])
                body(&event)
                state.lines[index] = try event.line()
            }
            switch lie {
            case .certificateOfAnotherAuthority: try change(2) { $0.certificate = der }
            case .anotherSerial: try change(2) { $0.serial = "00" + ($0.serial ?? "") }
            case .unknownRevocation:
                try change(2) { event in
                    event.type = .revoked
                    event.serial = "0011"
                    event.revocationReason = "unspecified"
                }
            case .lastListNumber:
                try change(2) { event in
                    event.type = .revocationListIssued
                    event.reasonText = "number \(Int64.max)"
                }
            case .anotherOrder: state.lines.swapAt(2, 3)
            case .olderLog: state.lines.removeLast()
            }
        }
        await #expect(throws: ImportFailed.self) { try await world.restore(ledger).run() }
        #expect(try ledger.read { try CertificateTable.newestSerial($0, authority: "devices") } == nil)
    }

    /// Whoever has taken the auditor over may put anything into the log: it lets nobody in.
    @Test func theLogsWordAloneGivesNoRights() async throws {
        let secret = try await signer.secret(label: "manual", uses: 5)
        let single = try await signer.secret()
        try world.backUp()
        try await addNode("thief", try key())
        let invited = try key()
        _ = try await signer.asOperator {
            try await $0.createInvitation(
                CreateInvitationRequest(publicKey: invited, uses: 2, lifetime: 3600, labels: nil, hosts: ["x.example"]))
        }
        _ = try await signer.enroll(Device("waiting").request(label: "manual", secret: secret.secret))
        try await decide("waiting", .approve)
        let certificate = try await signer.enroll(Device("sensor-1"), secret: single.secret)
        try await revoke(certificate)
        _ = try await signer.asOperator { try await $0.releaseName(ReleaseNameRequest(name: "sensor-1")) }
        try world.log()
        let ledger = try await world.restored()
        _ = try await world.restore(ledger).run()
        let (nodes, invitation, approvals, blocked, burned) = try ledger.read { db in
            (
                try NodeTable.all(db), try InvitationTable.owner(db, publicKey: invited),
                try String.fetchAll(db, sql: "SELECT state FROM approval"),
                try Bool.fetchAll(db, sql: "SELECT blocked FROM name"),
                try SecretTable.find(db, id: single.description.id)?.used
            )
        }
        #expect(nodes.isEmpty && invitation == nil)
        #expect(approvals == ["waiting"])
        #expect(blocked == [true] && burned == 1, "what takes rights away is done")
        let remarks = try world.events(ledger)[0].remarks ?? []
        for word in ["«thief» was added", "invitation was made", "was approved", "were released"] {
            #expect(remarks.contains { $0.contains(word) }, "\(word): \(remarks)")
        }
    }

    @Test func aBackupFromBeforeTheLastRestoreIsRefused() async throws {
        let secret = try await signer.secret(uses: 9)
        try world.backUp()
        _ = try await signer.enroll(Device("sensor-1"), secret: secret.secret)
        try world.log()
        world.auditor.state.withLock { $0.newestRun = "a-later-life" }
        let ledger = try await world.restored(isMarked: true)
        let error = await #expect(throws: ImportFailed.self) { try await world.restore(ledger).run() }
        #expect(error?.reason.contains("a-later-life") == true)
        // Its own life, and those that the ledger knows of, are no later ones.
        world.auditor.state.withLock { [run = ledger.incarnation] in $0.newestRun = run }
        _ = try await world.restore(ledger).run()
    }

    /// What was issued by an authority whose key is lost is lost, and nothing else.
    @Test func anAuthorityThatTheBackupDoesNotHaveStopsNothing() async throws {
        let (first, second) = (try await signer.secret(), try await signer.secret())
        try world.backUp()
        _ = try await signer.enroll(Device("sensor-1"), secret: first.secret)
        let kept = try await signer.enroll(Device("sensor-2"), secret: second.secret)
        try world.log()
        try world.auditor.state.withLock { state in
            let index = try #require(state.lines.firstIndex { $0.contains("sensor-1") })
            var event = try AuditEvent(line: state.lines[index])
            event.authority = "newer"
            state.lines[index] = try event.line()
        }
        let ledger = try await world.restored()
        _ = try await world.restore(ledger).run()
        let (certificates, uses) = try ledger.read { db in
            (
                try Data.fetchAll(db, sql: "SELECT der FROM certificate"),
                try [first, second].map { try SecretTable.find(db, id: $0.description.id)?.used }
            )
        }
        #expect(try certificates == [Data(kept.derEncoded())])
        #expect(uses == [1, 1])
        #expect(try world.events(ledger)[0].remarks?.contains { $0.contains("«newer»") } == true)
    }

    @Test func eventsOfAFormerLifeStayUntilTheAuditorHasThem() async throws {
        let secret = try await signer.secret(uses: 9)
        try world.backUp()
        _ = try await signer.enroll(Device("sensor-1"), secret: secret.secret)
        try world.log()
        let ledger = try await world.restored(isMarked: true)
        let run = ledger.incarnation
        _ = try await world.restore(ledger).run()
        try await ledger.writer.perform { try FormerOutboxTable.setDelivered($0, run: run, 1) }
        let end = Int64(Date().timeIntervalSince1970) + 60
        #expect(
            try await ledger.writer.perform { try FormerOutboxTable.prune($0, recordedBefore: end, limit: 10) } == 1)
        #expect(
            try await ledger.writer.perform { try FormerOutboxTable.prune($0, recordedBefore: end, limit: 10) } == 0)
        #expect(try ledger.read { try FormerOutboxTable.runs($0).map(\.first) } == [2])
    }
}
