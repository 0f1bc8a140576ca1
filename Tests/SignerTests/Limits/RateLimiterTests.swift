internal import ConfigurationFile
internal import Testing

@testable internal import Signer

@Suite struct RateLimiterTests {
    private let start = ContinuousClock.now
    private let rate = Rate(3, per: .seconds(30))

    /// Takes one where that is allowed; how long to wait where it is not.
    private func take(_ limiter: inout RateLimiter, _ key: String, at seconds: Double) -> Duration? {
        let now = start + .seconds(seconds)
        if let wait = limiter.wait(for: key, rate, at: now) { return wait }
        limiter.take(key, rate, at: now)
        return nil
    }

    @Test func aBurstAndThenEvenly() {
        var limiter = RateLimiter(capacity: 10)
        for _ in 0..<3 { #expect(take(&limiter, "a", at: 0) == nil) }
        #expect(take(&limiter, "a", at: 0) == .seconds(10))
        #expect(take(&limiter, "a", at: 4) == .seconds(6))
        // Exactly when it was told, and not before; what was refused has lengthened nothing.
        #expect(take(&limiter, "a", at: 9.5) == .seconds(0.5))
        #expect(take(&limiter, "a", at: 10) == nil)
        #expect(take(&limiter, "a", at: 10) == .seconds(10))
        for _ in 0..<3 { #expect(take(&limiter, "a", at: 100) == nil) }
        #expect(take(&limiter, "a", at: 100) == .seconds(10))
    }

    @Test func keysHaveNothingToDoWithEachOther() {
        var limiter = RateLimiter(capacity: 10)
        for _ in 0..<3 { _ = take(&limiter, "a", at: 0) }
        #expect(take(&limiter, "a", at: 0) != nil)
        #expect(take(&limiter, "b", at: 0) == nil)
    }

    @Test func whatIsGivenBackMayBeTakenAgain() {
        var limiter = RateLimiter(capacity: 10)
        for _ in 0..<3 { _ = take(&limiter, "a", at: 0) }
        limiter.giveBack("a", rate, at: start)
        #expect(take(&limiter, "a", at: 0) == nil)
        #expect(take(&limiter, "a", at: 0) == .seconds(10))
    }

    @Test func aRateThatIsChangedCountsAtOnce() {
        var limiter = RateLimiter(capacity: 10)
        let (daily, quick) = (Rate(2, per: .seconds(86_400)), Rate(2, per: .seconds(4)))
        for _ in 0..<2 { limiter.take("a", daily, at: start) }
        #expect(limiter.wait(for: "a", daily, at: start) == .seconds(43_200))
        // Nobody waits for what the old one would have given back.
        #expect(limiter.wait(for: "a", quick, at: start) == .seconds(2))
        _ = limiter.refused("a", quick, at: start)
        #expect(limiter.wait(for: "a", quick, at: start + .seconds(2)) == nil)
        limiter.take("a", quick, at: start + .seconds(2))
        #expect(limiter.wait(for: "a", quick, at: start + .seconds(2)) == .seconds(2))
        // Nor is anybody who has got back everything held for what the new one gives more slowly.
        #expect(limiter.wait(for: "a", daily, at: start + .seconds(100)) == nil)
    }

    @Test func theLeastRecentlyUsedIsForgotten() {
        var limiter = RateLimiter(capacity: 3)
        for _ in 0..<3 { _ = take(&limiter, "hungry", at: 0) }
        for number in 0..<1_000 {
            _ = take(&limiter, "other-\(number)", at: 0)
            // It asks again and again, and so a crowd does not make it forgotten.
            #expect(take(&limiter, "hungry", at: 0) != nil)
            _ = limiter.refused("hungry", rate, at: start)
        }
        #expect(limiter.count == 3)
        #expect(limiter.wait(for: "other-0", rate, at: start) == nil)
    }

    @Test func theFirstRefusalIsReportedAndTheOthersAreCounted() {
        var limiter = RateLimiter(capacity: 2)
        #expect(limiter.refused("a", rate, at: start) == true)
        #expect(limiter.refused("a", rate, at: start) == false)
        #expect(limiter.refused("a", rate, at: start + .seconds(59)) == false)
        #expect(limiter.refused("b", rate, at: start) == true)
        #expect(limiter.takeUnreported(maximum: 10).map(\.count) == [2])
        #expect(limiter.takeUnreported(maximum: 10).isEmpty)
        #expect(limiter.refused("a", rate, at: start + .seconds(61)) == true)
        // What is forgotten is still counted.
        #expect(limiter.refused("b", rate, at: start + .seconds(1)) == false)
        for key in ["c", "d"] { #expect(limiter.refused(key, rate, at: start) == true) }
        let rest = limiter.takeUnreported(maximum: 10)
        #expect(rest.count == 1 && rest.first?.key == nil && rest.first?.count == 1)
    }

    @Test(arguments: [
        "", "5", "5/", "/1h", "0/1h", "5/0s", "-5/1h", "5/1h/1h", "5/1x", "1000000001/1h", "5/500ms", " 5/1h",
    ])
    func noRate(text: String) {
        #expect(Rate(text) == nil)
    }

    @Test func aRateAsText() throws {
        let rate = try #require(Rate("120/1h"))
        #expect(rate.count == 120 && rate.period == .seconds(3600) && rate.increment == .seconds(30))
        #expect("\(rate)" == "120/1h")
    }
}
