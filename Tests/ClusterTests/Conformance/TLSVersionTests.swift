internal import ClusterProtocol
internal import Foundation
internal import NIOSSL
internal import TestRequests
internal import TestTLSClient
internal import Testing

/// T1, T9 and the early data of T8: what TLS itself lets through.
@Suite struct TLSVersionTests {
    /// What `openssl s_client` says of a connection on which nothing is sent.
    private func handshake(_ options: [String]) async throws -> CommandRun {
        let cluster = try await ConformanceCluster.shared()
        return try await CommandRun.run(
            ["openssl", "s_client", "-connect", cluster.address(), "-CAfile", cluster.trustAnchor] + options,
            input: Data())
    }

    @Test("T1: openssl's ClientHello for TLS 1.0 or 1.1 is refused with an alert", arguments: ["-tls1", "-tls1_1"])
    func t1OldVersionsOfOpenSSL(version: String) async throws {
        let run = try await handshake([version, "-cipher", "DEFAULT@SECLEVEL=0"])
        #expect(run.status != 0)
        #expect(run.errors.contains("SSL alert number 70"), "\(run.errors)")
        #expect(run.text.contains("Cipher is (NONE)"))
    }

    @Test("T1: a raw ClientHello for TLS 1.0 or 1.1 is answered with the alert protocol_version", arguments: [1, 2])
    func t1RawOldClientHello(minor: UInt8) async throws {
        let cluster = try await ConformanceCluster.shared()
        let connection = try await TestConnection.plain(port: cluster.port())
        // ECDHE-ECDSA-AES128-SHA and its like, the one compression, no extensions.
        let suites: [UInt8] = [0xc0, 0x09, 0xc0, 0x13, 0xc0, 0x0a, 0xc0, 0x14, 0x00, 0x2f, 0x00, 0x35]
        let hello = [0x03, minor] + [UInt8](repeating: 7, count: 32) + [0, 0, UInt8(suites.count)] + suites + [1, 0]
        let handshake = [0x01, 0x00, 0x00, UInt8(hello.count)] + hello
        try await connection.send([0x16, 0x03, 0x01, 0x00, UInt8(handshake.count)] + handshake)
        let answer = try await connection.rest()
        try #require(answer.count == 7, "\(answer)")
        #expect(answer[0] == 0x15)
        // Fatal, protocol_version (70).
        #expect(Array(answer[3...]) == [0, 2, 2, 70])
    }

    @Test("T1: TLS 1.2 and 1.3 are served", arguments: [TLSVersion.tlsv12, .tlsv13])
    func t1NewVersions(version: TLSVersion) async throws {
        let cluster = try await ConformanceCluster.shared()
        let response = try await cluster.send(.get("/.well-known/est/cacerts"), .only(version))
        #expect(response.status == 200)
        let option = version == .tlsv12 ? "-tls1_2" : "-tls1_3"
        let run = try await handshake([option, "-verify_return_error"])
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.text.contains(version == .tlsv12 ? "New, TLSv1.2" : "New, TLSv1.3"))
    }

    @Test(
        "T1: suites without encryption or without authentication are refused",
        arguments: ["eNULL:@SECLEVEL=0", "aNULL:@SECLEVEL=0", "AECDH-AES128-SHA:ADH-AES128-GCM-SHA256:@SECLEVEL=0"])
    func t1NullAndAnonymousSuites(suites: String) async throws {
        let run = try await handshake(["-tls1_2", "-cipher", suites])
        #expect(run.status != 0)
        // handshake_failure (40): they have no suite in common.
        #expect(run.errors.contains("SSL alert number 40"), "\(run.errors)")
        #expect(run.text.contains("Cipher is (NONE)"))
    }

    @Test(
        "T9: a client that offers http/1.0, http/1.1, both or nothing by ALPN is served",
        arguments: [[], ["http/1.0"], ["http/1.1"], ["http/1.0", "http/1.1"]])
    func t9OfferedProtocols(protocols: [String]) async throws {
        let cluster = try await ConformanceCluster.shared()
        let secret = try await cluster.secret(uses: 4)
        for (version, label) in [(TLSVersion.tlsv12, "12"), (.tlsv13, "13")] {
            var options = TestConnection.Options.only(version)
            options.protocols = protocols
            let connection = try await cluster.connect(options)
            let name = "t9-\(label)\(protocols.map { "-\($0.dropFirst(5))" }.joined()).example.com"
            var request = TestHTTPRequest.enroll(try TestRequest.device(name).der(), secret: secret)
            if protocols == ["http/1.0"] {
                request.version = "HTTP/1.0"
                request.headers.append(("Connection", "keep-alive"))
            }
            #expect(try await connection.perform(.get("/.well-known/est/cacerts")).status == 200)
            _ = try await connection.perform(request).certificate()
        }
        let offer = protocols.isEmpty ? [] : ["-alpn", protocols.joined(separator: ",")]
        let run = try await handshake(offer)
        #expect(run.text.contains(protocols.isEmpty ? "No ALPN negotiated" : "ALPN protocol: http/1."))
    }

    @Test("T8: early data is never executed")
    func t8EarlyData() async throws {
        let cluster = try await ConformanceCluster.shared()
        let secret = try await cluster.secret()
        let session = "\(cluster.directory)/t8-session.pem"
        let early = "\(cluster.directory)/t8-early"
        let enroll = TestHTTPRequest.enroll(try TestRequest.device("t8-early.example.com").der(), secret: secret)
        try enroll.text.write(toFile: early, atomically: true, encoding: .utf8)
        let last = TestHTTPRequest.get("/.well-known/est/cacerts", headers: [("Connection", "close")])
        let client = OpenSSLClient(port: try cluster.port())
        let first = try await client.exchange(["-tls1_3", "-sess_out", session]) { _ in last.text }
        // The server's tickets allow none: s_client prints what each one says.
        #expect(first.contains("Max Early Data: 0"))
        let second = try await client.exchange(["-tls1_3", "-sess_in", session, "-early_data", early]) { _ in
            last.text
        }
        #expect(second.contains("Reused, TLSv1.3"))
        #expect(second.contains("Early data was not sent") || second.contains("Early data was rejected"))
        // One answer, the one to the request after the handshake, and the secret is still there.
        #expect(second.components(separatedBy: "HTTP/1.1 ").count == 2)
        try await cluster.waitUntilAudited()
        #expect(try await !cluster.events().contains { $0.subject?.contains("t8-early") == true })
        _ = try await cluster.send(enroll).certificate()
    }
}
