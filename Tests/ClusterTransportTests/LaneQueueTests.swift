internal import Testing

@testable internal import ClusterTransport

@Suite struct LaneQueueTests {
    @Test func bothRunningAndWaitingAreBounded() {
        var queue = LaneQueue<Int>(Lane(name: "a", concurrency: 2, capacity: 1))
        #expect((1...4).map { queue.admit($0) } == [.start, .start, .wait, .refuse])
    }

    @Test func endedCallMakesRoomForTheOldest() {
        var queue = LaneQueue<Int>(Lane(name: "a", concurrency: 1, capacity: 2))
        #expect((1...3).map { queue.admit($0) } == [.start, .wait, .wait])
        #expect(queue.finish { _ in false }.next == 2)
        #expect(queue.admit(4) == .wait)
        #expect(queue.finish { _ in false }.next == 3)
        #expect(queue.finish { _ in false }.next == 4)
        #expect(queue.finish { _ in false }.next == nil)
        #expect(queue.isIdle)
        #expect(queue.admit(5) == .start)
    }

    @Test func expiredCallsAreHandedOutAndNotStarted() {
        var queue = LaneQueue<Int>(Lane(name: "a", concurrency: 1, capacity: 3))
        #expect((1...4).map { queue.admit($0) } == [.start, .wait, .wait, .wait])
        let (next, expired) = queue.finish { $0 < 4 }
        #expect(next == 4)
        #expect(expired == [2, 3])
        #expect(queue.running == 1)
    }

    @Test func laneRunsAtLeastOneCall() {
        #expect(Lane(name: "a", concurrency: 0, capacity: -1) == Lane(name: "a", concurrency: 1, capacity: 0))
    }
}
