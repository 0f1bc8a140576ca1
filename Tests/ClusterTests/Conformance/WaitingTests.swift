internal import ClusterProtocol
internal import Crypto
internal import Foundation
internal import PKI
internal import TestRequests
internal import TestTLSClient
internal import Testing
internal import X509

/// Case W1: a label on which a person decides.
@Suite struct WaitingTests {
    @Test(
        "W1: manual approval: 202, Retry-After and no body until it is decided, on any frontend and after a restart of the signer; approved → 200"
    )
    func w1Approved() async throws {
        let cluster = try await Self.cluster()
        let secret = try await newSecret(cluster, uses: 5, label: "manual")
        let device = try TestDevice("w1-approved", in: cluster)

        try Self.requirePending(try await device.enroll(cluster, secret: secret.secret, label: "manual"))
        try Self.requirePending(try await device.enroll(cluster, secret: secret.secret, label: "manual"))
        try Self.requirePending(try await device.enroll(cluster, secret: secret.secret, label: "manual", frontend: 2))
        let waiting = try await Self.approvals(cluster)
        try #require(waiting.count == 1)

        // No frontend holds anything of it, and the signer holds it on disk.
        #expect(try await cluster.process("signer").stop() == 0)
        try cluster.start("signer")
        try await cluster.waitUntilReady()
        try Self.requirePending(try await device.enroll(cluster, secret: secret.secret, label: "manual", frontend: 2))
        #expect(try await Self.approvals(cluster) == waiting)

        try await cluster.estuary("approval", "approve", waiting[0])
        let first = try await device.enroll(cluster, secret: secret.secret, label: "manual").certificate()
        let second = try await device.enroll(cluster, secret: secret.secret, label: "manual", frontend: 2)
            .certificate()
        #expect(try first.derEncoded() == second.derEncoded())
        #expect(first.publicKey == device.key.publicKey)
        #expect(try await uses(of: secret.id, cluster) == 1)
        try await cluster.waitUntilAudited()
        let events = try await cluster.events().filter { $0.label == "manual" }.map(\.type)
        #expect(events.count { $0 == .pending } == 1)
        #expect(events.count { $0 == .issued } == 1)
    }

    @Test("W1: manual approval: denied → 403, until the denial is removed")
    func w1Denied() async throws {
        let cluster = try await Self.cluster()
        let secret = try await cluster.secret(label: "manual", uses: 5)
        let device = try TestDevice("w1-denied", in: cluster)
        try Self.requirePending(try await device.enroll(cluster, secret: secret, label: "manual"))
        let id = try #require(try await Self.approvals(cluster).first)

        try await cluster.estuary("approval", "deny", id)
        for frontend in [1, 2] {
            let denied = try await device.enroll(cluster, secret: secret, label: "manual", frontend: frontend)
            #expect(denied.status == 403)
            #expect(denied.text.contains("denied"))
            #expect(denied.headers["www-authenticate"] == nil)
        }
        try await cluster.estuary("approval", "remove", id)
        try Self.requirePending(try await device.enroll(cluster, secret: secret, label: "manual"))
    }

    @Test("W1: a single-use secret queues one request only")
    func w1SingleUse() async throws {
        let cluster = try await Self.cluster()
        let secret = try await cluster.secret(label: "manual")
        let devices = try (1...10).map { try TestDevice("w1-single-\($0)", in: cluster) }
        func ask() async throws -> [Curl.Answer] {
            try await concurrently(Array(devices.enumerated())) { index, device in
                try await device.enroll(cluster, secret: secret, label: "manual", frontend: index % 2 + 1)
            }
        }
        let first = try await ask().map(\.status)
        #expect(first.sorted() == [202] + [Int](repeating: 401, count: 9))
        #expect(try await ask().map(\.status) == first)
        let waiting = try await Self.approvals(cluster)
        #expect(waiting.count == 1)

        try await cluster.estuary("approval", "approve", try #require(waiting.first))
        #expect(try await ask().map(\.status) == first.map { $0 == 202 ? 200 : 401 })
    }

    private static func cluster() async throws -> TestCluster {
        let cluster = try await TestCluster(frontends: 2)
        try cluster.write(
            policy: cluster.policy() + """

                  - name: manual
                    authority: devices
                    profile: device
                    authentication: [certificate, secret]
                    approval: manual

                """)
        try await cluster.start()
        return cluster
    }

    /// 202 as RFC 7030 §4.2.3 has it, without a body: a client library fails on one.
    private static func requirePending(
        _ answer: Curl.Answer, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try #require(answer.status == 202, "\(answer.status): \(answer.text)", sourceLocation: sourceLocation)
        let wait = try #require(
            answer.headers["retry-after"].flatMap { Int($0) }, "no Retry-After", sourceLocation: sourceLocation)
        #expect(wait > 0, sourceLocation: sourceLocation)
        #expect(answer.body.isEmpty, sourceLocation: sourceLocation)
        #expect(answer.headers["content-length"] == "0", sourceLocation: sourceLocation)
        #expect(answer.headers["content-type"] == nil, sourceLocation: sourceLocation)
    }

    /// The ids of the requests that wait.
    private static func approvals(_ cluster: TestCluster) async throws -> [String] {
        struct Listed: Decodable { var id: String }
        return try await cluster.estuary("approval", "list", "--json").split(separator: "\n").map {
            try JSONDecoder.facts.decode(Listed.self, from: Data($0.utf8)).id
        }
    }
}
