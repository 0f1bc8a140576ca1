internal import ClusterProtocol
internal import ClusterTransport
internal import Crypto
internal import Foundation
internal import PKI
internal import Testing
internal import X509

@testable internal import Signer

@Suite struct CertificateStatusTests {
    @Test(arguments: CertificateStatusRequest.IdentifierHash.allCases)
    func goodThenRevoked(hash: CertificateStatusRequest.IdentifierHash) async throws {
        let fixture = try await RevocationFixture()
        let device = try await fixture.device("a.example.com")
        let good = try await fixture.ask(device.serial, hash)
        let text = try await fixture.check(good, of: device, hash)
        #expect(text.contains("Response verify OK"))
        #expect(text.contains("leaf: good"))
        #expect(good.nextUpdate == good.thisUpdate + 4 * 3600)
        #expect(good.revocationListNumber == (try fixture.list.number))
        try await fixture.revoke(device, reason: .keyCompromise)
        let revoked = try await fixture.check(try await fixture.ask(device.serial, hash), of: device, hash)
        #expect(revoked.contains("Response verify OK"))
        #expect(revoked.contains("leaf: revoked"))
        #expect(revoked.contains("Reason: keyCompromise"))
        #expect(revoked.contains("Revocation Time: "))
    }

    @Test func theCRLNumberOfAnAnswerIsNeverNewerThanWhatItSays() async throws {
        let fixture = try await RevocationFixture()
        let device = try await fixture.device("a.example.com")
        let before = try fixture.list.number
        try await fixture.revoke(device)
        #expect(try await fixture.ask(device.serial).revocationListNumber == before)
        await fixture.lists.issueWhereDue()
        #expect(try await fixture.ask(device.serial).revocationListNumber > before)
    }

    @Test func whatWasNeverIssuedIsNotFound() async throws {
        let fixture = try await RevocationFixture()
        let device = try await fixture.device("a.example.com")
        let serials = [
            Data([1]), Data(), device.serial + [0], Data(device.serial.dropLast()), Data(repeating: 1, count: 4096),
        ]
        for serial in serials {
            #expect(await code { try await fixture.ask(serial) } == .notFound)
        }
        let other = CertificateStatusRequest(authority: "others", serial: device.serial, identifierHash: .sha1)
        #expect(await code { try await fixture.statuses.status(other) } == .notFound)
    }

    @Test func aNodesCertificateHasItsStatusToo() async throws {
        let fixture = try await RevocationFixture()
        let node = try await fixture.nodeCertificate()
        #expect(try await fixture.check(try await fixture.ask(node.serial), of: node).contains("leaf: good"))
    }

    @Test func theResponderIsDelegatedAndOnRecord() async throws {
        let fixture = try await RevocationFixture()
        let device = try await fixture.device("a.example.com")
        let (responder, text) = try await fixture.responder(of: try await fixture.ask(device.serial))
        #expect(responder.issuer == fixture.signer.authority.certificate.subject)
        #expect(responder.notValidAfter.timeIntervalSince(responder.notValidBefore) <= 7 * 86400)
        #expect(text.contains("OCSP No Check"))
        #expect(text.contains("X509v3 Extended Key Usage: \n                OCSP Signing\n"))
        #expect(text.contains("X509v3 Key Usage: critical\n                Digital Signature\n"))
        #expect(text.contains("NIST CURVE: P-256"))
        let record = try #require(
            try fixture.core.ledger.read {
                try CertificateTable.find($0, authority: "devices", serial: responder.serial)
            })
        #expect(record.device == nil)
        #expect(Array(record.der) == (try responder.derEncoded()))
        let event = try #require(try fixture.signer.events().last { $0.type == .responderCertificateIssued })
        #expect(event.serial == responder.serial.hexadecimal)
        #expect(event.certificate == record.der)
        // Its status is known like any other's, and it is no way in.
        #expect(try await fixture.check(try await fixture.ask(responder.serial), of: responder).contains("leaf: good"))
        let request = try Device("a.example.com").request(operation: .simpleReenroll, certificate: responder)
        #expect(await code { try await fixture.signer.enroll(request) } == .certificateUntrusted)
    }

    @Test func theResponderIsRenewedAtHalfOfItsLife() async throws {
        let fixture = try await RevocationFixture()
        let device = try await fixture.device("a.example.com")
        let first = try await fixture.responder(of: try await fixture.ask(device.serial)).certificate
        fixture.signer.advance(by: 3 * 86400)
        #expect(try await fixture.responder(of: try await fixture.ask(device.serial)).certificate == first)
        fixture.signer.advance(by: 86400)
        let reply = try await fixture.ask(device.serial)
        let second = try await fixture.responder(of: reply).certificate
        #expect(second != first)
        #expect(second.publicKey != first.publicKey)
        // At the moved clock; `openssl ocsp` compares the response's own times with the real one, and says so.
        let text = try await fixture.check(reply, of: device, at: fixture.core.now())
        #expect(text.contains("Response verify OK"))
        let events = try fixture.signer.events().filter { $0.type == .responderCertificateIssued }
        #expect(events.map(\.serial) == [first.serial.hexadecimal, second.serial.hexadecimal])
    }

    @Test func manyAskersMakeOneResponder() async throws {
        let fixture = try await RevocationFixture()
        let device = try await fixture.device("a.example.com")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask { _ = try await fixture.ask(device.serial) }
            }
            try await group.waitForAll()
        }
        #expect(try fixture.signer.events().count { $0.type == .responderCertificateIssued } == 1)
    }

    @Test func aRevokedResponderIsReplaced() async throws {
        let fixture = try await RevocationFixture()
        let device = try await fixture.device("a.example.com")
        let first = try await fixture.responder(of: try await fixture.ask(device.serial)).certificate
        try await fixture.revoke(first, reason: .keyCompromise, only: true)
        let second = try await fixture.responder(of: try await fixture.ask(device.serial)).certificate
        #expect(second != first)
    }

    @Test func anAnswerNeverOutlivesItsResponderOrTheAuthority() async throws {
        let fixture = try await RevocationFixture(services: .init(statusLifetime: 600))
        let device = try await fixture.device("a.example.com")
        let reply = try await fixture.ask(device.serial)
        #expect(reply.nextUpdate == reply.thisUpdate + 600)
        // A quarter of an hour, and then a minute before the authority's end.
        let end = Double(fixture.signer.authority.notAfter)
        for remaining in [900.0, 60.0] {
            fixture.signer.advance(by: end - remaining - fixture.core.now().timeIntervalSince1970)
            var responders: Set<Data> = []
            for _ in 0..<3 {
                let late = try await fixture.ask(device.serial)
                #expect(late.nextUpdate <= fixture.signer.authority.notAfter)
                responders.insert(try await fixture.responder(of: late).certificate.serial)
            }
            // Not a new one for each answer, though none can live for long.
            #expect(responders.count == 1)
        }
        fixture.signer.advance(by: 120)
        #expect(await code { try await fixture.ask(device.serial) } == .unexpected)
    }
}
