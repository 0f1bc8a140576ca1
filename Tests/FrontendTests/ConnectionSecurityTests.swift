internal import ClusterProtocol
internal import Foundation
internal import NIOSSL
internal import SecureConnections
internal import SwiftASN1
internal import TestTLSClient
internal import Testing
internal import X509

@testable internal import Frontend

/// If this suite fails, a new version of swift-nio-ssl has moved what `ConnectionSecurity` reads by reflection: mend
/// that file before anything is released. Without it no client certificate and no channel binding is seen.
@Suite struct ConnectionSecurityTests {
    @Test(arguments: [TLSVersion.tlsv12, .tlsv13])
    func bothSidesOfAConnectionHaveTheSameBindingAndNoTwoConnectionsDo(version: TLSVersion) async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            let first = try await frontend.connect(.only(version))
            let second = try await frontend.connect(.only(version))
            let own = try #require(first.security?.binding)
            #expect(first.security?.bindingKind == (version == .tlsv12 ? .tlsUnique : .tlsExporter))
            #expect(own.count == (version == .tlsv12 ? 12 : 32))
            #expect(own != second.security?.binding)
            // The server sees the same value: it is what a request is compared with.
            for (binding, status) in [(own, 200), (second.security?.binding ?? [], 400)] {
                let request = try TestRequest.make(
                    "d.example.com", challengePassword: Data(binding).base64EncodedString())
                #expect(try await first.perform(.enroll(request)).status == status)
            }
            #expect(frontend.signer.received.map(\.channelBinding) == [.verified])
        }
    }

    @Test(arguments: TestKey.allCases, [TLSVersion.tlsv12, .tlsv13])
    func clientChainsOfEveryKindOfKeyAreSeenWhole(key: TestKey, version: TLSVersion) async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            let key = try key.make()
            let certificate = try frontend.authority.issue(
                "d.example.com", key: key.publicKey, .init(names: [.dnsName("d.example.com")]))
            var options = try TestConnection.Options(
                certificate: [certificate, frontend.authority.issuing], key: key)
            options.minimum = version
            options.maximum = version
            let connection = try await frontend.connect(options)
            let response = try await connection.perform(
                .enroll(
                    try TestRequest.make("d.example.com"), label: "strict", operation: "simplereenroll", secret: nil))
            #expect(response.status == 200)
            #expect(
                frontend.signer.received.last?.clientChain
                    == [try certificate.der, try frontend.authority.issuing.der])
        }
    }

    /// A session may outlive what its first connection was judged by: chain and binding are those of the connection.
    @Test(arguments: ["-tls1_2", "-tls1_3"])
    func aResumedSessionHasItsChainAndABindingOfItsOwn(version: String) async throws {
        try await TestFrontend.run { frontend in
            try await frontend.ready()
            let key = try TestKey.p256.make()
            let certificate = try frontend.authority.issue(
                "d.example.com", key: key.publicKey, .init(names: [.dnsName("d.example.com")]))
            let place = frontend.folder
            try Data(key.serializeAsPEM().pemString.utf8).write(to: place.appending(path: "key.pem"))
            try Data(certificate.serializeAsPEM().pemString.utf8).write(to: place.appending(path: "cert.pem"))
            let session = place.appending(path: "session.pem").path
            let credentials = [
                "-cert", place.appending(path: "cert.pem").path, "-key", place.appending(path: "key.pem").path,
            ]
            let renewal = try TestHTTPRequest.enroll(
                TestRequest.make("d.example.com"), operation: "simplereenroll", secret: nil,
                headers: [("Connection", "close")]
            ).text
            let client = OpenSSLClient(port: frontend.port)
            let first = try await client.exchange([version, "-sess_out", session] + credentials) { _ in renewal }
            #expect(first.contains("HTTP/1.1 200 OK"))
            #expect(first.contains("\nNew, "))
            let second = try await client.exchange([version, "-sess_in", session]) { _ in renewal }
            #expect(second.contains("\nReused, "))
            #expect(second.contains("HTTP/1.1 200 OK"))
            #expect(frontend.signer.received.map(\.clientChain) == [[try certificate.der], [try certificate.der]])
        }
    }
}
