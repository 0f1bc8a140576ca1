internal import ClusterProtocol
internal import ClusterTransport
internal import Crypto
internal import CryptoExtras
internal import Foundation
internal import GRDB
internal import Logging
internal import Observability
internal import PKI
internal import TestOpenSSL
internal import Testing
internal import X509

@testable internal import Signer

@Suite struct RevocationListTests {
    @Test func anEmptyCRLIsIssuedAtTheStart() async throws {
        let fixture = try await RevocationFixture()
        let text = try await fixture.listText()
        #expect(text.contains("verify OK"))
        #expect(text.contains("No Revoked Certificates."))
        let list = try fixture.list
        #expect(text.contains("\(list.number)"))
        #expect(list.nextUpdate == list.issuedAt + 7 * 86400)
        let event = try #require(try fixture.signer.events().last)
        #expect(event.type == .revocationListIssued)
        #expect(event.authority == "devices")
        #expect(event.reasonText == "number \(list.number)")
        #expect(event.count == 0)
    }

    @Test func aRevocationIsInTheNextCRLAndOpenSSLAgrees() async throws {
        let fixture = try await RevocationFixture()
        let lost = try await fixture.device("lost.example.com")
        let kept = try await fixture.device("kept.example.com")
        let before = try fixture.list
        #expect(try await fixture.verify(lost) == "leaf: OK\n")
        try await fixture.revoke(lost)
        await fixture.lists.issueWhereDue()
        let list = try fixture.list
        #expect(list.number > before.number)
        #expect(list.entries == 1)
        let text = try await fixture.listText()
        #expect(text.contains("verify OK"))
        #expect(text.contains("Serial Number: \(lost.serial.hexadecimal.uppercased())"))
        #expect(text.contains("Key Compromise"))
        #expect(try await fixture.verify(lost).contains("certificate revoked"))
        #expect(try await fixture.verify(kept) == "leaf: OK\n")
        // Nothing has happened since.
        await fixture.lists.issueWhereDue()
        #expect(try fixture.list.number == list.number)
    }

    @Test func supersededAndNodeCertificatesAreInIt() async throws {
        let fixture = try await RevocationFixture()
        let device = try await fixture.device("a.example.com")
        let node = try await fixture.nodeCertificate()
        try await fixture.revoke(device, reason: .superseded, only: true)
        try await fixture.revoke(node, reason: .cessationOfOperation)
        await fixture.lists.issueWhereDue()
        #expect(try fixture.list.entries == 2)
        let text = try await fixture.listText()
        #expect(text.contains("Superseded"))
        #expect(text.contains("Cessation Of Operation"))
        #expect(try await fixture.verify(node).contains("certificate revoked"))
    }

    @Test func theServiceIssuesAtOnceAndABurstTogether() async throws {
        let fixture = try await RevocationFixture()
        var devices: [Certificate] = []
        for index in 0..<12 { devices.append(try await fixture.device("d\(index).example.com")) }
        let service = Task { try await fixture.lists.run() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for device in devices {
                group.addTask { _ = try await fixture.revoke(device) }
            }
            try await group.waitForAll()
        }
        let end = ContinuousClock.now + .seconds(20)
        while try fixture.list.entries < devices.count, ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(try fixture.list.entries == devices.count)
        service.cancel()
        _ = try? await service.value
        // The first one at the start; each of the others has at least one revocation more than the one before.
        let counts = try fixture.signer.events().filter { $0.type == .revocationListIssued }.map { $0.count ?? -1 }
        #expect(counts.first == 0)
        #expect(zip(counts, counts.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test func itIsIssuedAnewAtHalfOfItsLifetime() async throws {
        let fixture = try await RevocationFixture(services: .init(listLifetime: 1000))
        let first = try fixture.list
        // The fixture's clock goes on by itself, too: far enough from the half for a slow machine.
        fixture.signer.advance(by: 200)
        await fixture.lists.issueWhereDue()
        #expect(try fixture.list.number == first.number)
        fixture.signer.advance(by: 301)
        await fixture.lists.issueWhereDue()
        let second = try fixture.list
        #expect(second.number > first.number)
        #expect(second.nextUpdate >= first.nextUpdate + 500)
        // Also where the clock was set back.
        fixture.signer.advance(by: -4000)
        await fixture.lists.issueWhereDue()
        #expect(try fixture.list.number > second.number)
        #expect(try fixture.list.nextUpdate < second.nextUpdate)
    }

