internal import ClusterProtocol
internal import Foundation
internal import Testing

/// Bouncy Castle's `org.bouncycastle.est`, driven by a small Java program.
@Suite struct BouncyCastleTests {
    private static let program = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("BouncyCastle/EstClient.java").path

    @Test func aDeviceEnrollsRenewsBindsItsRequestToTheConnectionAndGetsAKeyMade() async throws {
        _ = try InstalledProgram.require("javac", package: "default-jdk-headless")
        let libraries = try ["bcpkix", "bcprov", "bctls", "bcutil"].map {
            try InstalledProgram.require("/usr/share/java/\($0).jar", package: "lib\($0)-java")
        }
        let cluster = try await TestCluster(frontends: 1)
        try cluster.write(
            policy: try cluster.policy()
                .replacing(
                    "    keys: [p256, p384, ed25519, rsa]\n",
                    with: """
                            keys: [p256, p384, ed25519, rsa]
                            server-key: p256

                        """) + """

                      - name: bound
                        authority: devices
                        profile: device
                        authentication: [secret]
                        renewal: any-key
                        channel-binding: required
                      - name: generating
                        authority: devices
                        profile: device
                        authentication: [secret]
                        server-key-generation: plain

                    """)
        try await cluster.start()
        let folder = "\(cluster.directory)/bouncy-castle"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let boundSecret = try await newSecret(cluster, uses: 1, label: "bound").secret
        let generatingSecret = try await newSecret(cluster, uses: 1, label: "generating").secret

        let run = try await CommandRun.run([
            "java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "--class-path", libraries.joined(separator: ":"),
            Self.program, cluster.address(), cluster.trustAnchor, folder, cluster.firstSecret(), "bound", boundSecret,
            "generating", generatingSecret,
        ])
        #expect(run.status == 0, "\(run.errors)")
        #expect(
            run.text.split(separator: "\n") == [
                "cacerts: TLSv1.3",
                // The key type with its curve, the subject's name, a subjectAltName, the extensions, the signature, and
                // the template, which this client does not know.
                "csrattrs: 1.2.840.10045.2.1 2.5.4.3 2.5.29.17 1.2.840.113549.1.9.14 1.2.840.10045.4.3.2 "
                    + "1.2.840.113549.1.9.16.2.61", "wrong-secret: 401", "enroll: TLSv1.3", "renew: TLSv1.3",
                "rekey: TLSv1.2",
                "unbound: 400", "forged: 400", "bound: TLSv1.2", "generate: TLSv1.3", "generated key: right",
            ], "\(run.errors)")
        for name in ["enroll", "renew", "rekey", "bound", "generate"] {
            try await OpenSSL.verify(
                "\(folder)/\(name).pem", trustAnchor: cluster.trustAnchor, untrusted: "\(folder)/cacerts.pem")
        }

        try await cluster.waitUntilAudited()
        try await wait("the denials are recorded") { try await cluster.events().count { $0.type == .denied } >= 3 }
        let events = try await cluster.events()
        #expect(
            events.filter { $0.type == .issued }.map(\.operation)
                == ["simpleenroll", "simplereenroll", "simplereenroll", "simpleenroll", "serverkeygen"])
        // The client asks without a credential each time before it shows its secret: that is no failure.
        #expect(
            events.filter { $0.type == .denied }.map(\.reason)
                == ["secret-unknown", "channel-binding-required", "channel-binding-mismatch"])
    }
}
