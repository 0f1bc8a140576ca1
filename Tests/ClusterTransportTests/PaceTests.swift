internal import Testing

@testable internal import ClusterTransport

@Suite struct LogThrottleTests {
    @Test func oneLineASecondTellsOfTheOthers() {
        var throttle = LogThrottle()
        let start = ContinuousClock.now
        #expect(throttle.admit(at: start) == 0)
        #expect(throttle.admit(at: start) == nil)
        #expect(throttle.admit(at: start + .milliseconds(999)) == nil)
        #expect(throttle.admit(at: start + .seconds(1)) == 2)
        #expect(throttle.admit(at: start + .seconds(3)) == 0)
    }
}

@Suite struct ReconnectDelayTests {
    @Test func delayGrowsUntilAConnectionHolds() {
        var delay = ReconnectDelay()
        let start = ContinuousClock.now
        let delays = (0..<8).map { _ in delay.connectionWasLost(at: start) }
        #expect(delays.first == ReconnectDelay.first)
        #expect(delays.last == ReconnectDelay.longest)
        #expect(zip(delays, delays.dropFirst()).allSatisfy { $0 <= $1 })
        // One that breaks at once changes nothing.
        delay.connectionCameUp(at: start)
        #expect(delay.connectionWasLost(at: start + .milliseconds(10)) == ReconnectDelay.longest)
        delay.connectionCameUp(at: start)
        #expect(delay.connectionWasLost(at: start + .seconds(3)) == ReconnectDelay.first)
    }
}
