internal import ClusterProtocol
internal import ClusterTransport
internal import Testing

@testable internal import Signer

/// Secrets that many devices share are remembered between requests; what has changed since counts all the same.
struct SharedSecretTests {
    @Test func aSpentOneIsRefusedBeforeAnythingIsSaidOfNames() async throws {
        let signer = try SignerFixture()
        let secret = try await signer.secret(uses: 2)
        _ = try await signer.enroll(Device("sensor-1"), secret: secret.secret)
        _ = try await signer.enroll(Device("sensor-2"), secret: secret.secret)
        for _ in 0..<2 {
            #expect(
                await code { try await signer.enroll(Device("sensor-1"), secret: secret.secret) } == .credentialRefused)
            #expect(try signer.events().last?.reason == "secret-spent")
        }
        #expect(try signer.secretRecord(secret.description.id).used == 2)
    }

    @Test func aRevokedOneIsRefusedAtOnce() async throws {
        let signer = try SignerFixture()
        let secret = try await signer.secret(uses: 10)
        _ = try await signer.enroll(Device("sensor-1"), secret: secret.secret)
        let id = secret.description.id
        _ = try await signer.asOperator { try await $0.revokeSecret(RevokeSecretRequest(id: id)) }
        #expect(await code { try await signer.enroll(Device("sensor-2"), secret: secret.secret) } == .credentialRefused)
        #expect(try signer.events().last?.reason == "secret-revoked")
    }

    @Test func aHeldNameIsToldToWhoHasAGoodOne() async throws {
        let signer = try SignerFixture()
        let secret = try await signer.secret(uses: 10)
        let device = Device("sensor-1")
        let first = try await signer.enroll(device, secret: secret.secret)
        #expect(await code { try await signer.enroll(Device("sensor-1"), secret: secret.secret) } == .nameHeld)
        #expect(try await signer.enroll(device, secret: secret.secret) == first)
        #expect(try signer.secretRecord(secret.description.id).used == 1)
    }

    @Test func asManyCertificatesAsUsesComeOfARace() async throws {
        let signer = try SignerFixture()
        let secret = try await signer.secret(uses: 3)
        let issued = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<12 {
                group.addTask {
                    do {
                        _ = try await signer.enroll(Device("sensor-\(number)"), secret: secret.secret)
                        return true
                    } catch {
                        return false
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(issued == 3)
        #expect(try signer.secretRecord(secret.description.id).used == 3)
        #expect(try signer.events().filter { $0.type == .issued }.count == 3)
    }
}
