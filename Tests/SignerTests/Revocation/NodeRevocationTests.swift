internal import ClusterProtocol
internal import ClusterTransport
internal import Crypto
internal import Foundation
internal import GRDB
internal import PKI
internal import Testing
internal import X509

@testable internal import Signer

/// What came through one frontend is found, and revoked together (design §1, «if stolen»).
@Suite struct NodeRevocationTests {
    private func renew(
        _ signer: SignerFixture, _ device: Device, with certificate: Certificate, node: String
    ) async throws -> Certificate {
        try signer.certificate(
            try await signer.enroll(device.request(operation: .simpleReenroll, certificate: certificate), node: node))
    }

    private func first(_ signer: SignerFixture, _ device: Device, node: String) async throws -> Certificate {
        try await signer.enroll(device, secret: try await signer.secret().secret, node: node)
    }

    private func list(_ signer: SignerFixture, node: String? = nil, since: Int64? = nil) async throws -> [String] {
        var serials: [String] = []
        var cursor: String?
        repeat {
            let page = try await signer.asOperator { [cursor] in
                try await $0.listCertificates(ListCertificatesRequest(node: node, since: since, cursor: cursor))
            }
            serials += page.items.map(\.serial)
            cursor = page.nextCursor
        } while cursor != nil
        return serials
    }

    /// Every page of one operation.
    private func revoke(
        _ signer: SignerFixture, node: String, since: Int64, only: Bool = false,
        reason: RevocationReason = .privilegeWithdrawn, afterEach: () async throws -> Void = {}
    ) async throws -> (serials: Set<String>, pages: Int) {
        var serials: [String] = []
        var cursor: String?
        var pages = 0
        repeat {
            let reply = try await signer.asOperator { [cursor] in
                try await $0.revokeNodeCertificates(
                    RevokeNodeCertificatesRequest(
                        node: node, since: since, reason: reason, only: only, cursor: cursor))
            }
            #expect(!reply.nodeIsAdmitted)
            #expect(reply.page.items.count <= NodeRevocation.limit)
            serials += reply.page.items.map(\.serial)
            cursor = reply.page.nextCursor
            pages += 1
            try await afterEach()
        } while cursor != nil && pages < 1000
        #expect(Set(serials).count == serials.count)
        return (Set(serials), pages)
    }

