internal import ClusterProtocol
internal import ClusterTransport
internal import Crypto
internal import Foundation
internal import PKI
internal import Testing
internal import X509

@testable internal import Signer

@Suite struct RenewalTests {
    private func renew(
        _ signer: SignerFixture, _ device: Device, with certificate: Certificate, label: String = "default"
    ) async throws -> Certificate {
        try signer.certificate(
            try await signer.enroll(
                device.request(label: label, operation: .simpleReenroll, certificate: certificate)))
    }

    private func firstCertificate(_ signer: SignerFixture, _ device: Device) async throws -> Certificate {
        try await signer.enroll(device, secret: try await signer.secret().secret)
    }

    @Test func sameKeyAndNewKeyRenewAndStayOneDevice() async throws {
        let signer = try SignerFixture()
        let device = Device("sensor-1", alternativeNames: [.dnsName("sensor-1.example.com")])
        let first = try await firstCertificate(signer, device)
        let second = try await renew(signer, device, with: first)
        #expect(second != first && second.publicKey == first.publicKey)
        let rekeyed = Device("sensor-1", alternativeNames: device.alternativeNames)
        let third = try await renew(signer, rekeyed, with: second)
        #expect(third.publicKey == rekeyed.key.publicKey)
        // The request that was answered with the second certificate, at the next renewal: a new one.
        #expect(try await renew(signer, device, with: second) != second)
        let devices = try await signer.asOperator { try await $0.listDevices(ListDevicesRequest()) }.items
        #expect(devices.count == 1)
        #expect(devices.first?.certificates == 4)
    }

    @Test func aDifferentNameIsRefused() async throws {
        let signer = try SignerFixture()
        let first = try await firstCertificate(signer, Device("sensor-1"))
        #expect(await code { try await renew(signer, Device("sensor-2"), with: first) } == .nameMismatch)
        #expect(
            await code {
                try await renew(
                    signer, Device("sensor-1", alternativeNames: [.dnsName("a.example.com")]), with: first)
            } == .nameMismatch)
    }

    @Test func aLabelMayInsistOnTheSameKey() async throws {
        let signer = try SignerFixture(
            policy: SamplePolicy.text.replacingOccurrences(of: "renewal: any-key", with: "renewal: same-key"))
        let device = Device("sensor-1")
        let first = try await firstCertificate(signer, device)
        #expect(await code { try await renew(signer, Device("sensor-1"), with: first) } == .sameKeyRequired)
        #expect(await code { try await renew(signer, device, with: first) } == nil)
    }

    @Test func sameKeyIsInsistedOnAlsoThroughSimpleenroll() async throws {
        let signer = try SignerFixture(
            policy: SamplePolicy.text.replacingOccurrences(of: "renewal: any-key", with: "renewal: same-key"))
        let device = Device("sensor-1")
        let first = try await firstCertificate(signer, device)
        #expect(
            await code { try await signer.enroll(Device("sensor-1").request(certificate: first)) } == .sameKeyRequired)
        #expect(await code { try await signer.enroll(device.request(certificate: first)) } == nil)
    }

    @Test func aCertificateAsksForItsOwnNamesOnly() async throws {
        let signer = try SignerFixture()
        let device = Device("sensor-1")
        let first = try await firstCertificate(signer, device)
        var other = device
        other.name = "sensor-2"
        #expect(await code { try await signer.enroll(other.request(certificate: first)) } == .nameMismatch)
        // The name is still there for the device that it is meant for.
        #expect(await code { try await firstCertificate(signer, Device("sensor-2")) } == nil)
    }

    @Test func aLabelMayAskForCertificateAndSecret() async throws {
        let signer = try SignerFixture(
            policy: SamplePolicy.text.replacingOccurrences(of: "renewal: any-key", with: "require: both") + """
                  - name: first
                    authority: devices
                    profile: device
                """)
        let device = Device("sensor-1")
        let secret = try await signer.secret(label: "first").secret
        let first = try await signer.enroll(device, secret: secret, label: "first")
        let bound = try await signer.secret(names: ["sensor-9"])
        let good = try await signer.secret(names: ["sensor-1"])
        #expect(await code { try await signer.enroll(device.request(certificate: first)) } == .credentialRequired)
        #expect(await code { try await signer.enroll(device.request(secret: good.secret)) } == .certificateRequired)
        #expect(
            await code { try await signer.enroll(device.request(secret: bound.secret, certificate: first)) }
                == .secretNotForName)
        #expect(await code { try await signer.enroll(device.request(secret: good.secret, certificate: first)) } == nil)
        #expect(try signer.secretRecord(good.description.id).used == 1)
        #expect(try signer.events().last?.principal?.contains("+secret:\(good.description.id)") == true)
    }

    @Test func anExpiredCertificateRenewsInsideTheGracePeriodOnly() async throws {
        let signer = try SignerFixture(
            policy: SamplePolicy.text.replacingOccurrences(
                of: "renewal: any-key", with: "renewal: any-key\n    grace-period: 7d"))
        let device = Device("sensor-1")
        let first = try await firstCertificate(signer, device)
        signer.advance(by: 93 * 86400)
        #expect(await code { try await renew(signer, device, with: first) } == nil)
        signer.advance(by: 7 * 86400)
        #expect(await code { try await renew(signer, device, with: first) } == .certificateOutsideValidity)
    }

    @Test func aCertificateThatTheLedgerDoesNotKnowIsRefused() async throws {
        let signer = try SignerFixture()
        let other = try SignerFixture()
        let device = Device("sensor-1")
        let foreign = try await firstCertificate(other, device)
        #expect(await code { try await renew(signer, device, with: foreign) } == .certificateUntrusted)
    }

    @Test func aCertificateIsTheIdentityBesideAGoodSecretAndAWrongSecretIsRefused() async throws {
        let signer = try SignerFixture()
        let device = Device("sensor-1")
        let first = try await firstCertificate(signer, device)
        let secret = try await signer.secret()
        _ = try await signer.enroll(device.request(secret: secret.secret, certificate: first))
        #expect(try signer.secretRecord(secret.description.id).used == 0)
        #expect(
            await code {
                try await signer.enroll(device.request(secret: Secret("wrong"), certificate: first))
            } == .credentialRefused)
    }

    @Test func anExpiredCertificateBesideAGoodSecretCountsAsAbsent() async throws {
        let signer = try SignerFixture()
        let device = Device("sensor-1")
        let first = try await firstCertificate(signer, device)
        signer.advance(by: 100 * 86400)
        let secret = try await signer.secret()
        _ = try await signer.enroll(device.request(secret: secret.secret, certificate: first))
        #expect(try signer.secretRecord(secret.description.id).used == 1)
    }
}

