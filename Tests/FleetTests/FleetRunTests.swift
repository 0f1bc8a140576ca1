internal import Device
internal import Fleet
internal import Foundation
internal import Histogram
internal import Testing

@Suite("Fleet run", .timeLimit(.minutes(2)))
struct FleetRunTests {
    @Test("enrolls each device once over kept connections, as many as places")
    func keptConnections() async throws {
        let server = try await FleetTestServer()
        let fleet = try FleetUnderTest(server)
        let devices = try await FleetUnderTest.devices(30)
        let result = try await fleet.run(fresh: devices)
        #expect(result.tally[.enroll].succeeded == 30)
        #expect(result.tally[.enroll].statuses == [200: 30])
        #expect(result.completedEnrollments == 30 && !result.hasUnexpectedFailures)
        #expect(result.tally.latencies.totalCount == 30)
        #expect(result.tally.connections.opened == 4 && server.seen.connections == 4)
        #expect(result.ending == .count)
        let allEnrolled = devices.allSatisfy(\.isEnrolled)
        #expect(allEnrolled && server.seen.issued.count == 30)
        let credentials = Data("fleet:open sesame".utf8).base64EncodedString()
        #expect(server.seen.authorizations == ["Basic \(credentials)"])
        try await server.stop()
    }

    @Test("opens a connection for each request where it is told to")
    func newConnections() async throws {
        let server = try await FleetTestServer()
        var fleet = try FleetUnderTest(server, mix: "enroll=1,cacerts=1")
        fleet.plan.connectionUse = .new
        let result = try await fleet.run(fresh: try await FleetUnderTest.devices(30))
        #expect(result.succeeded == 30)
        #expect(result.tally.connections.established == 30 && server.seen.connections == 30)
        #expect(result.tally.connections.resumed == 0)
        #expect(result.tally[.enroll].succeeded + result.tally[.cacerts].succeeded == 30)
        try await server.stop()
    }

    @Test("resumes the session of an earlier connection")
    func resumption() async throws {
        let server = try await FleetTestServer()
        var fleet = try FleetUnderTest(server, mix: "cacerts=1", concurrency: 1)
        fleet.plan.connectionUse = .resumed
        let result = try await fleet.run()
        #expect(result.succeeded == 30)
        #expect(result.tally.connections.established == 30)
        // All but the first.
        #expect(result.tally.connections.resumed == 29)
        try await server.stop()
    }

    @Test("shows the newest certificate at each renewal", arguments: FleetPlan.ConnectionUse.allCases)
    func renewals(use: FleetPlan.ConnectionUse) async throws {
        let server = try await FleetTestServer()
        var fleet = try FleetUnderTest(server, mix: "reenroll=1", count: use == .kept ? 4 : 40)
        fleet.plan.connectionUse = use
        let devices = try await fleet.enrolled(5)
        #expect(devices.count == 5)
        let result = try await fleet.run(enrolled: devices)
        let count = use == .kept ? 4 : 40
        #expect(result.tally[.reenroll].succeeded == count && result.completedEnrollments == count)
        #expect(server.seen.renewalsWithoutCertificate == 0)
        #expect(server.seen.staleCertificates == 0)
        try await server.stop()
    }

    @Test("reads answers in chunks, and those that end their connection", arguments: [true, false])
    func framing(chunks: Bool) async throws {
        let server = try await FleetTestServer(chunks ? .servesInChunks : .servesAndCloses)
        let result = try await FleetUnderTest(server).run(fresh: try await FleetUnderTest.devices(30))
        #expect(result.tally[.enroll].succeeded == 30 && !result.hasUnexpectedFailures)
        #expect(result.tally.connections.opened == (chunks ? 4 : 30))
        try await server.stop()
    }

    @Test("counts refusals by status, and keeps what the server said")
    func refusals() async throws {
        let server = try await FleetTestServer(.answers(status: 503, retryAfter: 1))
        let result = try await FleetUnderTest(server).run(fresh: try await FleetUnderTest.devices(30))
        #expect(result.tally[.enroll].statuses == [503: 30] && result.succeeded == 0)
        #expect(result.tally.refusals == [503: "Not now."])
        #expect(result.tally.refusedLatencies.totalCount == 30 && result.tally.latencies.totalCount == 0)
        // Load may be too much for a server: that is a result.
        #expect(!result.hasUnexpectedFailures)
        try await server.stop()
    }

    @Test("waits as long as the server asks where it is told to")
    func retryAfter() async throws {
        let server = try await FleetTestServer(.answers(status: 429, retryAfter: 1))
        var fleet = try FleetUnderTest(server, count: 2, concurrency: 1)
        fleet.plan.obeysRetryAfter = true
        let result = try await fleet.run(fresh: try await FleetUnderTest.devices(2))
        #expect(result.tally[.enroll].statuses == [429: 2])
        #expect(result.seconds >= 1)
        try await server.stop()
    }

