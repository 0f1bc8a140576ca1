internal import ClusterProtocol
internal import Foundation
internal import TestTLSClient
internal import Testing
internal import X509

@testable internal import Frontend

/// The limit on failed attempts of an address: the arithmetic.
@Suite struct FailureLimitStateTests {
    private let start = ContinuousClock.now
    private let a = ClientNetwork(address: "10.0.0.1")
    private let b = ClientNetwork(address: "10.0.0.2")

    private func state(failures: Int = 5, networks: Int = 100) -> FailureLimitState {
        FailureLimitState(limits: .init(failures: failures, window: .seconds(10), networks: networks))
    }

    private func fail(
        _ state: inout FailureLimitState, _ network: ClientNetwork, after seconds: Double = 0
    ) -> Bool {
        state.failed(network, at: start + .seconds(seconds), isRecorded: false) == .withinLimit
    }

    @Test func aNetworkMayFailSoOftenAndThenAgainAfterAWhile() {
        var state = state()
        for _ in 0..<5 {
            #expect(!state.isBeyondLimit(a, at: start))
            #expect(fail(&state, a))
        }
        #expect(state.isBeyondLimit(a, at: start))
        #expect(state.failed(a, at: start, isRecorded: false) == .beyondLimit(retryAfter: .seconds(5)))
        // Failures past the limit do not make it last longer.
        for _ in 0..<100 { #expect(!fail(&state, a, after: 1)) }
        #expect(!state.isBeyondLimit(a, at: start + .seconds(2)))
        #expect(fail(&state, a, after: 2))
        #expect(!fail(&state, a, after: 2))
        for _ in 0..<5 { #expect(fail(&state, a, after: 60)) }
        #expect(!fail(&state, a, after: 60))
        // The other one has its own count.
        #expect(fail(&state, b, after: 60))
    }

    @Test func whatIsTurnedAwayIsReportedOnceWithItsCount() {
        var state = state(failures: 1)
        #expect(fail(&state, a))
        #expect(state.takeReports().isEmpty)
        for _ in 0..<3 { #expect(!fail(&state, a)) }
        #expect(state.failed(a, at: start, isRecorded: true) != .withinLimit)
        #expect(state.takeReports() == [.init(network: a, count: 3)])
        #expect(state.takeReports().isEmpty)
        for number in 0..<150 {
            let network = ClientNetwork(address: "10.1.0.\(number)")
            _ = fail(&state, network)
            _ = fail(&state, network)
        }
        // Some networks were forgotten for others, and their counts are not lost.
        let reports = state.takeReports()
        #expect(reports.count == 101)
        #expect(reports.map(\.count).reduce(0, +) == 150)
        #expect(reports.last?.network == nil)
    }

    @Test func aBoundedNumberOfNetworksIsRememberedTheOldestOutFirst() {
        var state = state(failures: 1, networks: 3)
        for number in 1...4 { #expect(fail(&state, ClientNetwork(address: "10.0.0.\(number)"))) }
        #expect(state.networkCount == 3)
        #expect(state.isBeyondLimit(ClientNetwork(address: "10.0.0.4"), at: start))
        #expect(!state.isBeyondLimit(a, at: start))
        // Those that have got everything back go by themselves.
        #expect(fail(&state, a, after: 11))
        #expect(state.networkCount == 1)
    }

    @Test func anIPv6HostIsItsWholeNetwork() {
        #expect(ClientNetwork(address: "2001:db8::1") == ClientNetwork(address: "2001:db8::ffff:1:2:3"))
        #expect(ClientNetwork(address: "2001:db8::1") != ClientNetwork(address: "2001:db8:0:1::1"))
        #expect(ClientNetwork(address: "::ffff:10.0.0.1") == a)
        #expect(a != b)
        #expect(ClientNetwork(address: "fe80::1%eth0") == ClientNetwork(address: "fe80::2"))
        #expect(ClientNetwork(address: "2001:db8::1").description == "2001:db8::/64")
        #expect(a.description == "10.0.0.1")
        #expect(ClientNetwork(address: "nonsense") == ClientNetwork(address: ""))
    }

    @Test func secretsAreRememberedForAWhileAndByLabel() {
        var secrets = RecentSecrets(maximumCount: 2, lifetime: .seconds(10))
        secrets.note(Secret("a"), label: "x", .refused, at: start)
        #expect(secrets.verdict(on: Secret("a"), label: "x", at: start) == .refused)
        #expect(secrets.verdict(on: Secret("a"), label: "y", at: start) == nil)
        #expect(secrets.verdict(on: Secret("a"), label: "x", at: start + .seconds(10)) == nil)
        secrets.note(Secret("a"), label: "x", .accepted, at: start)
        #expect(secrets.verdict(on: Secret("a"), label: "x", at: start) == .accepted)
        for secret in ["b", "c"] { secrets.note(Secret(secret), label: "x", .accepted, at: start) }
        #expect(secrets.count == 2)
        #expect(secrets.verdict(on: Secret("a"), label: "x", at: start) == nil)
    }
}

/// The same on the wire.
@Suite struct FailureLimitTests {
    @Test func pastTheLimitOnlyFailingRequestsAreTurnedAway() async throws {
        let auditor = try await TestFrontend.run(change: {
            $0.limits.authenticationFailures = 3
            $0.limits.authenticationFailureWindow = .seconds(3_600)
        }) { frontend in
            try await frontend.ready()
            let request = try TestRequest.make("d.example.com")
            let connection = try await frontend.connect()
            for _ in 0..<3 {
                #expect(try await connection.perform(.enroll(request, secret: "wrong")).status == 401)
            }
            let turnedAway = try await connection.perform(.enroll(request, secret: "wrong"))
            #expect(turnedAway.status == 429)
            #expect(turnedAway.header("retry-after").flatMap { Int($0) } ?? 0 >= 1)
            #expect(turnedAway.header("www-authenticate") == nil)
            // Known to be wrong: the signer is not even asked. Another one it is asked about, and nothing else.
            #expect(frontend.signer.received.count == 3)
            #expect(frontend.signer.authenticated.isEmpty)
            let other = try await connection.perform(.enroll(request, secret: "wrong as well"))
            #expect(other.status == 429)
            #expect(other.text == turnedAway.text)
            #expect(frontend.signer.received.count == 3)
            #expect(frontend.signer.authenticated.map(\.purpose) == [.admission])
            // A forbidden name, a credential that can't be read, and no request at all: the same words.
            for (body, authorization) in [
                (try TestRequest.make("d.forbidden.net"), "Bearer wrong too"), (request, "Basic ###"),
                (Data([1]), "Bearer wrong"),
            ] {
                let response = try await connection.perform(
                    .enroll(body).with("Authorization", authorization))
                #expect(response.status == 429)
                #expect(response.text == turnedAway.text)
            }
            // Everybody else at this address is served.
            #expect(try await connection.perform(.enroll(request)).status == 200)
            #expect(try await connection.perform(.enroll(request)).status == 200)
            #expect(frontend.signer.authenticated.count == 3)
            #expect(try await connection.perform(.enroll(request, secret: nil)).status == 401)
            let forbidden = try await connection.perform(.enroll(try TestRequest.make("d.forbidden.net")))
            #expect(forbidden.status == 403)
            #expect(try await connection.perform(.get("/.well-known/est/cacerts")).status == 200)
            return frontend.auditor
        }
        let counted = auditor.events.filter { $0.type == .coalesced }
        #expect(counted.map(\.count) == [5])
        #expect(counted.map(\.remoteAddress) == ["127.0.0.1"])
        #expect(counted.map(\.reason) == ["authentication-failures"])
    }

    @Test func badCertificatesCountToo() async throws {
        try await TestFrontend.run(change: {
            $0.limits.authenticationFailures = 1
            $0.limits.authenticationFailureWindow = .seconds(3_600)
        }) { frontend in
            try await frontend.ready()
            let key = try TestKey.p256.make()
            let foreign = try TestAuthority().issue("d.example.com", key: key.publicKey)
            let options = try TestConnection.Options(certificate: [foreign], key: key)
            let renewal = TestHTTPRequest.enroll(
                try TestRequest.make("d.example.com"), operation: "simplereenroll", secret: nil)
            #expect(try await frontend.send(renewal, options).status == 403)
            #expect(try await frontend.send(renewal, options).status == 429)
            // Without a certificate nothing has failed.
            #expect(try await frontend.send(renewal).status == 403)
        }
    }

    @Test func wrongSecretsWaitApartFromTheEnrollments() async throws {
        try await TestFrontend.run(change: {
            $0.limits.authenticationFailures = 1
            $0.limits.authenticationFailureWindow = .seconds(3_600)
            $0.limits.suspectsRunning = 1
            $0.limits.suspectsWaiting = 1
            $0.limits.enrollmentsRunning = 1
            $0.limits.enrollmentsWaiting = 0
        }) { frontend in
            try await frontend.ready()
            let request = try TestRequest.make("d.example.com")
            #expect(try await frontend.send(.enroll(request)).status == 200)
            #expect(try await frontend.send(.enroll(request, secret: "wrong")).status == 401)
            frontend.signer.set { $0.holdsAuthentications = true }
            try await withThrowingTaskGroup(of: Int.self) { group in
                // One is asked about, one newcomer and one other wait.
                for number in 0..<5 {
                    group.addTask { try await frontend.send(.enroll(request, secret: "wrong-\(number)")).status }
                }
                // Two find no place, and a good secret that was seen before passes them all.
                #expect(try await group.next() == 503)
                #expect(try await group.next() == 503)
                #expect(try await frontend.send(.enroll(request)).status == 200)
                frontend.signer.set { $0.holdsAuthentications = false }
                for try await status in group { #expect(status == 429) }
            }
        }
    }

    @Test func aGoodSecretThatNobodyHasSeenWaitsBeforeThoseThatHaveFailed() async throws {
        try await TestFrontend.run(change: {
            $0.limits.authenticationFailures = 1
            $0.limits.authenticationFailureWindow = .seconds(3_600)
            $0.limits.suspectsRunning = 1
            $0.limits.enrollmentPatience = .seconds(60)
        }) { frontend in
            try await frontend.ready()
            frontend.signer.set { $0.secrets.insert("never-seen") }
            let request = try TestRequest.make("d.example.com")
            var failing: [TestConnection] = []
            for number in 0..<8 {
                let connection = try await frontend.connect()
                let status = try await connection.perform(.enroll(request, secret: "wrong-\(number)")).status
                #expect(status == (number == 0 ? 401 : 429))
                failing.append(connection)
            }
            let before = frontend.signer.authenticated.count
            frontend.signer.set { $0.holdsAuthentications = true }
            try await withThrowingTaskGroup(of: Int.self) { group in
                for (number, connection) in failing.enumerated() {
                    group.addTask {
                        try await connection.perform(.enroll(request, secret: "wrong again-\(number)")).status
                    }
                }
                try await eventually("one is asked about") { frontend.signer.authenticated.count == before + 1 }
                try await eventually("the others wait") { try await frontend.waitingRequests() == 8 }
                let good = Task { try await frontend.send(.enroll(request, secret: "never-seen")).status }
                try await eventually("it waits with them") { try await frontend.waitingRequests() == 9 }
                frontend.signer.set { $0.holdsAuthentications = false }
                #expect(try await good.value == 200)
                for try await status in group { #expect(status == 429) }
            }
            #expect(frontend.signer.authenticated[before + 1].secret == Secret("never-seen"))
            for connection in failing { await connection.close() }
        }
    }

    /// Where a configuration makes less room than there are connections: a good secret that nobody has seen is told to
    /// come again.
    @Test func whileSuspectsAreFullKnownDevicesAreServedAndUnknownOnesComeAgain() async throws {
        try await TestFrontend.run(change: {
            $0.limits.authenticationFailures = 1
            $0.limits.authenticationFailureWindow = .seconds(3_600)
            $0.limits.suspectsRunning = 2
            $0.limits.suspectsWaiting = 4
            $0.limits.enrollmentPatience = .seconds(60)
        }) { frontend in
            try await frontend.ready()
            frontend.signer.set { $0.secrets.insert("never-seen") }
            let request = try TestRequest.make("d.example.com")
            #expect(try await frontend.send(.enroll(request)).status == 200)
            #expect(try await frontend.send(.enroll(request, secret: "wrong")).status == 401)
            frontend.signer.set { $0.holdsAuthentications = true }
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<8 {
                    group.addTask { try await frontend.send(.enroll(request, secret: "wrong-\(number)")).status }
                }
                // Seven have the places; now they are all taken.
                #expect(try await group.next() == 503)
                for _ in 0..<5 { #expect(try await frontend.send(.enroll(request)).status == 200) }
                let unknown = try await frontend.send(.enroll(request, secret: "never-seen"))
                #expect(unknown.status == 503)
                #expect(unknown.header("retry-after").flatMap { Int($0) } ?? 0 > 0)
                frontend.signer.set { $0.holdsAuthentications = false }
                for try await status in group { #expect(status == 429) }
            }
            #expect(try await frontend.send(.enroll(request, secret: "never-seen")).status == 200)
        }
    }
}