@Suite struct RevocationTests {
    private func revoke(
        _ signer: SignerFixture, _ certificate: Certificate, reason: RevocationReason = .unspecified, only: Bool = false
    ) async throws -> RevokeCertificateReply {
        let serial = Data(certificate.serialNumber.bytes).hexadecimal
        return try await signer.asOperator {
            try await $0.revokeCertificate(RevokeCertificateRequest(serial: serial, reason: reason, only: only))
        }
    }

    @Test func aRevokedDeviceGetsNothingUntilItIsReleased() async throws {
        let signer = try SignerFixture()
        let device = Device("sensor-1")
        let shared = try await signer.secret(uses: 100).secret
        let old = try await signer.enroll(device, secret: shared)
        let rekeyed = Device("sensor-1")
        let new = try signer.certificate(
            try await signer.enroll(rekeyed.request(operation: .simpleReenroll, certificate: old)))
        let reply = try await revoke(signer, new)
        #expect(reply.revoked.count == 2)
        #expect(reply.blockedNames == ["cn:sensor-1"])

        // The older certificate, the shared secret with the same name, with the same key, and the very same request.
        #expect(
            await code { try await signer.enroll(device.request(operation: .simpleReenroll, certificate: old)) }
                == .certificateRevoked)
        #expect(
            await code { try await signer.enroll(device.request(secret: shared, certificate: old)) }
                == .certificateRevoked)
        #expect(await code { try await signer.enroll(Device("sensor-1"), secret: shared) } == .nameBlocked)
        #expect(
            await code { try await signer.enroll(Device("sensor-9", key: device.key), secret: shared) } == .keyBlocked)
        #expect(await code { try await signer.enroll(device, secret: shared) } == .certificateRevoked)

        _ = try await signer.asOperator { try await $0.releaseName(ReleaseNameRequest(name: "sensor-1")) }
        #expect(await code { try await signer.enroll(device, secret: shared) } == nil)
        #expect(try signer.events().count { $0.type == .revoked } == 2)
        #expect(try signer.events().filter { $0.type == .released }.first?.operator == "operator:0")
    }

    @Test func aCompromisedKeyIsRefusedForEver() async throws {
        let signer = try SignerFixture(policy: twoLabels)
        let device = Device("sensor-1")
        let certificate = try await signer.enroll(device, secret: try await signer.secret().secret)
        _ = try await revoke(signer, certificate, reason: .keyCompromise)
        _ = try await signer.asOperator { try await $0.releaseName(ReleaseNameRequest(name: "cn:sensor-1")) }
        let secret = try await signer.secret(label: "other").secret
        #expect(
            await code { try await signer.enroll(Device("sensor-7", key: device.key), secret: secret, label: "other") }
                == .keyBlocked)
        #expect(await code { try await signer.enroll(Device("sensor-1"), secret: secret, label: "other") } == nil)
    }

    @Test func anEarlierCertificateInItsGracePeriodIsOfNoUseToARevokedDevice() async throws {
        let signer = try SignerFixture(
            policy: SamplePolicy.text.replacingOccurrences(
                of: "renewal: any-key", with: "renewal: any-key\n    grace-period: 30d"))
        let device = Device("sensor-1")
        let old = try await signer.enroll(device, secret: try await signer.secret().secret)
        signer.advance(by: 60 * 86400)
        let new = try signer.certificate(
            try await signer.enroll(device.request(operation: .simpleReenroll, certificate: old)))
        signer.advance(by: 40 * 86400)
        #expect(try await revoke(signer, new).revoked.count == 1)
        #expect(
            await code {
                try await signer.enroll(Device("sensor-1").request(operation: .simpleReenroll, certificate: old))
            }
                == .certificateRevoked)
    }

    @Test func aKeyCompromiseThatComesToLightLaterBlocksTheKey() async throws {
        let signer = try SignerFixture()
        let device = Device("sensor-1")
        let certificate = try await signer.enroll(device, secret: try await signer.secret().secret)
        _ = try await revoke(signer, certificate)
        #expect(try await revoke(signer, certificate, reason: .keyCompromise).revoked.isEmpty)
        _ = try await signer.asOperator { try await $0.releaseName(ReleaseNameRequest(name: "sensor-1")) }
        let secret = try await signer.secret().secret
        #expect(await code { try await signer.enroll(device, secret: secret) } == .keyBlocked)
        #expect(try signer.events().count { $0.type == .revoked } == 2)
    }

    @Test func aDeviceIsReleasedByItsIdentifier() async throws {
        let signer = try SignerFixture()
        let device = Device("sensor-1")
        let shared = try await signer.secret(uses: 9).secret
        let certificate = try await signer.enroll(device, secret: shared)
        let id = try await revoke(signer, certificate).device
        _ = try await signer.asOperator { try await $0.releaseName(ReleaseNameRequest(name: id)) }
        #expect(await code { try await signer.enroll(device, secret: shared) } == nil)
    }

    @Test func aRevokedCertificateIsRefusedBesideAGoodSecretAndAWrongSecretBesideIt() async throws {
        let signer = try SignerFixture(
            policy: SamplePolicy.text + """
                  - name: secrets
                    authority: devices
                    profile: device
                    authentication: [secret]
                """)
        let device = Device("sensor-1")
        let certificate = try await signer.enroll(device, secret: try await signer.secret().secret)
        _ = try await revoke(signer, certificate)
        for label in ["default", "secrets"] {
            let secret = try await signer.secret(label: label).secret
            let good = try Device("sensor-5").request(label: label, secret: secret, certificate: certificate)
            #expect(await code { try await signer.enroll(good) } == .certificateRevoked)
            let wrong = try Device("sensor-5").request(label: label, secret: Secret("wrong"), certificate: certificate)
            #expect(await code { try await signer.enroll(wrong) } == .credentialRefused)
        }
    }

    @Test func onlyRevokesOneCertificateAndBlocksNothing() async throws {
        let signer = try SignerFixture()
        let device = Device("sensor-1")
        let old = try await signer.enroll(device, secret: try await signer.secret().secret)
        let new = try signer.certificate(
            try await signer.enroll(device.request(operation: .simpleReenroll, certificate: old)))
        let reply = try await revoke(signer, old, only: true)
        #expect(reply.revoked.count == 1 && reply.blockedNames.isEmpty)
        #expect(
            await code { try await signer.enroll(device.request(operation: .simpleReenroll, certificate: new)) } == nil)
        await #expect(throws: ServiceError(.invalidArgument, "")) { try await revoke(signer, old, only: true) }
    }

    @Test func anUnknownSerialIsSaidToBeOne() async throws {
        let signer = try SignerFixture()
        for serial in ["00", "no hexadecimal", ""] {
            let error = await code {
                try await signer.asOperator {
                    try await $0.revokeCertificate(
                        RevokeCertificateRequest(serial: serial, reason: .unspecified, only: false))
                }
            }
            #expect(error == .notFound || error == .invalidArgument)
        }
    }
}