    @Test func anEntryStaysOnOneRegularCRLBeyondItsCertificatesEnd() async throws {
        let fixture = try await RevocationFixture(services: .init(listLifetime: 40 * 86400))
        // The sample profile's certificates live for 90 days.
        let device = try await fixture.device("a.example.com")
        let name = device.serial.hexadecimal.uppercased()
        try await fixture.revoke(device)
        await fixture.lists.issueWhereDue()
        for _ in 0..<4 {
            fixture.signer.advance(by: 21 * 86400)
            await fixture.lists.issueWhereDue()
            #expect(try fixture.list.entries == 1)
        }
        // Past its end; another revocation's CRL is not a regular one, and counts for nothing.
        let other = try await fixture.device("b.example.com")
        fixture.signer.advance(by: 8 * 86400)
        #expect(fixture.core.now() > device.notValidAfter)
        try await fixture.revoke(other)
        await fixture.lists.issueWhereDue()
        #expect(try fixture.list.entries == 2)
        fixture.signer.advance(by: 21 * 86400)
        await fixture.lists.issueWhereDue()
        #expect(try fixture.list.entries == 2)
        #expect(try await fixture.listText().contains(name))
        fixture.signer.advance(by: 21 * 86400)
        await fixture.lists.issueWhereDue()
        #expect(try fixture.list.entries == 1)
        #expect(try await !fixture.listText().contains(name))
    }

    @Test func numbersRiseAcrossARestart() async throws {
        let fixture = try await RevocationFixture()
        try await fixture.revoke(try await fixture.device("a.example.com"))
        await fixture.lists.issueWhereDue()
        let before = try fixture.list
        // The memory of another process is empty; its clock may be behind.
        fixture.signer.advance(by: -10_000)
        let restarted = try await RevocationFixture(fixture.signer)
        #expect(try restarted.list.number == before.number + 1)
        #expect(try restarted.list.entries == 1)
    }

    @Test func aRestoredLedgerGivesNoNumberAgain() async throws {
        let fixture = try await RevocationFixture()
        let copy = "\(fixture.signer.directory)/backup.sqlite"
        let source = try DatabaseQueue(path: "\(fixture.signer.directory)/ledger.sqlite")
        let target = try DatabaseQueue(path: copy)
        try source.backup(to: target)
        try source.close()
        try target.close()
        for index in 0..<5 {
            try await fixture.revoke(try await fixture.device("d\(index).example.com"))
            await fixture.lists.issueWhereDue()
        }
        let newest = try fixture.list.number
        let ledger = try Ledger(
            path: copy, authorities: ["devices": fixture.signer.authority.keySHA256],
            failStop: { fatalError("\($0)") })
        fixture.signer.advance(by: 1)
        let core = try SignerCore(
            name: "signer", ledger: ledger, authorities: [fixture.signer.authority],
            policy: fixture.core.policy, keyWrapping: fixture.core.keyWrapping,
            metrics: SignerMetrics(registry: MetricsRegistry()),
            logger: Logger(label: "test"), now: fixture.core.now)
        let restored = try await RevocationFixture(fixture.signer, core: core)
        #expect(try restored.list.number > newest)
        #expect(try restored.list.entries == 0)
    }

