internal import NIOCore
internal import Testing

@testable internal import Frontend

@Suite struct AcceptanceStateTests {
    private func state(handshakes: Int = 2, connections: Int = 100) -> AcceptanceState<Int> {
        AcceptanceState(limits: .init(handshakes: handshakes, connections: connections))
    }

    private func at(_ milliseconds: Int64) -> NIODeadline { .uptimeNanoseconds(1) + .milliseconds(milliseconds) }

    @Test func connectionsThatSayNothingTakeNoPlace() {
        var state = state()
        for id in 0..<50 {
            #expect(state.accept(at: at(0)) == .accept)
            state.opened(id, at: at(0))
        }
        #expect(state.handshakes == 0)
        #expect(state.heard(49, at: at(1)) == true)
        #expect(state.handshakes == 1)
    }

    @Test func theBoundOnHandshakesHolds() {
        var state = state()
        for id in 0..<4 { state.opened(id, at: at(0)) }
        #expect(state.heard(0, at: at(0)) == true)
        #expect(state.heard(1, at: at(0)) == true)
        #expect(state.heard(2, at: at(1)) == false)
        #expect(state.heard(3, at: at(1)) == false)
        #expect(state.handshakes == 2)
        #expect(state.accept(at: at(1)) == .hold(closing: []))
        #expect(state.settle(at: at(1)).isEmpty)
        state.established(0, at: at(2))
        // The one that came first.
        #expect(state.settle(at: at(2)) == [2])
        state.closed(1)
        #expect(state.settle(at: at(2)) == [3])
        #expect(state.handshakes == 2)
        state.established(2, at: at(3))
        state.closed(3)
        #expect(state.handshakes == 0)
        #expect(state.accept(at: at(3)) == .accept)
    }

    @Test func aSilentClientGivesUpItsPlaceWhereAnotherWantsItAndMayStillGoOn() {
        var state = state()
        for id in 0..<3 { state.opened(id, at: at(0)) }
        #expect(state.heard(0, at: at(0)) == true)
        #expect(state.heard(1, at: at(0)) == true)
        // This one is still heard of.
        #expect(state.heard(1, at: at(90)) == true)
        #expect(state.heard(2, at: at(95)) == false)
        #expect(state.settle(at: at(99)).isEmpty)
        #expect(state.settle(at: at(100)) == [2])
        #expect(state.handshakes == 2)
        // It comes to its end without a place, and gives none back.
        #expect(state.heard(0, at: at(150)) == true)
        state.established(0, at: at(160))
        #expect(state.handshakes == 2)
    }

    @Test func tenThousandHandshakesWithoutAnEndLetAnotherIn() {
        var state = state(handshakes: 128, connections: 20_000)
        for id in 0..<10_000 {
            state.opened(id, at: at(0))
            _ = state.heard(id, at: at(0))
        }
        state.opened(10_000, at: at(1))
        #expect(state.heard(10_000, at: at(1)) == false)
        var now: Int64 = 1
        while !state.settle(at: at(now)).contains(10_000) {
            #expect(state.handshakes <= 128)
            now += 100
            guard now < 9_000 else {
                Issue.record("it never had its turn")
                return
            }
        }
    }

    @Test func atTheBoundThatGoesWhichHasDoneNothingForTheLongestTime() {
        var state = state(connections: 4)
        for id in 0..<4 { state.opened(id, at: at(Int64(id))) }
        // Asked in this time: 0. Is being answered: 1.
        state.established(0, at: at(10))
        state.established(1, at: at(10))
        state.began(1)
        state.began(0)
        state.answered(0, at: at(2_500))
        #expect(state.accept(at: at(500)) == .hold(closing: []))
        #expect(state.accept(at: at(3_000)) == .hold(closing: [2, 3]))
        // They are not told twice, and there is no room before they are gone.
        #expect(state.accept(at: at(3_001)) == .hold(closing: []))
        state.closed(2)
        #expect(state.accept(at: at(3_002)) == .accept)
        state.opened(4, at: at(3_002))
        state.closed(3)
        state.opened(5, at: at(3_003))
        #expect(state.accept(at: at(3_502)) == .hold(closing: [0]))
        state.closed(0)
        state.opened(6, at: at(3_503))
        // The one that is being answered stays.
        #expect(state.accept(at: at(60_000)) == .hold(closing: [4, 5, 6]))
    }

    @Test func nothingIsKeptOfConnectionsThatAreGone() {
        var state = state(handshakes: 4, connections: 10)
        for id in 0..<100_000 {
            state.opened(id, at: at(Int64(id)))
            _ = state.heard(id, at: at(Int64(id)))
            state.established(id, at: at(Int64(id)))
            state.closed(id)
        }
        #expect(state.count == 0 && state.handshakes == 0)
        #expect(state.remembered < 1_000)
    }

    @Test func withoutHandshakesThereIsNoBoundOnThem() {
        var state = state(handshakes: .max, connections: 2)
        state.opened(0, at: at(0))
        state.established(0, at: at(0))
        #expect(state.heard(0, at: at(0)) == true)
        #expect(state.accept(at: at(0)) == .accept)
    }
}
