internal import Testing

@testable internal import estuary

@Suite struct SupervisionTests {
    static let stages = [["frontend-1", "frontend-2"], ["signer"], ["auditor"]]

    private func running() -> Supervision {
        var supervision = Supervision(stages: Self.stages)
        _ = supervision.begin()
        for name in Self.stages.joined() { _ = supervision.started(name, at: 0) }
        return supervision
    }

    private func terminate(_ name: String) -> Supervision.Action {
        .terminate(name, limit: Supervision.Settings().terminationLimit)
    }

    @Test func startsEverythingTheLastToEndFirst() {
        var supervision = Supervision(stages: Self.stages)
        #expect(
            supervision.begin() == [.start("auditor"), .start("signer"), .start("frontend-1"), .start("frontend-2")])
    }

    @Test func restartsWhatDiesAfterADelayThatDoublesUpToABound() {
        var supervision = running()
        var now = 0.0
        var delays: [Double] = []
        for _ in 0..<10 {
            guard case .wait("signer", let delay)? = supervision.exited("signer", at: now, chance: 0).first else {
                Issue.record("no restart")
                return
            }
            delays.append(delay)
            now += delay
            #expect(supervision.restartDue("signer") == [.start("signer")])
            #expect(supervision.started("signer", at: now) == [])
        }
        #expect(delays == [0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30])
    }

    @Test func chanceLengthensTheDelayByAQuarterAtMost() {
        var supervision = running()
        #expect(
            supervision.exited("signer", at: 0, chance: 0.999) == [.wait("signer", seconds: 0.5 * (1 + 0.25 * 0.999))])
    }

    @Test func aProcessThatRanLongStartsOverWithTheFirstDelay() {
        var supervision = running()
        _ = supervision.exited("signer", at: 1, chance: 0)
        _ = supervision.restartDue("signer")
        _ = supervision.started("signer", at: 2)
        #expect(supervision.exited("signer", at: 31.9, chance: 0) == [.wait("signer", seconds: 1)])
        _ = supervision.restartDue("signer")
        _ = supervision.started("signer", at: 40)
        #expect(supervision.exited("signer", at: 70, chance: 0) == [.wait("signer", seconds: 0.5)])
    }

    @Test func whatCannotBeStartedIsTriedAgain() {
        var supervision = Supervision(stages: Self.stages)
        _ = supervision.begin()
        #expect(supervision.exited("signer", at: 0, chance: 0) == [.wait("signer", seconds: 0.5)])
        #expect(supervision.restartDue("signer") == [.start("signer")])
        #expect(supervision.exited("signer", at: 1, chance: 0) == [.wait("signer", seconds: 1)])
    }

    @Test func endsStageByStage() {
        var supervision = running()
        #expect(supervision.stop() == [terminate("frontend-1"), terminate("frontend-2")])
        #expect(supervision.exited("frontend-2", at: 1, chance: 0) == [])
        #expect(supervision.exited("frontend-1", at: 1, chance: 0) == [terminate("signer")])
        #expect(supervision.exited("signer", at: 1, chance: 0) == [terminate("auditor")])
        #expect(supervision.exited("auditor", at: 1, chance: 0) == [.finish])
    }

    @Test func stoppingTwiceAsksOnce() {
        var supervision = running()
        _ = supervision.stop()
        #expect(supervision.stop() == [])
    }

    @Test func whatDiesWhileEverythingEndsIsNotRestarted() {
        var supervision = running()
        _ = supervision.stop()
        #expect(supervision.exited("auditor", at: 1, chance: 0) == [])
        _ = supervision.exited("frontend-1", at: 1, chance: 0)
        #expect(supervision.exited("frontend-2", at: 1, chance: 0) == [terminate("signer")])
        #expect(supervision.exited("signer", at: 1, chance: 0) == [.finish])
    }

    @Test func whatWaitsForItsRestartIsNotStartedWhenEverythingEnds() {
        var supervision = running()
        _ = supervision.exited("frontend-1", at: 1, chance: 0)
        #expect(supervision.stop() == [terminate("frontend-2")])
        #expect(supervision.restartDue("frontend-1") == [])
        #expect(supervision.exited("frontend-2", at: 1, chance: 0) == [terminate("signer")])
    }

    @Test func whatIsBeingStartedWhenEverythingEndsIsAskedToEndOnceItRuns() {
        var supervision = Supervision(stages: [["frontend-1"], ["signer"]])
        _ = supervision.begin()
        _ = supervision.started("signer", at: 0)
        #expect(supervision.stop() == [])
        #expect(supervision.started("frontend-1", at: 1) == [terminate("frontend-1")])
        #expect(supervision.exited("frontend-1", at: 1, chance: 0) == [terminate("signer")])
    }

    @Test func whatDoesNotEndInTimeIsKilled() {
        var supervision = running()
        _ = supervision.stop()
        #expect(supervision.terminationOverdue("frontend-1") == [.kill("frontend-1")])
        _ = supervision.exited("frontend-1", at: 21, chance: 0)
        #expect(supervision.terminationOverdue("frontend-1") == [])
        #expect(supervision.terminationOverdue("signer") == [])
    }

    @Test func killingEndsEverythingAtOnce() {
        var supervision = running()
        _ = supervision.exited("signer", at: 1, chance: 0)
        #expect(supervision.killAll() == [.kill("frontend-1"), .kill("frontend-2"), .kill("auditor")])
        _ = supervision.exited("frontend-1", at: 1, chance: 0)
        _ = supervision.exited("auditor", at: 1, chance: 0)
        #expect(supervision.exited("frontend-2", at: 1, chance: 0) == [.finish])
    }
}
