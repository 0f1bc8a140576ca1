internal import Device
internal import Fleet
internal import Histogram
internal import Testing

@Suite("Fleet, open loop", .timeLimit(.minutes(2)))
struct OpenLoopTests {
    @Test("every arrival is started or counted as not started")
    func accounts() async throws {
        let server = try await FleetTestServer()
        var fleet = try FleetUnderTest(server, mix: "cacerts=1", count: 200)
        fleet.plan.load = .open(requestsPerSecond: 1_000_000, maximumInFlight: 2)
        let result = try await fleet.run()
        let started = result.tally[.cacerts].started
        #expect(started + result.tally.notStarted == 200)
        #expect(result.succeeded == started && started >= 2)
        #expect(result.tally.notStarted > 0)
        #expect(result.tally.connections.opened <= 2)
        try await server.stop()
    }

    @Test("latency counts from the arrival, not from the late start")
    func coordinatedOmission() async throws {
        let server = try await FleetTestServer(.answers(status: 503, retryAfter: 1))
        var fleet = try FleetUnderTest(server, mix: "cacerts=1", count: 20)
        // All arrive at once, and are served one after the other.
        fleet.plan.load = .open(requestsPerSecond: 1_000_000, maximumInFlight: 1)
        fleet.plan.connectionUse = .new
        let result = try await fleet.run()
        // The one that waited has waited as long as the first took.
        #expect(result.tally[.cacerts].started >= 2)
        #expect(result.tally.startDelays.max >= result.tally.connections.handshakes.min)
        #expect(result.tally.refusedLatencies.max >= result.tally.startDelays.max)
        try await server.stop()
    }

    @Test("a ramp lets fewer arrive at first")
    func ramp() async throws {
        let server = try await FleetTestServer()
        var fleet = try FleetUnderTest(server, mix: "cacerts=1")
        fleet.plan.load = .open(requestsPerSecond: 400, maximumInFlight: 1000)
        fleet.plan.end = .duration(seconds: 1)
        fleet.plan.rampSeconds = 1
        let result = try await fleet.run()
        // 200 are expected, with a deviation of 14; without the ramp 400.
        let arrived = result.tally[.cacerts].started + result.tally.notStarted
        #expect((100..<320).contains(arrived))
        #expect(result.ending == .duration)
        try await server.stop()
    }
}
