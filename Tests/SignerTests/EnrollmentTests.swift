internal import ClusterProtocol
internal import ClusterTransport
internal import Crypto
internal import Foundation
internal import PKI
internal import Testing
internal import X509

@testable internal import Signer

@Suite struct EnrollmentTests {
    @Test func secretGivesACertificateThatTheAuthoritySigned() async throws {
        let signer = try SignerFixture()
        let secret = try await signer.secret()
        let device = Device("sensor-1", alternativeNames: [.dnsName("sensor-1.example.com")])
        let certificate = try await signer.enroll(device, secret: secret.secret)
        #expect(signer.authority.certificate.publicKey.isValidSignature(certificate.signature, for: certificate))
        #expect(certificate.publicKey == device.key.publicKey)
        #expect(certificate.subject == (try DistinguishedName { CommonName("sensor-1") }))
        #expect(try certificate.extensions.subjectAlternativeNames?.map(\.description).count == 1)
        #expect(try certificate.extensions.basicConstraints == .notCertificateAuthority)
        #expect(certificate.serialNumber.bytes.count == 16)
        #expect(certificate.notValidAfter.timeIntervalSince(Date()) > 89 * 86400)
        #expect(try signer.secretRecord(secret.description.id).used == 1)
        let issued = try signer.events().filter { $0.type == .issued }
        #expect(issued.count == 1)
        #expect(issued.first?.certificate.map(Array.init) == (try certificate.derEncoded()))
        #expect(issued.first?.principal == "secret:\(secret.description.id)")
        #expect(issued.first?.names == ["cn:sensor-1", "dns:sensor-1.example.com"])
    }

    @Test func eventsAreNumberedWithoutAGap() async throws {
        let signer = try SignerFixture()
        for index in 1...5 {
            _ = try await signer.enroll(Device("sensor-\(index)"), secret: try await signer.secret().secret)
        }
        #expect(try signer.events().map(\.sequence) == Array(1...10))
        #expect(Set(try signer.events().map(\.run)) == [signer.core.ledger.incarnation])
    }