    @Test func itIsServedInParts() throws {
        let bytes = (0..<RevocationListPart.maximumBytes * 2 + 1000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        let list = IssuedRevocationList(
            number: 5, issuedAt: 1, thisUpdate: 1, nextUpdate: 2, entries: 0, revocations: 0, bytes: bytes)
        var read: [UInt8] = []
        var number: Int64?
        while read.count < bytes.count {
            let part = try list.part(number: number, offset: read.count)
            try #require(part.offset == read.count && !part.bytes.isEmpty)
            #expect(part.totalBytes == bytes.count)
            #expect(part.bytes.count <= RevocationListPart.maximumBytes)
            read += part.bytes
            number = part.number
        }
        #expect(read == bytes)
        #expect(try list.part(number: 5, offset: bytes.count).bytes.isEmpty)
        // In the middle of an older one: this one from its start.
        let restarted = try list.part(number: 4, offset: 9)
        #expect((restarted.number, restarted.offset) == (5, 0))
        #expect(restarted.bytes.first == bytes.first)
        for offset in [-1, bytes.count + 1, Int.max, Int.min] {
            #expect(throws: ServiceError(.invalidArgument, "")) { try list.part(number: 5, offset: offset) }
        }
    }

    @Test func frontendsGetItAndItsNumber() async throws {
        let fixture = try await RevocationFixture()
        let desk = SigningDesk(
            core: fixture.core, pipeline: fixture.signer.pipeline, registry: fixture.signer.registry,
            publisher: fixture.signer.publisher, revocationLists: fixture.lists, statuses: fixture.statuses)
        let list = try fixture.list
        let part = try await desk.revocationList(RevocationListRequest(authority: "devices"))
        #expect(Array(part.bytes) == list.bytes)
        #expect((part.number, part.nextUpdate) == (list.number, list.nextUpdate))
        #expect(await code { try await desk.revocationList(RevocationListRequest(authority: "x")) } == .notFound)
        let context = CallContext(
            peer: PeerIdentity(name: "frontend-1", role: .frontend), deadline: .now + .seconds(60))
        let reply = try await CallContext.$current.withValue(context) {
            try await desk.ping(
                PingRequest(
                    report: NodeReport(
                        version: "", startedAt: 0, running: 0, waiting: 0, eventBacklog: 0, eventsDropped: 0,
                        certificateNotAfter: nil, catalogueVersion: 0)))
        }
        #expect(reply.revocationLists == ["devices": list.number])
    }

    @Test func whatFailsIsCountedAndTheOldOneStays() async throws {
        let fixture = try await RevocationFixture()
        fixture.core.metrics.show { fixture.lists.lists }
        let list = try fixture.list
        try await fixture.core.ledger.writer.perform { db in
            try db.execute(sql: "DROP INDEX certificate_revoked")
            try MetaTable.add(db, RevocationListTable.revocationsKey("devices"), 1)
        }
        await fixture.lists.issueWhereDue()
        #expect(try fixture.list.number == list.number)
        let text = fixture.core.metrics.registry.render()
        #expect(text.contains("estuary_signer_crl_failures_total 1"))
        #expect(text.contains("estuary_signer_crl_next_update_seconds{authority=\"devices\"} \(list.nextUpdate)"))
    }

    enum Key: CaseIterable {
        case p384, p521, rsa, ed25519

        func make() throws -> Certificate.PrivateKey {
            switch self {
            case .p384: .init(P384.Signing.PrivateKey())
            case .p521: .init(P521.Signing.PrivateKey())
            case .rsa: .init(try _RSA.Signing.PrivateKey(keySize: .bits2048))
            case .ed25519: .init(Curve25519.Signing.PrivateKey())
            }
        }
    }

    @Test(arguments: Key.allCases) func authoritiesWithOtherKeysSignCRLsAndResponders(kind: Key) async throws {
        let key = try kind.make()
        let name = try DistinguishedName { CommonName("Other CA") }
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: key.publicKey,
            notValidBefore: Date(timeIntervalSinceNow: -60), notValidAfter: Date(timeIntervalSinceNow: 86400),
            issuer: name, subject: name,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
            }, issuerPrivateKey: key)
        let authority = try IssuingAuthority(name: "other", certificate: certificate, parents: [], key: key)
        let signer = try SignerFixture()
        let draft = try RevocationListIssuance(
            authority: authority, ledger: signer.core.ledger, events: signer.core.events
        ).make(at: Date())
        let files = ["ca": OpenSSLRun.pem(authority.chain[0]), "crl": draft.list.bytes]
        let said = try await OpenSSLRun.text(
            ["crl", "-inform", "DER", "-in", "crl", "-noout", "-CAfile", "ca"], files: files)
        #expect(said.contains("verify OK"))
        let responder = try await DelegatedResponderIssuance(core: signer.core, authority: authority).issue()
        let response = try responder.respond(
            OCSPResponse(
                issuer: authority.statusIssuer, identifierHash: .sha256, serial: [5], status: .good,
                thisUpdate: signer.core.seconds(), nextUpdate: signer.core.seconds() + 60))
        let checked = try await OpenSSLRun.text(
            ["ocsp", "-respin", "response", "-issuer", "ca", "-CAfile", "ca", "-sha256", "-serial", "5"],
            files: files.merging(["response": Array(response)]) { $1 })
        #expect(checked.contains("Response verify OK") && checked.contains("5: good"))
    }
}
