internal import ClusterProtocol
internal import Foundation
internal import NIOSSL
internal import SecureConnections
internal import SwiftASN1
internal import TestTLSClient
internal import Testing
internal import X509

@testable internal import Frontend

@Suite struct ChannelBindingTests {
    @Test(arguments: [TLSVersion.tlsv12, .tlsv13])
    func aLabelMayInsist(version: TLSVersion) async throws {
        try await TestFrontend.run(catalogue: { $0.labels[0].channelBindingRequired = true }) { frontend in
            try await frontend.ready()
            let connection = try await frontend.connect(.only(version))
            for challengePassword in [nil, ""] {
                let request = try TestRequest.make("d.example.com", challengePassword: challengePassword)
                let response = try await connection.perform(.enroll(request))
                #expect(response.status == 400)
                #expect(response.text.contains(version == .tlsv12 ? "tls-unique" : "tls-exporter"))
            }
            let binding = try #require(connection.security?.binding)
            let request = try TestRequest.make(
                "d.example.com", challengePassword: Data(binding).base64EncodedString())
            #expect(try await connection.perform(.enroll(request)).status == 200)
        }
    }

    @Test(arguments: [TLSVersion.tlsv12, .tlsv13])
    func aWrongValueIsRefusedAlsoWhereNoneIsNeeded(version: TLSVersion) async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            let connection = try await frontend.connect(.only(version))
            let request = try TestRequest.make("d.example.com", challengePassword: "c29tZXRoaW5nIGVsc2U=")
            let response = try await connection.perform(.enroll(request))
            #expect(response.status == 400)
            #expect(response.text.contains(version == .tlsv12 ? "tls-unique" : "tls-exporter"))
            #expect(!response.text.contains("c29t"))
            // Empty counts as absent.
            let empty = try TestRequest.make("d.example.com", challengePassword: "")
            #expect(try await connection.perform(.enroll(empty)).status == 200)
            #expect(frontend.signer.received.map(\.channelBinding) == [.absent])
            try await eventually { frontend.auditor.denials.map(\.reason) == ["channel-binding-mismatch"] }
        }
    }

    @Test func aRegistrationAuthorityIsExemptWhereTheLabelAcceptsOne() async throws {
        try await TestFrontend.run(catalogue: { $0.labels[0].acceptsRegistrationAuthorities = true }) { frontend in
            try await frontend.ready()
            let key = try TestKey.p256.make()
            let registrar = ExtendedKeyUsage.Usage(oid: [1, 3, 6, 1, 5, 5, 7, 3, 28])
            let certificate = try frontend.authority.issue(
                "ra.example.com", key: key.publicKey, .init(usages: [.clientAuth, registrar]))
            let connection = try await frontend.connect(.init(certificate: [certificate], key: key))
            let request = try TestRequest.make("d.example.com", challengePassword: "b2YgYW5vdGhlcg==")
            #expect(try await connection.perform(.enroll(request, secret: nil)).status == 200)
            #expect(frontend.signer.received.last?.channelBinding == .exempt)
            #expect(try await connection.perform(.enroll(request, label: "strict", secret: nil)).status == 400)
        }
    }

    @Test func anExpiredRegistrationAuthorityIsNone() async throws {
        try await TestFrontend.run(catalogue: {
            $0.labels[0].acceptsRegistrationAuthorities = true
            $0.labels[0].gracePeriod = 3_600
        }) { frontend in
            try await frontend.ready()
            let key = try TestKey.p256.make()
            let registrar = ExtendedKeyUsage.Usage(oid: [1, 3, 6, 1, 5, 5, 7, 3, 28])
            let certificate = try frontend.authority.issue(
                "ra.example.com", key: key.publicKey,
                .init(usages: [.clientAuth, registrar], notAfter: .now.addingTimeInterval(-600)))
            let connection = try await frontend.connect(.init(certificate: [certificate], key: key))
            let request = try TestRequest.make("d.example.com", challengePassword: "b2YgYW5vdGhlcg==")
            #expect(try await connection.perform(.enroll(request)).status == 400)
            #expect(frontend.signer.received.isEmpty)
        }
    }

    /// OpenSSL computes the values on its own: what two sides of one library agree on could still be wrong.
    @Test func opensslFindsTheSameExporter() async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            let options = [
                "-tls1_3", "-keymatexport", "EXPORTER-Channel-Binding", "-keymatexportlen", "32",
            ]
            let printed = try await OpenSSLClient(port: frontend.port).exchange(options) { printed in
                let request = try TestRequest.make(
                    "d.example.com", challengePassword: try OpenSSLClient.exporter(in: printed))
                return TestHTTPRequest.enroll(request, headers: [("Connection", "close")]).text
            }
            #expect(printed.contains("HTTP/1.1 200 OK"))
            #expect(frontend.signer.received.map(\.channelBinding) == [.verified])
        }
    }
}
