internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import GRDB
internal import PKI
internal import TestRequests
internal import Testing
internal import X509

@testable internal import Signer

/// Renewals that take other names with ChangeSubjectName (RFC 6402 §2.8), at the signer.
@Suite struct ChangedNameTests {
    private static let policy = """
        profiles:
          - name: device
            keys: [p256]
            subject:
              - attribute: CN
            subject-alternative-names:
              dns: [example.com]
        labels:
          - name: default
            authority: devices
            profile: device
            change-subject-name: allow
          - name: other
            authority: devices
            profile: device
            change-subject-name: allow

        """

    private func request(
        subject: [UInt8], names: [String] = [], change: [[UInt8]]? = nil, certificate: Certificate? = nil,
        secret: Secret? = nil, label: String = "default"
    ) throws -> EnrollRequest {
        let request = TestRequest(
            subject: subject,
            extensions: names.isEmpty ? [] : [TestRequest.alternativeNames(names.map(TestRequest.dns))],
            attributes: change.map {
                [TestRequest.attribute("1.3.6.1.5.5.7.7.36", [TestRequest.sequence($0)])]
            } ?? [])
        return EnrollRequest(
            operation: certificate == nil ? .simpleEnroll : .simpleReenroll, label: label,
            certificationRequest: Data(try request.encoded()),
            clientChain: try certificate.map { [Data(try $0.derEncoded())] } ?? [], secret: secret,
            requestID: UUID().uuidString, remoteAddress: "192.0.2.1")
    }

    private func name(_ text: String) -> [UInt8] { TestRequest.name([("2.5.4.3", .utf8String, text)]) }

    private func first(_ signer: SignerFixture, _ common: String, names: [String] = []) async throws -> Certificate {
        let secret = try await signer.secret().secret
        return try signer.certificate(
            try await signer.enroll(try request(subject: name(common), names: names, secret: secret)))
    }

    @Test func onlyTheLabelThatIssuedTheCertificateChangesItsNames() async throws {
        let signer = try SignerFixture(policy: Self.policy)
        let held = try await first(signer, "a-1")
        func changed(on label: String) throws -> EnrollRequest {
            try request(subject: name("a-1"), change: [name("a-2")], certificate: held, label: label)
        }
        #expect(await code { try await signer.enroll(changed(on: "other")) } == .profileViolation)
        // Without it the other label renews as ever.
        #expect(
            await code {
                try await signer.enroll(request(subject: name("a-1"), certificate: held, label: "other"))
            } == nil)
        let new = try signer.certificate(try await signer.enroll(changed(on: "default")))
        #expect(new.subject.description == "CN=a-2")
    }

    @Test func aDeviceOfAManufacturerKeepsTheNamesOfItsRule() async throws {
        let signer = try SignerFixture(policy: Self.policy)
        let held = try await first(signer, "b-1")
        let serial = Data(held.serialNumber.bytes)
        let shown = Requester.ManufacturerCertificate(
            manufacturer: "acme", certificate: held, fingerprint: Data([1]), identity: Data([2]),
            publicKeyDER: [3])
        try await signer.core.ledger.writer.perform { db in
            let device = try CertificateTable.find(db, authority: "devices", serial: serial)?.device
            try ManufacturerTable.link(db, shown.link, device: try #require(device), at: 0)
        }
        let refusal = await #expect(throws: ServiceError.self) {
            try await signer.enroll(request(subject: name("b-1"), change: [name("b-2")], certificate: held))
        }
        #expect(refusal?.code == .profileViolation)
        #expect(refusal?.message.contains("manufacturer-names") == true)
        #expect(
            await code { try await signer.enroll(request(subject: name("b-1"), certificate: held)) } == nil)
        // Another device's certificate is free to.
        let other = try await first(signer, "b-3")
        #expect(
            await code {
                try await signer.enroll(request(subject: name("b-3"), change: [name("b-4")], certificate: other))
            } == nil)
    }

    /// RFC 5280 §4.2.1.6.
    @Test func withoutASubjectTheAlternativeNamesAreCritical() async throws {
        let signer = try SignerFixture(policy: Self.policy)
        let held = try await first(signer, "c-1", names: ["c-1.example.com"])
        #expect(held.extensions[oid: .X509ExtensionID.subjectAlternativeName]?.critical == false)
        let new = try signer.certificate(
            try await signer.enroll(
                request(
                    subject: name("c-1"), names: ["c-1.example.com"], change: [TestRequest.name([])],
                    certificate: held)))
        #expect(new.subject.isEmpty)
        let names = try #require(new.extensions[oid: .X509ExtensionID.subjectAlternativeName])
        #expect(names.critical)
        #expect(names.value == held.extensions[oid: .X509ExtensionID.subjectAlternativeName]?.value)
    }
}
