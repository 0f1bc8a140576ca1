internal import ClusterProtocol
internal import Foundation
internal import TestRequests
internal import TestTLSClient
internal import Testing

/// T8: a site behind one address, part of which fails.
@Suite struct FailureLimitConformanceTests {
    private static let limit = 20

    @Test("T8: 1,000 wrong secrets and 50 good devices from one address, at once: 429 past the limit, and 50 times 200")
    func t8WrongSecretsAndGoodDevices() async throws {
        let cluster = try await TestCluster()
        try cluster.configure(
            "frontend-1",
            """
            limits:
              authentication-failures: \(Self.limit)
              authentication-failure-window: 1h

            """)
        try await cluster.start()
        let many = try await cluster.secret(uses: 25)
        // As many at once as there can be connections: the test and the frontend can't have a thousand each.
        let connections = 100
        async let wrong = concurrently(Array(0..<connections), atOnce: connections) { group in
            let connection = try await cluster.connect()
            let request = try TestRequest.device("wrong-\(group).example.com").der()
            var responses: [TestResponse] = []
            for number in 0..<(1_000 / connections) {
                // Half of them one and the same, as of a fleet that was given an old secret.
                let secret = number.isMultiple(of: 2) ? "an old secret" : "wrong-\(group)-\(number)"
                responses.append(
                    try await unlessBusy { try await connection.perform(.enroll(request, secret: secret)) })
            }
            return responses
        }
        async let good = concurrently(Array(0..<50), atOnce: 50) { number in
            // Half of them with secrets of their own, that the frontend has never seen.
            let secret = number.isMultiple(of: 2) ? many : try await cluster.secret()
            let request = try TestRequest.device("good-\(number).example.com").der()
            return try await unlessBusy { try await cluster.send(.enroll(request, secret: secret)) }.status
        }
        #expect(try await good == Array(repeating: 200, count: 50))
        let refused = try await wrong.flatMap { $0 }
        #expect(refused.count == 1_000)
        let turnedAway = refused.filter { $0.status == 429 }
        // One more a few minutes each: the limit comes back.
        #expect((Self.limit...(Self.limit + 2)).contains(refused.count { $0.status == 401 }))
        #expect(turnedAway.count == 1_000 - refused.count { $0.status == 401 })
        #expect(Set(turnedAway.map(\.text)).count == 1)
        #expect(
            turnedAway.allSatisfy {
                $0.header("Retry-After").flatMap { Int($0) } ?? 0 > 0 && $0.header("WWW-Authenticate") == nil
            })
        // Without a credential nobody fails.
        let contact = try await cluster.send(.enroll(try TestRequest.device("new.example.com").der(), secret: nil))
        #expect(contact.status == 401)

        // The record is bounded, and complete: what has no event of its own is counted.
        var events: [AuditEvent] = []
        try await wait("every failure is in the record") {
            events = try await cluster.events()
            let counted = events.filter { $0.type == .coalesced }.compactMap(\.count).reduce(0, +)
            return counted + events.count(where: Self.isFailure) == 1_000
        }
        // Those within the limit, and those on their way when it was reached.
        #expect(events.count(where: Self.isFailure) <= Self.limit + connections + 2)
        #expect(events.filter { $0.type == .coalesced }.allSatisfy { $0.remoteAddress == "127.0.0.1" })
        #expect(events.count { $0.type == .issued } == 50)
    }

    /// Past the limit a secret that the frontend has not seen waits for its turn, and on a busy machine is told to come
    /// again: then it comes again.
    private func unlessBusy(_ send: () async throws -> TestResponse) async throws -> TestResponse {
        for _ in 0..<20 {
            let response = try await send()
            guard response.status == 503 else { return response }
            #expect(response.header("Retry-After").flatMap { Int($0) } ?? 0 > 0)
            try await Task.sleep(for: .milliseconds(200))
        }
        return try await send()
    }

    /// A refusal, other than for want of a place.
    private static func isFailure(_ event: AuditEvent) -> Bool {
        event.type == .denied && event.reason?.hasPrefix("overloaded") != true
    }
}
