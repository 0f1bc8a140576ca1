internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import PKI
internal import Testing
internal import X509

/// A stolen frontend that asks for as much as it can is held to its quotas at the signer (design §1, §10).
@Suite struct NodeQuotaTests {
    private static let enrollments = 20
    private static let newKeys = 3

    private static func cluster() async throws -> TestCluster {
        let cluster = try await TestCluster(frontends: 2)
        try cluster.configure(
            "signer",
            """
            limits:
              node-enrollments: \(enrollments)/1d
              node-new-keys: \(newKeys)/1d

            """)
        try await cluster.start()
        return cluster
    }

    @Test func aFloodOfEnrollmentsEndsAtTheQuotaAndInAnAlarm() async throws {
        let cluster = try await Self.cluster()
        let secret = try await newSecret(cluster, uses: 1000)
        // As many at one moment as ten thousand a second are in a thirtieth of one. Made before, so that they come together.
        let requests = try (1...300).map { number in
            try #require(Data(base64Encoded: TestDevice("stolen-\(number)", in: cluster).certificationRequest()))
        }
        let thief = try await StolenFrontend("frontend-2", of: cluster, atOnce: requests.count)
        let refusals = try await concurrently(requests, atOnce: requests.count) { request in
            await thief.refusal(request, secret: Secret(secret.secret))
        }
        #expect(refusals.count { $0 == nil } == Self.enrollments)
        let refused = refusals.compactMap(\.self)
        #expect(refused.allSatisfy { $0.code == .nodeQuotaReached && $0.reason?.rawValue == "node-enrollments" })
        // The next one is due in 24 h / 20.
        #expect(refused.allSatisfy { (1...4_320).contains($0.retryAfter ?? 0) })
        await thief.end()
        // What was refused burned no use; and what devices get through another frontend is no concern of this one's quota.
        #expect(try await uses(of: secret.id, cluster) == Self.enrollments)
        let device = try TestDevice("sensor-1", in: cluster)
        #expect(try await device.enroll(cluster, secret: secret.secret).status == 200)

        try await cluster.waitUntilAudited()
        let events = try await cluster.events()
        #expect(events.count { $0.type == .issued && $0.node == "frontend-2" } == Self.enrollments)
        // One event for the first refusal, and not one for each of a flood.
        let alarms = events.filter { $0.type == .alarm }
        #expect(!alarms.isEmpty && alarms.count <= 3)
        #expect(alarms.allSatisfy { $0.node == "frontend-2" && $0.reason == "node-enrollments" })
    }

    @Test func newKeysEndAtTheQuotaAndWhatTheThiefGotIsListedAndRevoked() async throws {
        let cluster = try await Self.cluster()
        let secret = try await newSecret(cluster, uses: 10)
        var held: [(device: TestDevice, certificate: Certificate)] = []
        for number in 1...(Self.newKeys + 2) {
            let device = try TestDevice("sensor-\(number)", in: cluster)
            held.append((device, try await device.enroll(cluster, secret: secret.secret).certificate()))
        }
        // Times of certificates are asked for in whole seconds: not in the one in which the frontend got its own.
        let start = Date().timeIntervalSince1970.rounded(.down)
        try await wait("the next second begins") { Date().timeIntervalSince1970 >= start + 1 }
        let since = Date(timeIntervalSince1970: start + 1).formatted(.iso8601)
        let thief = try await StolenFrontend("frontend-2", of: cluster)
        for (index, (device, certificate)) in held.enumerated() {
            let request = try #require(Data(base64Encoded: try device.rekeyed(in: cluster).certificationRequest()))
            let refused = await thief.refusal(
                request, operation: .simpleReenroll, chain: [Data(try certificate.derEncoded())])
            #expect(refused?.code == (index < Self.newKeys ? nil : .nodeQuotaReached))
            #expect(refused?.reason?.rawValue == (index < Self.newKeys ? nil : "node-new-keys"))
        }
        await thief.end()
        try await cluster.estuary("node", "remove", "frontend-2")

        try await cluster.waitUntilAudited()
        let events = try await cluster.events()
        let stolen = Set(events.filter { $0.type == .issued && $0.node == "frontend-2" }.compactMap(\.serial))
        #expect(stolen.count == Self.newKeys)
        let alarms = events.filter { $0.type == .alarm }
        #expect(!alarms.isEmpty && alarms.allSatisfy { $0.node == "frontend-2" && $0.reason == "node-new-keys" })

        let ofTheNode = ["--node", "frontend-2", "--since", since]
        #expect(try await Self.serials(["certificate", "list"] + ofTheNode, cluster) == stolen)
        #expect(try await Self.serials(["certificate", "revoke"] + ofTheNode, cluster) == stolen)
        // What the devices have themselves goes on.
        let (device, certificate) = held[0]
        #expect(try await device.renew(cluster, with: certificate, of: device).status == 200)
    }

    private struct Row: Decodable {
        var serial: String
    }

    private static func serials(_ arguments: [String], _ cluster: TestCluster) async throws -> Set<String> {
        let lines = try await TestCluster.estuary(arguments + ["--json", "--state", cluster.directory])
        return Set(
            try lines.split(separator: "\n").map { try JSONDecoder.facts.decode(Row.self, from: Data($0.utf8)).serial })
    }
}
