internal import ClusterProtocol
internal import ClusterTransport
internal import Crypto
internal import Foundation
internal import GRDB
internal import Observability
internal import PKI
internal import TestRequests
internal import Testing
internal import X509

@testable internal import Signer

/// Keys in clear, and what is the same for every key that the signer makes (RFC 7030 §4.4, design §7).
@Suite struct ServerKeyGenerationTests {
    private func signer() throws -> SignerFixture { try SignerFixture(policy: ServerKeyPolicy.text) }

    @Test(arguments: ServerKey.allCases) func keyIsThatOfTheCertificate(_ kind: ServerKey) async throws {
        let signer = try signer()
        let secret = try await signer.secret(label: kind.rawValue)
        let reply = try await signer.enroll(
            KeylessDevice(name: "made-1").request(label: kind.rawValue, secret: secret.secret))
        let (certificate, key, _) = try reply.plain()
        #expect(key.publicKey == certificate.publicKey)
        #expect(signer.authority.certificate.publicKey.isValidSignature(certificate.signature, for: certificate))
        let shown = "\(certificate.publicKey)"
        let expected =
            switch kind {
            case .p256: "P256"
            case .p384: "P384"
            case .ed25519: "Ed25519"
            case .rsa2048: "RSA2048"
            case .rsa3072: "RSA3072"
            }
        #expect(shown.contains(expected), "\(shown)")
        let issued = try #require(try signer.events().last { $0.type == .issued })
        #expect(issued.operation == "serverkeygen")
        #expect(issued.spkiSHA256 == SHA256.hash(data: try certificate.publicKey.derEncoded()).hexadecimal)
        #expect(issued.remarks?.contains("The key was made by the signer (\(kind.rawValue)).") == true)
        #expect(issued.remarks?.contains("The key was protected by TLS alone.") == true)
        #expect(try signer.secretRecord(secret.description.id).used == 1)
    }

