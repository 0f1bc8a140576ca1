internal import ClusterProtocol
internal import Foundation
internal import PKI
internal import Testing
internal import X509

/// Cases W4 and W5: too much, too early, and what changes with the policy. Each has a cluster of its own.
@Suite struct SheddingTests {
    @Test(
        "W4: pool full → 503 and Retry-After, cacerts unaffected; signer hung → 503 and Retry-After; both recover by themselves"
    )
    func w4PoolFull() async throws {
        let cluster = try await TestCluster(frontends: 1)
        let path = "\(cluster.directory)/frontend-1/configuration.yaml"
        try
            (String(contentsOfFile: path, encoding: .utf8) + """

                limits:
                  enrollments-running: 1
                  enrollments-waiting: 1

                """).write(toFile: path, atomically: true, encoding: .utf8)
        try await cluster.start()
        let secret = try cluster.firstSecret()
        let devices = try (1...12).map { try TestDevice("w4-pool-\($0)", in: cluster) }
        // One is with the signer, which does not move; one waits; the rest finds no room.
        try cluster.process("signer").signal(SIGSTOP)
        async let answers = concurrently(devices) { try await $0.enroll(cluster, secret: secret) }
        for _ in 0..<5 {
            let bag = try await Curl.get(cluster.url("cacerts"), ["--cacert", cluster.trustAnchor, "--max-time", "5"])
            #expect(bag.status == 200)
        }
        for answer in try await answers {
            Self.expectTryLater(answer)
        }
        try cluster.process("signer").signal(SIGCONT)
        try await wait("devices enroll again") {
            try await devices[0].enroll(cluster, secret: secret).status == 200
        }
        // Those that were turned away, one after another: nothing is stuck in the pool.
        for device in devices {
            #expect(try await device.enroll(cluster, secret: secret).status == 200)
        }
        try await wait("the frontend's events are there") {
            try await cluster.events().contains { $0.reason?.hasPrefix("overloaded-") == true }
        }
    }

    @Test("W4: signer down → 503 and Retry-After, cacerts and csrattrs unaffected; it recovers by itself")
    func w4SignerDown() async throws {
        let cluster = try await TestCluster.running()
        let secret = try cluster.firstSecret()
        let device = try TestDevice("w4-down", in: cluster)
        try await cluster.process("signer").killNow()
        for _ in 0..<3 {
            Self.expectTryLater(try await device.enroll(cluster, secret: secret))
            let bag = try await Curl.get(cluster.url("cacerts"), ["--cacert", cluster.trustAnchor])
            #expect(bag.status == 200)
            let attributes = try await Curl.get(cluster.url("csrattrs"), ["--cacert", cluster.trustAnchor])
            #expect([200, 204].contains(attributes.status))
        }
        try cluster.start("signer")
        try await wait("a device enrolls again") {
            try await device.enroll(cluster, secret: secret).status == 200
        }
    }

    private static func expectTryLater(_ answer: Curl.Answer, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(answer.status == 503, "\(answer.text)", sourceLocation: sourceLocation)
        #expect(answer.headers["retry-after"].flatMap { Int($0) } ?? 0 > 0, sourceLocation: sourceLocation)
        #expect(answer.headers["content-type"]?.hasPrefix("text/plain") == true, sourceLocation: sourceLocation)
    }

    @Test("W5: a refusal is not remembered: after the profile is mended the same request → 200")
    func w5Mended() async throws {
        let cluster = try await TestCluster.running(frontends: 2)
        let secret = try await newSecret(cluster, uses: 1)
        let device = try TestDevice(
            "w5-mended", in: cluster, alternativeNames: [.dnsName("w5-mended.example.org")])
        for frontend in [1, 2] {
            let refused = try await device.enroll(cluster, secret: secret.secret, frontend: frontend)
            #expect(refused.status == 403)
            #expect(refused.text.contains("w5-mended.example.org"))
        }
        #expect(try await uses(of: secret.id, cluster) == 0)
        let policy = try cluster.policy()
        #expect(policy.contains("dns: [example.com,"))
        try cluster.write(policy: policy.replacing("dns: [example.com,", with: "dns: [example.com, example.org,"))
        try await cluster.estuary("reload")
        // The frontends hear of it by themselves.
        try await wait("the same request is served") {
            try await device.enroll(cluster, secret: secret.secret).status == 200
        }
        try await wait("the same request is served on the other frontend") {
            try await device.enroll(cluster, secret: secret.secret, frontend: 2).status == 200
        }
        #expect(try await uses(of: secret.id, cluster) == 1)
    }

    @Test("W5: a revoked secret never gets a replay")
    func w5RevokedSecret() async throws {
        let cluster = try await TestCluster.running(frontends: 2)
        let secret = try await newSecret(cluster, uses: 5)
        let device = try TestDevice("w5-secret", in: cluster)
        _ = try await device.enroll(cluster, secret: secret.secret).certificate()
        try await cluster.estuary("token", "revoke", secret.id)
        for frontend in [1, 2] {
            #expect(try await device.enroll(cluster, secret: secret.secret, frontend: frontend).status == 401)
        }
        try await cluster.waitUntilAudited()
        let events = try await cluster.events()
        #expect(events.count { $0.type == .replayed } == 0)
        #expect(events.count { $0.reason == "secret-revoked" } == 2)
    }

    @Test("W5: a revoked certificate or device never gets a replay, neither by its secret nor by the certificate")
    func w5RevokedDevice() async throws {
        let cluster = try await TestCluster.running(frontends: 2)
        let secret = try await newSecret(cluster, uses: 5)
        let device = try TestDevice("w5-device", in: cluster)
        let old = try await device.enroll(cluster, secret: secret.secret).certificate()
        let new = try await device.renew(cluster, with: old, of: device).certificate()
        try await cluster.estuary("certificate", "revoke", Array(new.serialNumber.bytes).hexadecimal)
        for frontend in [1, 2] {
            // The request that the secret was good for, and the renewal that led to the revoked certificate.
            let bySecret = try await device.enroll(cluster, secret: secret.secret, frontend: frontend)
            #expect(bySecret.status == 403)
            let byCertificate = try await device.renew(cluster, with: old, of: device, frontend: frontend)
            #expect(byCertificate.status == 403)
            let bySuccessor = try await device.renew(cluster, with: new, of: device, frontend: frontend)
            #expect(bySuccessor.status == 403)
        }
        try await cluster.waitUntilAudited()
        let events = try await cluster.events()
        #expect(events.count { $0.type == .replayed } == 0)
        #expect(events.count { $0.type == .issued } == 2)
    }
}
