internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import GRDB
internal import Testing
internal import X509

@testable internal import Signer

/// A wall clock that jumps an hour between a request and its repetition, and between one request and the next.
@Suite struct ClockJumpTests {
    private static let jumps: [TimeInterval] = [3600, -3600]

    @Test(arguments: jumps)
    func theSameRequestStillLeadsToTheSameCertificate(_ jump: TimeInterval) async throws {
        let signer = try SignerFixture()
        let secret = try await signer.secret()
        let device = Device("sensor-1")
        let first = try await signer.enroll(device, secret: secret.secret)
        let renewal = try signer.certificate(
            try await signer.enroll(device.request(operation: .simpleReenroll, certificate: first)))
        signer.advance(by: jump)
        #expect(try await signer.enroll(device, secret: secret.secret) == first)
        // What a certificate proves it proves when its time has come.
        if jump < 0 { signer.advance(by: -jump) }
        #expect(
            try signer.certificate(
                try await signer.enroll(device.request(operation: .simpleReenroll, certificate: first))) == renewal)
        #expect(try signer.secretRecord(secret.description.id).used == 1)
        #expect(try signer.events().count { $0.type == .issued } == 2)
    }

    @Test(arguments: jumps)
    func devicesGoOnAndNothingIsCertifiedTwice(_ jump: TimeInterval) async throws {
        let signer = try SignerFixture()
        let secret = try await signer.secret(uses: 100)
        var certificates: [Certificate] = []
        for number in 1...5 {
            certificates.append(try await signer.enroll(Device("before-\(number)"), secret: secret.secret))
        }
        signer.advance(by: jump)
        for number in 1...5 {
            certificates.append(try await signer.enroll(Device("after-\(number)"), secret: secret.secret))
        }
        signer.advance(by: -jump)
        for number in 1...5 {
            certificates.append(try await signer.enroll(Device("later-\(number)"), secret: secret.secret))
        }
        #expect(Set(certificates.map { Array($0.serialNumber.bytes) }).count == 15)
        #expect(try signer.secretRecord(secret.description.id).used == 15)
        let events = try signer.events()
        #expect(events.map(\.sequence) == Array(1...Int64(events.count)))
        #expect(events.count { $0.type == .issued } == 15)
        let devices = try signer.core.ledger.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM device") }
        #expect(devices == 15)
    }

    @Test func aCertificateOfAnHourThatIsYetToComeIsRefusedWithItsReasonUntilThen() async throws {
        let signer = try SignerFixture()
        let secret = try await signer.secret(uses: 10)
        let device = Device("sensor-1")
        signer.advance(by: 3600)
        let early = try await signer.enroll(device, secret: secret.secret)
        signer.advance(by: -3600)
        let refusal = await #expect(throws: ServiceError.self) {
            try await signer.enroll(device.request(operation: .simpleReenroll, certificate: early))
        }
        #expect(refusal?.message.contains("valid") == true, "\(String(describing: refusal))")
        signer.advance(by: 3600)
        let renewed = try signer.certificate(
            try await signer.enroll(device.request(operation: .simpleReenroll, certificate: early)))
        #expect(renewed != early)
        #expect(try signer.secretRecord(secret.description.id).used == 1)
    }

    @Test(arguments: jumps)
    func housekeepingRemovesNoWindowThatIsOpen(_ jump: TimeInterval) async throws {
        let signer = try SignerFixture()
        let secret = try await signer.secret()
        let device = Device("sensor-1")
        let first = try await signer.enroll(device, secret: secret.secret)
        signer.advance(by: jump)
        try await LedgerHousekeeping(core: signer.core).sweep()
        signer.advance(by: -jump)
        #expect(try await signer.enroll(device, secret: secret.secret) == first)
    }
}