    @Test func labelDecidesWhetherThereIsAKey() async throws {
        let signer = try signer()
        let secret = try await signer.secret(label: "encrypted")
        // 404 comes before the question who asks.
        #expect(
            await code { try await signer.enroll(KeylessDevice(name: "a").request(label: "default")) } == .unknownLabel)
        #expect(
            await code {
                try await signer.enroll(KeylessDevice(name: "a").request(label: "encrypted", secret: secret.secret))
            } == .keyEncryptionRequired)
        #expect(
            await code { try await signer.enroll(KeylessDevice(name: "a").request(label: "encrypted")) }
                == .credentialRequired)
        #expect(try signer.secretRecord(secret.description.id).used == 0)
    }

    @Test func rulesOfNamesAndProfileHold() async throws {
        let signer = try signer()
        let holder = try await signer.enroll(
            Device("held-1"), secret: try await signer.secret(label: "default").secret, label: "default")
        let secret = try await signer.secret(label: "keygen", uses: 5).secret
        #expect(
            await code { try await signer.enroll(KeylessDevice(name: "held-1").request(secret: secret)) } == .nameHeld)
        // Its holder gets one for the same name.
        let (certificate, _, _) = try await signer.enroll(
            KeylessDevice(name: "held-1").request(certificate: holder)
        ).plain()
        #expect(certificate.subject == holder.subject)
        #expect(
            await code { try await signer.enroll(KeylessDevice(name: "held-2").request(certificate: holder)) }
                == .nameMismatch)
        #expect(
            await code {
                try await signer.enroll(KeylessDevice(name: "other.example.org").request(secret: secret))
            } == .profileViolation)
        #expect(
            await code {
                try await signer.enroll(KeylessDevice(name: "held-1").request(label: "same-key", certificate: holder))
            } == .sameKeyRequired)
    }

    @Test func sameRequestAtOnceIsOnePair() async throws {
        let signer = try signer()
        let secret = try await signer.secret(label: "rsa-2048").secret
        let device = KeylessDevice(name: "twice-1")
        // Each comes with another key and signature, which mean nothing.
        async let first = signer.enroll(device.request(label: "rsa-2048", secret: secret))
        async let second = signer.enroll(device.request(label: "rsa-2048", secret: secret))
        let (one, other) = (try await first.plain(), try await second.plain())
        #expect(one.0 == other.0 && one.1 == other.1)
        let events = try signer.events()
        #expect(events.count { $0.type == .issued } == 1)
        #expect(events.count { $0.type == .replayed } == 1)
    }

    @Test func devicesWithOneSecretNeverGetOneKey() async throws {
        let signer = try signer()
        let shared = try await signer.secret(label: "rsa-3072", uses: 10)
        // The same subject, each with a key of its own, while the first one's RSA key is being made.
        let requests = try (0..<4).map { _ in
            try KeylessDevice(name: "shared-1", key: P256.Signing.PrivateKey())
                .request(label: "rsa-3072", secret: shared.secret)
        }
        #expect(Set(requests.map(\.certificationRequest)).count == 4)
        let outcomes = await withTaskGroup { group in
            for request in requests {
                group.addTask { await code { try await signer.enroll(request).plain() } }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0 == nil } == 1)
        #expect(outcomes.count { $0 == .keyAlreadyDelivered } == 3)
        #expect(try signer.events().count { $0.type == .issued } == 1)
        #expect(try signer.secretRecord(shared.description.id).used == 1)
    }

    @Test func lostPlainKeyIsReplacedForASecretOfOneUse() async throws {
        let signer = try signer()
        let secret = try await signer.secret(label: "keygen", lifetime: 30 * 86400)
        let device = KeylessDevice(name: "lost-1")
        let first = try await signer.enroll(device.request(secret: secret.secret)).plain().0
        signer.advance(by: 60)
        let second = try await signer.enroll(device.request(secret: secret.secret)).plain().0
        #expect(first.publicKey != second.publicKey && first.serialNumber != second.serialNumber)
        #expect(try signer.secretRecord(secret.description.id).used == 1)
        // For an hour both are good: the first answer may have arrived after all.
        try await LedgerHousekeeping(core: signer.core).sweep()
        #expect(try revocation(of: first, signer) == nil)
        signer.advance(by: 3600)
        try await LedgerHousekeeping(core: signer.core).sweep()
        #expect(try revocation(of: first, signer) == .superseded)
        #expect(try revocation(of: second, signer) == nil)
        let revoked = try #require(try signer.events().last { $0.type == .revoked })
        #expect(revoked.serial == Array(first.serialNumber.bytes).hexadecimal)
        #expect(revoked.revocationReason == "superseded" && revoked.operator == nil)
        // Only that certificate: the device goes on, and may ask once more.
        let third = try await signer.enroll(device.request(secret: secret.secret)).plain().0
        #expect(third.serialNumber != second.serialNumber)
        _ = try await signer.enroll(KeylessDevice(name: "lost-1").request(certificate: third)).plain()
    }

    @Test func lostPlainKeyIsReplacedForACertificate() async throws {
        let signer = try signer()
        let holder = try await signer.enroll(
            Device("lost-2"), secret: try await signer.secret(label: "default").secret, label: "default")
        let device = KeylessDevice(name: "lost-2")
        let first = try await signer.enroll(device.request(certificate: holder)).plain().0
        let second = try await signer.enroll(device.request(certificate: holder)).plain().0
        #expect(first.serialNumber != second.serialNumber)
        signer.advance(by: 3700)
        try await LedgerHousekeeping(core: signer.core).sweep()
        #expect(try revocation(of: first, signer) == .superseded)
        #expect(try revocation(of: second, signer) == nil)
        #expect(try revocation(of: holder, signer) == nil)
    }

    @Test func lostPlainKeyIsAConflictForASharedSecret() async throws {
        let signer = try signer()
        let secret = try await signer.secret(label: "keygen", uses: 5)
        let device = KeylessDevice(name: "lost-3")
        _ = try await signer.enroll(device.request(secret: secret.secret)).plain()
        #expect(await code { try await signer.enroll(device.request(secret: secret.secret)) } == .keyAlreadyDelivered)
        #expect(try signer.secretRecord(secret.description.id).used == 1)
    }

    @Test func idempotencyKeyIsForOneRequest() async throws {
        let signer = try signer()
        let secret = try await signer.secret(label: "keygen", lifetime: 86400).secret
        _ = try await signer.enroll(KeylessDevice(name: "idem-1").request(secret: secret, idempotencyKey: "k"))
        #expect(
            await code {
                try await signer.enroll(KeylessDevice(name: "idem-2").request(secret: secret, idempotencyKey: "k"))
            } == .idempotencyConflict)
    }

    @Test func approvalComesBeforeTheKey() async throws {
        let signer = try signer()
        let secret = try await signer.secret(label: "approved").secret
        let device = KeylessDevice(name: "approved-1")
        for _ in 1...2 {
            guard case .pending = try await signer.enroll(device.request(label: "approved", secret: secret)) else {
                Issue.record("not pending")
                return
            }
        }
        let waiting = try await signer.asOperator { try await $0.listApprovals(ListApprovalsRequest()) }
        try #require(waiting.items.count == 1)
        _ = try await signer.asOperator {
            try await $0.decideApproval(DecideApprovalRequest(id: waiting.items[0].id, decision: .approve))
        }
        let (certificate, key, _) = try await signer.enroll(device.request(label: "approved", secret: secret)).plain()
        #expect(key.publicKey == certificate.publicKey)
    }

    @Test func lateRequestMakesNoRSAKey() async throws {
        await #expect(throws: ServiceError.self) {
            try await KeyGenerator().make(.rsa2048, deadline: .now - .seconds(1))
        }
    }

    /// S3: not in the ledger, its journal, an event, a metric.
    @Test(arguments: [ServerKey.p256, .ed25519, .rsa2048]) func plainKeyIsNowhere(_ kind: ServerKey) async throws {
        let signer = try signer()
        let secret = try await signer.secret(label: kind.rawValue)
        let (certificate, _, pkcs8) = try await signer.enroll(
            KeylessDevice(name: "secret-1").request(label: kind.rawValue, secret: secret.secret)
        ).plain()
        // The private part alone: RSA and EC structures have the public key in them, too.
        let needles = PlainKeySearch.needles(pkcs8)
        var haystacks = try ["ledger.sqlite", "ledger.sqlite-wal"].map {
            try Data(contentsOf: URL(fileURLWithPath: "\(signer.directory)/\($0)"))
        }
        haystacks.append(
            Data(try signer.core.ledger.read { try OutboxTable.lines($0, from: 1, limit: 1000) }.joined().utf8))
        haystacks.append(Data(signer.core.metrics.registry.render().utf8))
        // The search can find something: the certificate is there.
        #expect(haystacks.contains { $0.firstRange(of: Data((try? certificate.derEncoded()) ?? [1])) != nil })
        for needle in needles {
            for haystack in haystacks {
                #expect(haystack.firstRange(of: needle) == nil)
            }
        }
    }

    private func revocation(of certificate: Certificate, _ signer: SignerFixture) throws -> RevocationReason? {
        try signer.core.ledger.read {
            try CertificateTable.find($0, authority: "devices", serial: Data(certificate.serialNumber.bytes))
        }?.revocationReason
    }
}

/// What to look for where no private key may be.
enum PlainKeySearch {
    /// The key whole and in pieces, as bytes, in hexadecimal digits of both cases and in base64.
    static func needles(_ pkcs8: Data) -> [Data] {
        // Behind the head, which is the same for every key, stands the private key; in RSA's case behind the public one.
        let secret = pkcs8.count < 200 ? pkcs8.dropFirst(pkcs8.count < 60 ? 16 : 36).prefix(24) : pkcs8.suffix(200)
        var needles: [Data] = [pkcs8, Data(secret)]
        for bytes in [pkcs8, Data(secret)] {
            needles.append(Data(bytes.hexadecimal.utf8))
            needles.append(Data(bytes.hexadecimal.uppercased().utf8))
            // In each of the three positions that base64 can begin at.
            for shift in 0..<3 {
                needles.append(Data(bytes.dropFirst(shift).base64EncodedString().dropLast(4).utf8))
            }
        }
        return needles
    }
}
