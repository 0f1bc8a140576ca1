internal import ClusterProtocol
internal import ClusterTransport
internal import ConfigurationFile
internal import Foundation
internal import Testing
internal import X509

@testable internal import Signer

/// What an identity, a label and a node may have issued in a time, and what counts.
@Suite struct IssuanceLimitTests {
    private func signer(
        policy: String? = nil, _ change: (inout IssuanceLimits.Rates) -> Void = { _ in }
    ) throws -> SignerFixture {
        var limits = SignerCore.Limits()
        change(&limits.rates)
        return try SignerFixture(policy: policy, limits: limits)
    }

    private func error(_ body: () async throws -> some Any) async -> ServiceError? {
        do {
            _ = try await body()
            return nil
        } catch {
            return error as? ServiceError
        }
    }

    private func renew(
        _ signer: SignerFixture, _ device: Device, with certificate: Certificate, node: String = "frontend-1"
    ) async throws -> Certificate {
        try signer.certificate(
            try await signer.enroll(
                device.request(operation: .simpleReenroll, certificate: certificate), node: node))
    }

    @Test func aDeviceGetsSoManyAndIsToldExactlyWhenItGetsTheNext() async throws {
        let signer = try signer { $0.identity = Rate(3, per: .seconds(3000)) }
        let device = Device("sensor-1")
        let created = try await signer.secret()
        // The secret's certificate is the secret's, those of renewals are the device's.
        var certificate = try await signer.enroll(device, secret: created.secret)
        for _ in 0..<3 { certificate = try await renew(signer, device, with: certificate) }
        let last = certificate
        let refused = try #require(await error { try await renew(signer, device, with: last) })
        #expect(refused.code == .tooManyRequests && refused.reason?.rawValue == "identity-rate")
        let retryAfter = try #require(refused.retryAfter)
        #expect((1...1000).contains(retryAfter))
        // Another device is not concerned.
        _ = try await signer.enroll(Device("sensor-2"), secret: try await signer.secret().secret)
        let events = try signer.events()
        #expect(events.count { $0.reason == "identity-rate" && $0.type == .denied } == 1)
        #expect(events.count { $0.type == .issued } == 5)
    }

    @Test func aRepetitionTakesNothingAndIsServedPastTheLimit() async throws {
        let signer = try signer { $0.identity = Rate(1, per: .seconds(86_400)) }
        let device = Device("sensor-1")
        let created = try await signer.secret()
        let first = try await signer.enroll(device, secret: created.secret)
        let request = try device.request(operation: .simpleReenroll, certificate: first)
        let renewed = try signer.certificate(try await signer.enroll(request))
        // Its answer was lost: it gets it, at the limit.
        let again = try device.request(operation: .simpleReenroll, certificate: first)
        #expect(try signer.certificate(try await signer.enroll(again)) == renewed)
        // Repetitions have the same rate for themselves, as each leaves an event.
        let refused = try #require(await error { try await signer.enroll(again) })
        #expect(refused.code == .tooManyRequests && refused.reason?.rawValue == "identity-replays")
    }

