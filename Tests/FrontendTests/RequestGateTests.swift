internal import Testing

@testable internal import Frontend

@Suite struct RequestGateTests {
    private typealias Head = RequestGate.Head

    private func gate(body: Int = 100, drain: Int = 300) -> RequestGate {
        RequestGate(limits: .init(body: body, drain: drain))
    }

    @Test func aWholeRequestIsDispatchedAndTheConnectionGoesOn() {
        var gate = gate()
        #expect(gate.head(Head(keepsAlive: true, contentLength: 10)) == .nothing)
        #expect(gate.body(bytes: 4) == .keepBody)
        #expect(gate.body(bytes: 6) == .keepBody)
        #expect(gate.end() == .dispatch)
        #expect(gate.isResponding)
        #expect(gate.keepsAlive)
        #expect(gate.answered() == .next)
        #expect(gate.head(Head(keepsAlive: false)) == .nothing)
        #expect(gate.end() == .dispatch)
        #expect(!gate.keepsAlive)
        #expect(gate.answered() == .close)
    }

    @Test func continueIsSentOnlyToWhoeverAskedAndHasABody() {
        var asking = gate()
        #expect(asking.head(Head(keepsAlive: true, expectsContinue: true, contentLength: 5)) == .sendContinue)
        var chunked = gate()
        #expect(chunked.head(Head(keepsAlive: true, expectsContinue: true)) == .sendContinue)
        var empty = gate()
        #expect(empty.head(Head(keepsAlive: true, expectsContinue: true, contentLength: 0)) == .nothing)
        var refused = gate()
        #expect(
            refused.head(Head(keepsAlive: true, expectsContinue: true, contentLength: 5, isRefused: true))
                == .answerAndDrain(.byHead))
    }

    @Test func anAnnouncedLongBodyIsRefusedBeforeItComes() {
        var gate = gate()
        #expect(gate.head(Head(keepsAlive: true, contentLength: 101)) == .answerAndDrain(.bodyTooLarge))
        #expect(gate.body(bytes: 101) == .nothing)
        #expect(gate.end() == .close)
    }

    @Test func aLongBodyWithoutAnnouncementIsRefusedWhereItGetsTooLong() {
        var gate = gate()
        #expect(gate.head(Head(keepsAlive: true)) == .nothing)
        #expect(gate.body(bytes: 100) == .keepBody)
        #expect(gate.body(bytes: 1) == .answerAndDrain(.bodyTooLarge))
        #expect(gate.body(bytes: 199) == .nothing)
        #expect(gate.body(bytes: 1) == .abort)
    }

    @Test func whatTheHeadRefusesWinsOverTheBodysLength() {
        var gate = gate()
        #expect(
            gate.head(Head(keepsAlive: true, contentLength: 5_000, isRefused: true)) == .answerAndDrain(.byHead))
    }

    @Test func aRefusedRequestIsReadToItsEndAndTheConnectionGoesOn() {
        var gate = gate()
        #expect(gate.head(Head(keepsAlive: true, contentLength: 3, isRefused: true)) == .nothing)
        #expect(gate.body(bytes: 3) == .nothing)
        #expect(gate.end() == .answer(.byHead))
        #expect(gate.answered() == .next)
    }

    @Test func deadlinesEndWhatTheyBelongTo() {
        var idle = gate()
        #expect(idle.deadline() == .close)
        var begun = gate()
        #expect(begun.headBegan() == true)
        #expect(begun.headBegan() == false)
        #expect(begun.deadline() == .answerAndClose(.tooSlow))
        var receiving = gate()
        _ = receiving.head(Head(keepsAlive: true, contentLength: 3))
        #expect(receiving.deadline() == .answerAndClose(.tooSlow))
        var responding = gate()
        _ = responding.head(Head(keepsAlive: true))
        _ = responding.end()
        #expect(responding.deadline() == .nothing)
        #expect(responding.answered() == .next)
    }

    @Test func aClientThatIsDoneSendingStillGetsItsAnswer() {
        var gate = gate()
        _ = gate.head(Head(keepsAlive: true))
        _ = gate.end()
        #expect(gate.inputClosed() == .nothing)
        #expect(!gate.keepsAlive)
        #expect(gate.answered() == .close)
    }

    @Test func whatIsNoHTTPIsAnsweredOnce() {
        var gate = gate()
        #expect(gate.unreadable(.malformed) == .answerAndClose(.malformed))
        #expect(gate.unreadable(.malformed) == .nothing)
        #expect(gate.deadline() == .nothing)
        var busy = self.gate()
        _ = busy.head(Head(keepsAlive: true))
        _ = busy.end()
        #expect(busy.unreadable(.malformed) == .nothing)
        #expect(busy.answered() == .close)
    }

    @Test func whatTheHeadRefusedIsNotCalledSlow() {
        var refused = gate()
        #expect(refused.head(Head(keepsAlive: true, contentLength: 10, isRefused: true)) == .nothing)
        #expect(refused.deadline() == .answerAndClose(.byHead))
        var slow = gate()
        #expect(slow.head(Head(keepsAlive: true, contentLength: 10)) == .nothing)
        #expect(slow.deadline() == .answerAndClose(.tooSlow))
    }
}
