internal import Testing

@testable internal import ClusterTransport

@Suite struct LaneQueueTests {
    @Test func bothRunningAndWaitingAreBounded() {
        var queue = LaneQueue<Int>(Lane(name: "a", concurrency: 2, capacity: 1))
        #expect((1...4).map { queue.admit($0, from: "x") } == [.start, .start, .wait, .refuse])
    }

    @Test func endedCallMakesRoomForTheOldest() {
        var queue = LaneQueue<Int>(Lane(name: "a", concurrency: 1, capacity: 2))
        #expect((1...3).map { queue.admit($0, from: "x") } == [.start, .wait, .wait])
        #expect(queue.finish { _ in false }.next == 2)
        #expect(queue.admit(4, from: "x") == .wait)
        #expect(queue.finish { _ in false }.next == 3)
        #expect(queue.finish { _ in false }.next == 4)
        #expect(queue.finish { _ in false }.next == nil)
        #expect(queue.isIdle)
        #expect(queue.admit(5, from: "x") == .start)
    }

    @Test func expiredCallsAreHandedOutAndNotStarted() {
        var queue = LaneQueue<Int>(Lane(name: "a", concurrency: 1, capacity: 3))
        #expect((1...4).map { queue.admit($0, from: "x") } == [.start, .wait, .wait, .wait])
        let (next, expired) = queue.finish { $0 < 4 }
        #expect(next == 4)
        #expect(expired == [2, 3])
        #expect(queue.running == 1)
    }

    @Test func sourcesTakeTurnsHoweverManyCallsOneOfThemHas() {
        var queue = LaneQueue<Int>(Lane(name: "a", concurrency: 1, capacity: 100))
        _ = queue.admit(0, from: "flood")
        for call in 1...20 { #expect(queue.admit(call, from: "flood") == .wait) }
        #expect(queue.admit(100, from: "other") == .wait)
        #expect(queue.admit(101, from: "other") == .wait)
        let order = (0..<5).compactMap { _ in queue.finish { _ in false }.next }
        #expect(order == [1, 100, 2, 101, 3])
    }

    @Test func whoeverFillsTheLaneMakesRoomForAnother() {
        var queue = LaneQueue<Int>(Lane(name: "a", concurrency: 1, capacity: 4))
        _ = queue.admit(0, from: "flood")
        #expect((1...4).map { queue.admit($0, from: "flood") } == [.wait, .wait, .wait, .wait])
        #expect(queue.admit(5, from: "flood") == .refuse)
        #expect(queue.admit(100, from: "other") == .displace(4))
        #expect(queue.admit(101, from: "other") == .displace(3))
        // Both have the same now: more goes for neither.
        #expect(queue.admit(102, from: "other") == .refuse)
        #expect(queue.admit(6, from: "flood") == .refuse)
        let order = (0..<4).compactMap { _ in queue.finish { _ in false }.next }
        #expect(order == [1, 100, 2, 101])
        #expect(queue.finish { _ in false }.next == nil && queue.isIdle)
    }

    @Test func laneRunsAtLeastOneCall() {
        #expect(Lane(name: "a", concurrency: 0, capacity: -1) == Lane(name: "a", concurrency: 1, capacity: 0))
    }
}
