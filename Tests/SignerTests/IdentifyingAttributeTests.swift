internal import ClusterProtocol
internal import ClusterTransport
internal import Crypto
internal import Foundation
internal import GRDB
internal import PKI
internal import TestRequests
internal import Testing
internal import X509

@testable internal import Signer

/// Devices whose only name is a serialNumber or another attribute that says which device it is: it is owned like a common
/// name (design §6).
@Suite struct IdentifyingAttributeTests {
    private static let policy = """
        profiles:
          - name: device
            keys: [ed25519]
            subject:
              - attribute: CN
              - attribute: serialNumber
              - attribute: O
              - attribute: UID
        labels:
          - name: default
            authority: devices
            profile: device

        """

    private func request(
        _ attributes: [(String, TestRequest.StringType, String)], key: Curve25519.Signing.PrivateKey = .init(),
        certificate: Certificate? = nil, secret: Secret? = nil
    ) throws -> EnrollRequest {
        let request = TestRequest(subject: TestRequest.name(attributes), ed25519Key: key)
        return EnrollRequest(
            operation: certificate == nil ? .simpleEnroll : .simpleReenroll, label: "default",
            certificationRequest: Data(try request.encoded()),
            clientChain: try certificate.map { [Data(try $0.derEncoded())] } ?? [], secret: secret,
            requestID: UUID().uuidString, remoteAddress: "192.0.2.1")
    }

    @Test(arguments: [
        ("2.5.4.5", "AC-1", "ac-1", "serial:ac-1"), ("0.9.2342.19200300.100.1.1", "u-1", "U-1", "uid:u-1"),
    ])
    func soleNameBelongsToTheFirstDevice(_ type: String, _ value: String, _ again: String, _ owned: String) async throws
    {
        let signer = try SignerFixture(policy: Self.policy)
        let shared = try await signer.secret(uses: 9).secret
        let held = try signer.certificate(
            try await signer.enroll(
                request([(type, .printableString, value), ("2.5.4.10", .utf8String, "A")], secret: shared)))
        // Another maker's device, of the same number.
        let other = try request([(type, .printableString, again), ("2.5.4.10", .utf8String, "B")], secret: shared)
        #expect(await code { try await signer.enroll(other) } == .nameHeld)
        // Beside a common name it names nothing.
        #expect(
            await code {
                try await signer.enroll(
                    request([("2.5.4.3", .utf8String, "cn-1"), (type, .printableString, value)], secret: shared))
            } == nil)
        // Its holder renews, and the block after a revocation and the release are as for every name.
        let renewal = try request(
            [(type, .printableString, value), ("2.5.4.10", .utf8String, "A")], certificate: held)
        #expect(await code { try await signer.enroll(renewal) } == nil)
        let reply = try await signer.asOperator {
            try await $0.revokeCertificate(
                RevokeCertificateRequest(
                    serial: Data(held.serialNumber.bytes).hexadecimal, reason: .unspecified, only: false))
        }
        #expect(reply.blockedNames == [owned])
        #expect(await code { try await signer.enroll(other) } == .nameBlocked)
        _ = try await signer.asOperator { try await $0.releaseName(ReleaseNameRequest(name: value)) }
        #expect(await code { try await signer.enroll(other) } == nil)
    }

    @Test func secretForOtherNamesDoesNotServeIt() async throws {
        let signer = try SignerFixture(policy: Self.policy)
        let secret = try await signer.secret(names: ["AC-2"]).secret
        #expect(
            await code {
                try await signer.enroll(request([("2.5.4.5", .printableString, "AC-3")], secret: secret))
            } == .secretNotForName)
        #expect(
            await code {
                try await signer.enroll(request([("2.5.4.5", .printableString, "AC-2")], secret: secret))
            } == nil)
    }

    /// As a ledger has it from before these attributes were owned.
    @Test func deviceThatOwnsNothingYetRenewsAndOwnsItFromThenOn() async throws {
        let signer = try SignerFixture(policy: Self.policy)
        let shared = try await signer.secret(uses: 9).secret
        let attributes: [(String, TestRequest.StringType, String)] = [("2.5.4.5", .printableString, "AC-4")]
        let held = try signer.certificate(try await signer.enroll(request(attributes, secret: shared)))
        try await signer.core.ledger.writer.perform { try NameTable.release($0, name: "serial:ac-4") }
        #expect(await code { try await signer.enroll(request(attributes, certificate: held)) } == nil)
        #expect(await code { try await signer.enroll(request(attributes, secret: shared)) } == .nameHeld)
    }
}