    @Test("a 403 is an unexpected failure")
    func forbidden() async throws {
        let server = try await FleetTestServer(.answers(status: 403, retryAfter: 1))
        let result = try await FleetUnderTest(server).run(fresh: try await FleetUnderTest.devices(30))
        #expect(result.hasUnexpectedFailures)
        try await server.stop()
    }

    @Test("counts failures by their kind")
    func failures() async throws {
        let kinds: [(FleetTestServer.Behaviour, FailureKind)] = [
            (.issuesForOthers, .badAnswer), (.answersNonsense, .badAnswer), (.closesWithoutAnswer, .closedEarly),
            (.neverAnswers, .answerTimedOut),
        ]
        for (behaviour, kind) in kinds {
            let server = try await FleetTestServer(behaviour)
            var fleet = try FleetUnderTest(server, count: 3, concurrency: 3)
            fleet.plan.timeoutSeconds = kind == .answerTimedOut ? 0.5 : 20
            let result = try await fleet.run(fresh: try await FleetUnderTest.devices(3))
            #expect(result.tally[.enroll].failures == [kind: 3], "\(behaviour)")
            #expect(result.hasUnexpectedFailures && result.succeeded == 0)
            #expect(result.tally.examples[kind]?.isEmpty == false)
            try await server.stop()
        }
    }

    @Test("tells a server that it does not trust, and one that is not there")
    func connectionFailures() async throws {
        let server = try await FleetTestServer()
        let other = try await FleetTestServer()
        var fleet = try FleetUnderTest(server, mix: "cacerts=1", count: 2, concurrency: 2)
        fleet.plan.trust = .anchors([other.authority])
        let untrusted = try await fleet.run()
        #expect(untrusted.tally[.cacerts].failures == [.untrustedServer: 2])
        fleet.plan.server = ESTServer(host: "localhost", port: server.port, label: nil)
        fleet.plan.trust = .anchors([server.authority])
        let wrongName = try await fleet.run()
        // Where the name means IPv6, nobody listens.
        #expect(wrongName.succeeded == 0)
        fleet.plan.trust = .provisional
        fleet.plan.server = ESTServer(host: "127.0.0.1", port: server.port, label: nil)
        #expect(try await fleet.run().succeeded == 2)
        try await server.stop()
        try await other.stop()
        let refused = try await fleet.run()
        #expect(refused.tally[.cacerts].failures == [.connectionRefused: 2])
    }

    @Test("ends when no device is left that has never enrolled")
    func devicesUsedUp() async throws {
        let server = try await FleetTestServer()
        var fleet = try FleetUnderTest(server)
        fleet.plan.end = .duration(seconds: 60)
        let result = try await fleet.run(fresh: try await FleetUnderTest.devices(10))
        #expect(result.ending == .devicesUsedUp && result.completedEnrollments == 10)
        try await server.stop()
    }

    @Test("ends in order when it is stopped, and drops what is in flight the second time")
    func stops() async throws {
        let server = try await FleetTestServer()
        var fleet = try FleetUnderTest(server, mix: "cacerts=1")
        fleet.plan.end = .duration(seconds: 3600)
        let stop = StopSwitch()
        let endless = fleet
        async let running = endless.run(stop: stop)
        while server.seen.requests["cacerts", default: 0] < 20 { try await Task.sleep(for: .milliseconds(5)) }
        stop.press()
        let result = try await running
        #expect(result.ending == .stopped && result.succeeded >= 20 && !result.hasUnexpectedFailures)
        try await server.stop()

        let silent = try await FleetTestServer(.neverAnswers)
        let waiting = try FleetUnderTest(silent, mix: "cacerts=1", concurrency: 3)
        let now = StopSwitch()
        async let hanging = waiting.run(stop: now)
        while silent.seen.requests["cacerts", default: 0] < 3 { try await Task.sleep(for: .milliseconds(5)) }
        now.press()
        now.press()
        let dropped = try await hanging
        #expect(dropped.tally[.cacerts].failures == [.abandoned: 3] && !dropped.hasUnexpectedFailures)
        try await silent.stop()
    }

    @Test("several event loops share the requests and devices out")
    func threads() async throws {
        let server = try await FleetTestServer()
        var fleet = try FleetUnderTest(server, mix: "enroll=1,reenroll=1", count: 60, concurrency: 6)
        fleet.plan.connectionUse = .new
        fleet.plan.threads = 3
        let devices = try await fleet.enrolled(12)
        let result = try await fleet.run(fresh: try await FleetUnderTest.devices(60), enrolled: devices)
        #expect(result.completedEnrollments == 60 && !result.hasUnexpectedFailures)
        #expect(server.seen.staleCertificates == 0)
        try await server.stop()
    }
}
