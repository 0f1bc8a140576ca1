internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import Testing
internal import X509

@testable internal import Signer

@Suite struct ApprovalTests {
    private static let policy = SamplePolicy.text.replacingOccurrences(
        of: "renewal: any-key", with: "renewal: any-key\n    approval: manual")

    private func decide(_ signer: SignerFixture, _ decision: DecideApprovalRequest.Decision) async throws {
        try await signer.asOperator { desk in
            let approval = try #require(
                try await desk.listApprovals(ListApprovalsRequest(decidedToo: true)).items.first)
            _ = try await desk.decideApproval(DecideApprovalRequest(id: approval.id, decision: decision))
        }
    }

    @Test func aRequestWaitsIsApprovedAndThenGetsItsCertificateOnce() async throws {
        let signer = try SignerFixture(policy: Self.policy)
        let secret = try await signer.secret()
        let device = Device("sensor-1")
        for _ in 0..<2 {
            #expect(try await signer.enroll(device.request(secret: secret.secret)) == .pending(retryAfter: 60))
        }
        #expect(try signer.secretRecord(secret.description.id).reserved == 1)
        // A single-use secret queues one request only.
        #expect(await code { try await signer.enroll(Device("sensor-2"), secret: secret.secret) } == .credentialRefused)
        try await decide(signer, .approve)
        // The secret's end does not matter any more: the request was made in time.
        signer.advance(by: 2 * 86400)
        let certificate = try await signer.enroll(device, secret: secret.secret)
        #expect(certificate.subject == (try DistinguishedName { CommonName("sensor-1") }))
        let record = try signer.secretRecord(secret.description.id)
        #expect(record.used == 1 && record.reserved == 0)
        #expect(
            try signer.events().map(\.type).filter { $0 != .secretCreated && $0 != .denied }
                == [.pending, .approved, .issued])
    }

    @Test func aDenialHoldsUntilItIsRemovedAndGivesBackTheUse() async throws {
        let signer = try SignerFixture(policy: Self.policy)
        let secret = try await signer.secret()
        let device = Device("sensor-1")
        _ = try await signer.enroll(device.request(secret: secret.secret))
        try await decide(signer, .deny)
        #expect(await code { try await signer.enroll(device.request(secret: secret.secret)) } == .deniedByOperator)
        #expect(try signer.secretRecord(secret.description.id).reserved == 0)
        try await decide(signer, .remove)
        #expect(try await signer.enroll(device.request(secret: secret.secret)) == .pending(retryAfter: 60))
    }

    @Test func aRevokedSecretTakesItsWaitingRequestWithIt() async throws {
        let signer = try SignerFixture(policy: Self.policy)
        let secret = try await signer.secret()
        let device = Device("sensor-1")
        _ = try await signer.enroll(device.request(secret: secret.secret))
        try await decide(signer, .approve)
        let id = secret.description.id
        _ = try await signer.asOperator { try await $0.revokeSecret(RevokeSecretRequest(id: id)) }
        #expect(await code { try await signer.enroll(device, secret: secret.secret) } == .credentialRefused)
        #expect(try signer.events().contains { $0.type == .issued } == false)
    }

    @Test func whatNobodyDecidesEndsAndGivesBackTheUse() async throws {
        let signer = try SignerFixture(policy: Self.policy, limits: .init(pendingLifetime: 3600))
        let secret = try await signer.secret()
        _ = try await signer.enroll(Device("sensor-1").request(secret: secret.secret))
        signer.advance(by: 3601)
        try await LedgerHousekeeping(core: signer.core).sweep()
        #expect(try signer.secretRecord(secret.description.id).reserved == 0)
        #expect(try await signer.asOperator { try await $0.listApprovals(ListApprovalsRequest()) }.items.isEmpty)
    }

    @Test func oneIdentityQueuesABoundedNumberOfRequests() async throws {
        let signer = try SignerFixture(policy: Self.policy, limits: .init(pendingPerIdentity: 2))
        let secret = try await signer.secret(uses: 10).secret
        for index in 1...2 {
            _ = try await signer.enroll(Device("sensor-\(index)").request(secret: secret))
        }
        #expect(await code { try await signer.enroll(Device("sensor-3").request(secret: secret)) } == .tooManyPending)
    }
}
