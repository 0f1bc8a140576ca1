internal import Testing

@testable internal import ClusterTransport

@Suite struct PendingCallsTests {
    private let start = ContinuousClock.now

    private func begin(
        _ name: String, deadline: ContinuousClock.Instant, in calls: inout PendingCalls<String>
    ) throws -> UInt64 {
        let id = calls.begin(name, deadline: deadline)
        return try #require(id)
    }

    @Test func callIsEndedOnce() throws {
        var calls = PendingCalls<String>(capacity: 2)
        let id = try begin("a", deadline: start, in: &calls)
        #expect(calls.end(id) == "a")
        #expect(calls.end(id) == nil)
        #expect(calls.count == 0)
    }

    @Test func noMoreThanAllowedArePending() throws {
        var calls = PendingCalls<String>(capacity: 2)
        let first = try begin("a", deadline: start, in: &calls)
        #expect(calls.begin("b", deadline: start) != nil)
        #expect(calls.begin("c", deadline: start) == nil)
        #expect(calls.end(first) == "a")
        #expect(calls.begin("c", deadline: start) != nil)
    }

    @Test func lateAnswerDoesNotReachTheNextCall() throws {
        var calls = PendingCalls<String>(capacity: 1)
        let first = try begin("a", deadline: start, in: &calls)
        #expect(calls.expire(at: start) == ["a"])
        let second = try begin("b", deadline: start + .seconds(1), in: &calls)
        #expect(first != second)
        #expect(calls.end(first) == nil)
        #expect(calls.end(second) == "b")
    }

    @Test func madeUpIDFindsNobody() {
        var calls = PendingCalls<String>(capacity: 4)
        _ = calls.begin("a", deadline: start)
        for id in [1, 7, UInt64.max, 1 << 32] {
            #expect(calls.end(id) == nil)
        }
        #expect(calls.count == 1)
    }

    @Test func onlyWhatIsDueExpires() throws {
        var calls = PendingCalls<String>(capacity: 4)
        _ = calls.begin("late", deadline: start + .seconds(9))
        let early = try begin("early", deadline: start + .seconds(1), in: &calls)
        _ = calls.begin("middle", deadline: start + .seconds(5))
        #expect(calls.nextDeadline == start + .seconds(1))
        #expect(calls.end(early) == "early")
        #expect(calls.expire(at: start + .seconds(1)) == [])
        #expect(calls.nextDeadline == start + .seconds(5))
        #expect(calls.expire(at: start + .seconds(6)) == ["middle"])
        #expect(calls.nextDeadline == start + .seconds(9))
        #expect(calls.expire(at: start + .seconds(10)) == ["late"])
        #expect(calls.nextDeadline == nil)
    }

    @Test func allAreEndedAtOnce() {
        var calls = PendingCalls<Int>(capacity: 10)
        for number in 0..<10 {
            _ = calls.begin(number, deadline: start)
        }
        #expect(calls.endAll().sorted() == Array(0..<10))
        #expect(calls.count == 0)
        #expect(calls.nextDeadline == nil)
        #expect(calls.endAll().isEmpty)
    }
}