    @Test func whatIsRefusedTakesNothing() async throws {
        let signer = try signer { $0.identity = Rate(1, per: .seconds(86_400)) }
        let created = try await signer.secret(names: ["sensor-1"], uses: 1)
        for _ in 0..<5 {
            #expect(
                await code { try await signer.enroll(Device("sensor-2"), secret: created.secret) } == .secretNotForName)
        }
        _ = try await signer.enroll(Device("sensor-1"), secret: created.secret)
    }

    @Test func aSharedSecretHasARateOfItsOwn() async throws {
        let signer = try signer {
            $0.identity = Rate(1, per: .seconds(86_400))
            $0.sharedIdentity = Rate(3, per: .seconds(86_400))
        }
        let created = try await signer.secret(uses: 10)
        for number in 1...3 { _ = try await signer.enroll(Device("sensor-\(number)"), secret: created.secret) }
        #expect(await code { try await signer.enroll(Device("sensor-4"), secret: created.secret) } == .tooManyRequests)
        #expect(try signer.secretRecord(created.description.id).used == 3)
    }

    @Test func aLabelHasARateInThePolicy() async throws {
        let signer = try signer(
            policy: SamplePolicy.text.replacingOccurrences(
                of: "renewal: any-key", with: "renewal: any-key\n    rate: 2/1d"))
        for number in 1...2 {
            _ = try await signer.enroll(Device("sensor-\(number)"), secret: try await signer.secret().secret)
        }
        let secret = try await signer.secret()
        let refused = try #require(await error { try await signer.enroll(Device("sensor-3"), secret: secret.secret) })
        #expect(refused.reason?.rawValue == "label-rate" && refused.message.contains("default"))
        #expect(try #require(refused.retryAfter) > 40_000)
    }

    @Test func aNodeIsHeldToItsQuotaOfEnrollmentsAndAnotherNodeIsNot() async throws {
        let signer = try signer { $0.nodeEnrollments = Rate(2, per: .seconds(86_400)) }
        let created = try await signer.secret(uses: 10)
        let device = Device("sensor-1")
        let first = try await signer.enroll(device, secret: created.secret)
        _ = try await signer.enroll(Device("sensor-2"), secret: created.secret)
        for number in 3...6 {
            #expect(
                await code { try await signer.enroll(Device("sensor-\(number)"), secret: created.secret) }
                    == .nodeQuotaReached)
        }
        _ = try await signer.enroll(Device("sensor-3"), secret: created.secret, node: "frontend-2")
        // What a device proves with its own key is no concern of the quota.
        _ = try await renew(signer, device, with: first)
        try await LedgerHousekeeping(core: signer.core).sweep()
        let alarms = try signer.events().filter { $0.type == .alarm }
        #expect(alarms.count == 2)
        #expect(alarms.allSatisfy { $0.node == "frontend-1" && $0.reason == "node-enrollments" })
        #expect(alarms.last?.count == 3)
    }

    @Test func thoseThatComeAtOnceAreHeldToAQuotaAndTheFirstRefusalIsAlarmed() async throws {
        let signer = try signer { $0.nodeEnrollments = Rate(5, per: .seconds(86_400)) }
        let created = try await signer.secret(uses: 100)
        let requests = try (1...60).map { try Device("sensor-\($0)").request(secret: created.secret) }
        let issued = await withTaskGroup(of: Bool.self) { group in
            for request in requests { group.addTask { (try? await signer.enroll(request)) != nil } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(issued == 5)
        // At once, and not only when somebody counts.
        let alarms = try signer.events().filter { $0.type == .alarm }
        #expect(alarms.count == 1 && alarms[0].reason == "node-enrollments")
        try await LedgerHousekeeping(core: signer.core).sweep()
        #expect(try signer.events().last { $0.type == .alarm }?.count == 54)
    }

    @Test func newKeysOnANodesWordAreHeldToAQuotaAndAlarmed() async throws {
        let signer = try signer { $0.nodeNewKeys = Rate(2, per: .seconds(86_400)) }
        let created = try await signer.secret(uses: 10)
        var held: [(Device, Certificate)] = []
        for number in 1...4 {
            let device = Device("sensor-\(number)")
            held.append((device, try await signer.enroll(device, secret: created.secret)))
        }
        for (device, certificate) in held.prefix(2) {
            _ = try await renew(signer, Device(device.name), with: certificate)
        }
        let (device, certificate) = held[2]
        let refused = try #require(await error { try await renew(signer, Device(device.name), with: certificate) })
        #expect(refused.code == .nodeQuotaReached && refused.reason?.rawValue == "node-new-keys")
        let alarm = try #require(try signer.events().last { $0.type == .alarm })
        #expect(alarm.node == "frontend-1" && alarm.decision == .denied && alarm.reason == "node-new-keys")
        // With its own key, or through another node, it renews.
        _ = try await renew(signer, device, with: certificate)
        _ = try await renew(signer, Device(held[3].0.name), with: held[3].1, node: "frontend-2")
    }

    @Test func aLimitThatIsOffLimitsNothing() async throws {
        let signer = try signer { rates in
            rates.identity = nil
            rates.sharedIdentity = nil
            rates.nodeEnrollments = nil
            rates.nodeNewKeys = nil
        }
        let device = Device("sensor-1")
        var certificate = try await signer.enroll(device, secret: try await signer.secret().secret)
        for _ in 0..<5 { certificate = try await renew(signer, Device("sensor-1"), with: certificate) }
    }

    @Test func ofTwoLimitsTheLongerWaitIsToldAndNothingIsTaken() throws {
        let clock = ContinuousClock.now
        let limits = IssuanceLimits(rates: .init(), now: { clock })
        let short = IssuanceLimits.Claim(scope: .identity, key: "a", rate: Rate(1, per: .seconds(10)))
        let long = IssuanceLimits.Claim(scope: .label, key: "b", rate: Rate(1, per: .seconds(100)))
        try limits.take([short, long])
        #expect(throws: ServiceError.self) { try limits.take([short]) }
        do {
            try limits.take([short, long])
            Issue.record("it was taken")
        } catch let error as ServiceError {
            #expect(error.retryAfter == 100 && error.reason?.rawValue == "label-rate")
        }
        limits.giveBack([short, long])
        #expect(limits.takeIfFree([short, long]))
        // What is not free takes nothing, and is no refusal.
        #expect(!limits.takeIfFree([short, long]) && limits.takeReports().isEmpty)
        limits.giveBack([short, long])
        let other = IssuanceLimits.Claim(scope: .identity, key: "c", rate: short.rate)
        try limits.take([long])
        #expect(throws: ServiceError.self) { try limits.take([other, long]) }
        #expect(!limits.takeIfFree([other, long]))
        #expect(limits.takeIfFree([other]))
    }
}