    @Test func onlyWhatCameThroughTheFrontendSinceIsListed() async throws {
        let signer = try SignerFixture()
        let old = try await first(signer, Device("a"), node: "frontend-1")
        signer.advance(by: 2 * 3600)
        let since = signer.core.seconds()
        let other = try await first(signer, Device("b"), node: "frontend-2")
        let new = try await first(signer, Device("c"), node: "frontend-1")
        let newest = try await renew(signer, Device("a"), with: old, node: "frontend-1")
        #expect(
            try await list(signer, node: "frontend-1", since: since) == [newest, new].map(\.serial.hexadecimal))
        #expect(try await list(signer, node: "frontend-2", since: since) == [other.serial.hexadecimal])
        #expect(
            try await list(signer, node: "frontend-1") == [newest, new, old].map(\.serial.hexadecimal))
        #expect(try await list(signer, since: since).count == 3)
        #expect(try await list(signer, since: since + 3600).isEmpty)
        #expect(try await list(signer, since: .max).isEmpty)
        #expect(try await list(signer, since: .min).count == 4)
    }

    @Test func aSearchLooksAtABoundedNumberOfCertificatesAndGoesOn() async throws {
        let signer = try SignerFixture()
        var mine: Set<Data> = []
        for index in 0..<12 {
            let node = index % 6 == 0 ? "frontend-1" : "frontend-2"
            let certificate = try await first(signer, Device("d\(index)"), node: node)
            if node == "frontend-1" { mine.insert(certificate.serial) }
        }
        for order in [CertificateSearch.Order.newestFirst, .oldestFirst] {
            var search = CertificateSearch(limit: 200, examined: 5)
            search.order = order
            search.node = "frontend-1"
            var found: [Data] = []
            var steps = 0
            repeat {
                let stretch = try signer.core.ledger.read { [search] in try search.run($0) }
                found += stretch.records.map(\.serial)
                search.after = stretch.stoppedAt
                steps += 1
            } while search.after != nil && steps < 10
            #expect(Set(found) == mine && found.count == mine.count)
            #expect(found == (order == .oldestFirst ? found.sorted(by: before) : found.sorted(by: { before($1, $0) })))
            #expect(steps == 3)
        }
    }

    private func before(_ one: Data, _ other: Data) -> Bool { one.lexicographicallyPrecedes(other) }

    @Test func itRevokesWhatIsListedAndWhatCameOfItAndNothingElse() async throws {
        let fixture = try await RevocationFixture()
        let signer = fixture.signer
        let device = Device("victim")
        let own = try await first(signer, device, node: "frontend-2")
        let other = try await first(signer, Device("b"), node: "frontend-2")
        signer.advance(by: 60)
        let since = signer.core.seconds()
        // The thief has a certificate with a key of its own, and renews it elsewhere.
        let thief = Device("victim")
        let stolen = try await renew(signer, thief, with: own, node: "frontend-1")
        let laundered = try await renew(signer, thief, with: stolen, node: "frontend-2")
        let fresh = try await first(signer, Device("c"), node: "frontend-1")
        let node = try await fixture.nodeCertificate()

        let revoked = try await revoke(signer, node: "frontend-1", since: since)
        #expect(revoked.serials == Set([stolen, laundered, fresh].map(\.serial.hexadecimal)))
        await fixture.lists.issueWhereDue()
        #expect(try fixture.list.entries == 3)
        #expect(try await fixture.verify(stolen).contains("certificate revoked"))
        #expect(try await fixture.verify(own) == "leaf: OK\n")
        #expect(try await fixture.verify(other) == "leaf: OK\n")
        #expect(try await fixture.verify(node) == "leaf: OK\n")

        // The thief is out; the device that it played renews as before.
        #expect(
            await code { try await renew(signer, thief, with: laundered, node: "frontend-2") } == .certificateRevoked)
        _ = try await renew(signer, device, with: own, node: "frontend-2")

        let events = try signer.events().filter { $0.type == .revoked }
        #expect(Set(events.compactMap(\.serial)) == revoked.serials && events.count == 3)
        #expect(events.allSatisfy { $0.operator == "operator:0" && $0.revocationReason == "privilegeWithdrawn" })
        // Again there is nothing left.
        #expect(try await revoke(signer, node: "frontend-1", since: since).serials.isEmpty)
    }

    @Test func onlyMeansNothingElseAndCompromisedKeysAreBlocked() async throws {
        let signer = try SignerFixture()
        let thief = Device("a")
        let stolen = try await first(signer, thief, node: "frontend-1")
        let laundered = try await renew(signer, thief, with: stolen, node: "frontend-2")
        let revoked = try await revoke(signer, node: "frontend-1", since: 0, only: true, reason: .keyCompromise)
        #expect(revoked.serials == [stolen.serial.hexadecimal])
        let record = try #require(
            try signer.core.ledger.read {
                try CertificateTable.find($0, authority: "devices", serial: laundered.serial)
            })
        #expect(record.revokedAt == nil)
        #expect(
            await code { try await renew(signer, thief, with: laundered, node: "frontend-2") } == .certificateRevoked)
    }

    @Test func manyAreRevokedInStepsAndInOneCRL() async throws {
        let fixture = try await RevocationFixture()
        let signer = fixture.signer
        let template = try await first(signer, Device("a"), node: "frontend-1")
        let count = 3 * NodeRevocation.limit + 7
        try await signer.core.ledger.writer.perform { [core = signer.core] db in
            guard
                var record = try CertificateTable.find(db, authority: "devices", serial: template.serial)
            else { throw ServiceError(.notFound, "no certificate") }
            let device = record.device
            for index in 1..<count {
                record.serial = core.serials.next()
                record.issuedAt = core.milliseconds()
                // Some hundreds of one device, and others that have none.
                record.device = index.isMultiple(of: 2) ? device : nil
                try CertificateTable.insert(db, record)
            }
        }
        let before = try fixture.list.number
        let service = Task { try await fixture.lists.run() }
        let revoked = try await revoke(signer, node: "frontend-1", since: 0) {
            // As a publisher would that looks between two steps.
            signer.core.certificatesRevoked()
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(revoked.serials.count == count)
        #expect(revoked.pages > 3)
        let end = ContinuousClock.now + .seconds(20)
        while try fixture.list.entries < count, ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(5))
        }
        service.cancel()
        _ = try? await service.value
        #expect(try fixture.list.entries == count)
        #expect(try fixture.list.number > before)
        #expect(try signer.events().count { $0.type == .revoked } == count)
        let lists = try signer.events().filter { $0.type == .revocationListIssued }.compactMap(\.count)
        #expect(lists == [0, count])
    }

    @Test func noOperationHoldsUpACRLForLong() {
        let hold = RevocationListHold()
        let start = ContinuousClock.now
        #expect(!hold.isHeld(at: start))
        hold.renew(at: start)
        #expect(hold.isHeld(at: start + .seconds(9)) && !hold.isHeld(at: start + .seconds(10)))
        for step in 1...25 { hold.renew(at: start + .seconds(5 * step)) }
        #expect(!hold.isHeld(at: start + .seconds(120)) && !hold.isHeld(at: start + .seconds(126)))
        // Another one begins anew.
        hold.renew(at: start + .seconds(300))
        #expect(hold.isHeld(at: start + .seconds(301)))
        hold.release()
        #expect(!hold.isHeld(at: start + .seconds(301)))
    }
}
