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

    @Test("W4: a label's rate used up → 429 and Retry-After, other labels unaffected; with a higher rate → 200")
    func w4LabelRate() async throws {
        let cluster = try await TestCluster(frontends: 2)
        let policy = try cluster.policy().trimmingCharacters(in: .newlines)
        func write(rate: String) throws {
            try cluster.write(
                policy: policy + """

                      - name: pumps
                        authority: devices
                        profile: device
                        authentication: [secret]
                        rate: \(rate)

                    """)
        }
        try write(rate: "2/1d")
        try await cluster.start()
        let secret = try await newSecret(cluster, uses: 10, label: "pumps")
        let devices = try (1...4).map { try TestDevice("w4-label-\($0)", in: cluster) }
        // The rate is the label's, whichever frontend it is asked at.
        for (index, device) in devices.prefix(2).enumerated() {
            let answer = try await device.enroll(cluster, secret: secret.secret, label: "pumps", frontend: index + 1)
            #expect(answer.status == 200)
        }
        for frontend in [1, 2] {
            for device in devices.suffix(2) {
                let answer = try await device.enroll(
                    cluster, secret: secret.secret, label: "pumps", frontend: frontend)
                // The next one is due in half a day, and each is told up to half as long again.
                Self.expectTooMany(answer, within: 64_800)
            }
        }
        #expect(try await uses(of: secret.id, cluster) == 2)
        let other = try await devices[2].enroll(cluster, secret: cluster.firstSecret())
        #expect(other.status == 200)
        try write(rate: "3/1s")
        try await cluster.estuary("reload")
        try await wait("the higher rate counts") {
            try await devices[3].enroll(cluster, secret: secret.secret, label: "pumps").status == 200
        }
    }

    @Test("W4: a device's rate used up → 429 and Retry-After; its earlier request → the same certificate; others → 200")
    func w4DeviceRate() async throws {
        let cluster = try await TestCluster(frontends: 1)
        try cluster.configure("signer", "limits:\n  identity-rate: 2/1d\n")
        try await cluster.start()
        let secret = try await newSecret(cluster, uses: 10)
        let device = try TestDevice("w4-device", in: cluster)
        var certificates = [try await device.enroll(cluster, secret: secret.secret).certificate()]
        for _ in 0..<2 {
            certificates.append(
                try await device.renew(cluster, with: certificates[certificates.count - 1], of: device).certificate())
        }
        for _ in 0..<2 {
            let answer = try await device.renew(cluster, with: certificates[2], of: device)
            Self.expectTooMany(answer, within: 43_200)
        }
        // Its answer was lost: it gets it.
        #expect(try await device.renew(cluster, with: certificates[1], of: device).certificate() == certificates[2])
        let other = try TestDevice("w4-other", in: cluster)
        let first = try await other.enroll(cluster, secret: secret.secret).certificate()
        #expect(try await other.renew(cluster, with: first, of: other).status == 200)
        try await cluster.waitUntilAudited()
        let events = try await cluster.events()
        // What is past the limit has one event for the first, and one for the count of the others.
        #expect(events.contains { $0.type == .denied && $0.reason == "identity-rate" })
        #expect(events.count { $0.reason == "identity-rate" } <= 2)
    }

    private static func expectTooMany(
        _ answer: Curl.Answer, within limit: Int, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(answer.status == 429, "\(answer.text)", sourceLocation: sourceLocation)
        let seconds = answer.headers["retry-after"].flatMap { Int($0) } ?? 0
        #expect((1...limit).contains(seconds), sourceLocation: sourceLocation)
        #expect(answer.headers["www-authenticate"] == nil, sourceLocation: sourceLocation)
        #expect(answer.headers["content-type"]?.hasPrefix("text/plain") == true, sourceLocation: sourceLocation)
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