    @Test func sameRequestTenTimesAtOnceIsOneCertificate() async throws {
        let signer = try SignerFixture()
        let secret = try await signer.secret(uses: 100)
        let device = Device("sensor-1")
        let replies = try await withThrowingTaskGroup(of: EnrollReply.self) { group in
            for index in 0..<10 {
                let request = try device.request(secret: secret.secret)
                group.addTask { try await signer.enroll(request, node: "frontend-\(index % 3)") }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let certificates = Set(try replies.map { try signer.certificate($0) })
        #expect(certificates.count == 1)
        #expect(try signer.secretRecord(secret.description.id).used == 1)
        let events = try signer.events()
        #expect(events.count { $0.type == .issued } == 1)
        #expect(events.count { $0.type == .replayed } == 9)
    }

    @Test func aLaterRepetitionGetsTheSameCertificateAlsoWithASpentSecret() async throws {
        let signer = try SignerFixture()
        let secret = try await signer.secret(lifetime: 30 * 86400)
        let device = Device("sensor-1")
        let first = try await signer.enroll(device, secret: secret.secret)
        signer.advance(by: 20 * 86400)
        #expect(try await signer.enroll(device, secret: secret.secret) == first)
        #expect(try signer.secretRecord(secret.description.id).used == 1)
        // Past half of the validity the spent secret pays for nothing any more.
        signer.advance(by: 9 * 86400)
        #expect(try await signer.enroll(device, secret: secret.secret) == first)
        signer.advance(by: 2 * 86400)
        #expect(await code { try await signer.enroll(device, secret: secret.secret) } == .credentialRefused)
    }

    @Test func aMultiUseSecretMintsANewCertificateAfterTheReplayWindow() async throws {
        let signer = try SignerFixture()
        let secret = try await signer.secret(uses: 5, lifetime: 30 * 86400)
        let device = Device("sensor-1")
        let first = try await signer.enroll(device, secret: secret.secret)
        signer.advance(by: 25 * 3600)
        #expect(try await signer.enroll(device, secret: secret.secret) != first)
        #expect(try signer.secretRecord(secret.description.id).used == 2)
    }

    @Test func aSpentSecretWithAnotherKeyIsRefusedAndTheEventSaysWhy() async throws {
        let signer = try SignerFixture()
        let secret = try await signer.secret()
        _ = try await signer.enroll(Device("sensor-1"), secret: secret.secret)
        #expect(await code { try await signer.enroll(Device("sensor-1"), secret: secret.secret) } == .credentialRefused)
        #expect(try signer.events().last?.reason == "secret-spent")
    }

    @Test(arguments: ["unknown", "expired", "revoked", "another label"])
    func aSecretThatDoesNotCountIsRefusedInTheSameWords(_ kind: String) async throws {
        let signer = try SignerFixture(policy: twoLabels)
        var secret = try await signer.secret()
        switch kind {
        case "unknown": secret.secret = Secret("0123456789abcdef0123456789abcdef")
        case "expired": signer.advance(by: 2 * 86400)
        case "revoked":
            let id = secret.description.id
            _ = try await signer.asOperator { try await $0.revokeSecret(RevokeSecretRequest(id: id)) }
        default: secret = try await signer.secret(label: "other")
        }
        let presented = secret.secret
        do {
            _ = try await signer.enroll(Device("sensor-1"), secret: presented)
            Issue.record("a certificate was issued")
        } catch let error as ServiceError {
            #expect(error.code == .credentialRefused)
            #expect(error.message == "The credential was refused.")
        }
        let reason = try signer.events().last?.reason
        #expect(
            reason
                == [
                    "unknown": "secret-unknown", "expired": "secret-expired", "revoked": "secret-revoked",
                    "another label": "secret-of-another-label",
                ][kind])
    }

    @Test func twoKeysWithOneSecretAndOneNameAreOneCertificateAndOneRefusal() async throws {
        let signer = try SignerFixture()
        let secret = try await signer.secret(uses: 10).secret
        let codes = await withTaskGroup(of: ServiceError.Code?.self) { group in
            for _ in 0..<2 {
                group.addTask { await code { try await signer.enroll(Device("sensor-1"), secret: secret) } }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.count { $0 == nil } == 1)
        #expect(codes.count { $0 == .nameHeld } == 1)
        let events = try signer.events()
        #expect(events.count { $0.type == .issued } == 1)
        #expect(events.count { $0.type == .denied && $0.reason == "name-held" } == 1)
    }

    @Test func racingRequestsNeverUseASecretMoreOftenThanItAllows() async throws {
        let signer = try SignerFixture()
        let secret = try await signer.secret(uses: 3)
        let codes = await withTaskGroup(of: ServiceError.Code?.self) { group in
            for index in 0..<20 {
                group.addTask {
                    await code { try await signer.enroll(Device("sensor-\(index)"), secret: secret.secret) }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.count { $0 == nil } == 3)
        #expect(codes.count { $0 == .credentialRefused } == 17)
        #expect(try signer.secretRecord(secret.description.id).used == 3)
        #expect(try signer.events().count { $0.type == .issued } == 3)
    }

    @Test func aBoundSecretAsksForItsNamesOnly() async throws {
        let signer = try SignerFixture()
        let secret = try await signer.secret(names: ["sensor-1"], uses: 2).secret
        #expect(await code { try await signer.enroll(Device("sensor-2"), secret: secret) } == .secretNotForName)
        #expect(await code { try await signer.enroll(Device("sensor-1"), secret: secret) } == nil)
    }

    @Test func aBoundSecretMadeSinceTakesTheNameForANewKey() async throws {
        let signer = try SignerFixture()
        let first = try await signer.secret(names: ["sensor-1"])
        let early = try await signer.secret(names: ["sensor-1"])
        let old = try await signer.enroll(Device("sensor-1"), secret: first.secret)
        #expect(await code { try await signer.enroll(Device("sensor-1"), secret: early.secret) } == .nameHeld)
        signer.advance(by: 1)
        let later = try await signer.secret(names: ["sensor-1"])
        let new = try await signer.enroll(Device("sensor-1"), secret: later.secret)
        #expect(new.publicKey != old.publicKey)
        let devices = try await signer.asOperator { try await $0.listDevices(ListDevicesRequest()) }.items
        #expect(devices.count == 1)
    }

    @Test func aProfileViolationNamesTheRuleAndIsNotRemembered() async throws {
        let signer = try SignerFixture()
        let secret = try await signer.secret().secret
        let device = Device("sensor-1", alternativeNames: [.dnsName("sensor-1.example.org")])
        do {
            _ = try await signer.enroll(device, secret: secret)
            Issue.record("a certificate was issued")
        } catch let error as ServiceError {
            #expect(error.code == .profileViolation)
            #expect(error.message.contains("subject-alternative-name.dns"))
            #expect(error.message.contains("sensor-1.example.org"))
        }
        let policy = SamplePolicy.text.replacingOccurrences(of: "example.com", with: "example.org")
        try policy.write(toFile: "\(signer.directory)/policy.yaml", atomically: true, encoding: .utf8)
        _ = try await signer.asOperator { try await $0.reload(ReloadRequest()) }
        #expect(await code { try await signer.enroll(device, secret: secret) } == nil)
    }

    @Test func aNodeSpeaksForItsLabelsOnly() async throws {
        let signer = try SignerFixture()
        let request = try Device("sensor-1").request(secret: try await signer.secret().secret)
        #expect(await code { try await signer.enroll(request, labels: ["other"]) } == .nodeNotForLabel)
    }

    @Test func anIdempotencyKeyForAnotherRequestIsAConflict() async throws {
        let signer = try SignerFixture()
        let secret = try await signer.secret(uses: 10).secret
        let device = Device("sensor-1")
        var other = device
        other.alternativeNames = [.dnsName("sensor-1.example.com")]
        _ = try await signer.enroll(device.request(secret: secret, idempotencyKey: "a"))
        #expect(
            await code { try await signer.enroll(other.request(secret: secret, idempotencyKey: "a")) }
                == .idempotencyConflict)
        // Another device's key of the same name, with the same shared secret, has nothing to do with it.
        #expect(
            await code { try await signer.enroll(Device("sensor-2").request(secret: secret, idempotencyKey: "a")) }
                == nil)
    }

    @Test func noCredentialIsToldFromAMissingCertificate() async throws {
        let signer = try SignerFixture(policy: twoLabels)
        let device = Device("sensor-1")
        #expect(await code { try await signer.enroll(device.request()) } == .credentialRequired)
        #expect(await code { try await signer.enroll(device.request(label: "certificates")) } == .certificateRequired)
        #expect(
            await code { try await signer.enroll(device.request(operation: .simpleReenroll)) } == .certificateRequired)
    }

    @Test func anOutboxThatIsFullStopsIssuanceAndNotRevocation() async throws {
        let signer = try SignerFixture(limits: .init(outbox: 3))
        let secret = try await signer.secret(uses: 10).secret
        let certificate = try await signer.enroll(Device("sensor-1"), secret: secret)
        _ = try await signer.secret()
        try signer.core.refreshOutboxPosition()
        #expect(await code { try await signer.enroll(Device("sensor-2"), secret: secret) } == .auditBacklogFull)
        let serial = Data(certificate.serialNumber.bytes).hexadecimal
        #expect(
            await code {
                try await signer.asOperator {
                    try await $0.revokeCertificate(
                        RevokeCertificateRequest(serial: serial, reason: .unspecified, only: false))
                }
            } == nil)
    }
}

/// The sample policy with three labels: one more that takes secrets, and one that takes certificates only.
let twoLabels =
    SamplePolicy.text + """
          - name: other
            authority: devices
            profile: device
          - name: certificates
            authority: devices
            profile: device
            authentication: [certificate]
        """
