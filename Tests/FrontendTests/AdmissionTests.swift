internal import ClusterProtocol
internal import ClusterTransport
internal import Testing

@testable internal import Frontend

@Suite struct AdmissionTests {
    @Test func runsThenWaitsThenSheds() {
        var state = AdmissionState(maximumRunning: 1, maximumWaiting: 1)
        #expect(state.request(1, label: "a", labelLimit: 10) == .run)
        #expect(state.request(2, label: "a", labelLimit: 10) == .wait)
        #expect(state.request(3, label: "a", labelLimit: 10) == .shed(.pool))
        #expect(state.leave(label: "a") == 2)
        #expect(state.request(4, label: "a", labelLimit: 10) == .wait)
        #expect(state.leave(label: "a") == 4)
        #expect(state.leave(label: "a") == nil)
        #expect(state.running == 0)
        #expect(state.request(5, label: "a", labelLimit: 10) == .run)
    }

    @Test func aLabelCantTakeThePlacesOfOthers() {
        var state = AdmissionState(maximumRunning: 10, maximumWaiting: 10)
        #expect(state.request(1, label: "a", labelLimit: 2) == .run)
        #expect(state.request(2, label: "a", labelLimit: 2) == .run)
        #expect(state.request(3, label: "a", labelLimit: 2) == .shed(.label))
        #expect(state.request(4, label: "b", labelLimit: 2) == .run)
        #expect(state.leave(label: "a") == nil)
        #expect(state.request(5, label: "a", labelLimit: 2) == .run)
    }

    @Test func whoGivesUpIsSkippedAndCountsNoMore() {
        var state = AdmissionState(maximumRunning: 1, maximumWaiting: 2)
        #expect(state.request(1, label: "a", labelLimit: 10) == .run)
        #expect(state.request(2, label: "a", labelLimit: 10) == .wait)
        #expect(state.request(3, label: "a", labelLimit: 10) == .wait)
        #expect(state.abandon(2, label: "a") == true)
        #expect(state.abandon(2, label: "a") == false)
        #expect(state.request(4, label: "a", labelLimit: 10) == .wait)
        #expect(state.leave(label: "a") == 3)
        #expect(state.abandon(3, label: "a") == false)
    }

    @Test func givingUpAgainAndAgainDoesNotFillTheQueue() {
        var state = AdmissionState(maximumRunning: 1, maximumWaiting: 1)
        _ = state.request(0, label: "a", labelLimit: 10)
        var shed = 0
        for id in 1...1_000 {
            switch state.request(UInt64(id), label: "a", labelLimit: 10) {
            case .wait: #expect(state.abandon(UInt64(id), label: "a") == true)
            case .shed: shed += 1
            case .run: Issue.record("nobody left")
            }
        }
        #expect(shed > 0)
        #expect(state.leave(label: "a") == nil)
        #expect(state.running == 0)
    }

    @Test func urgentOnesComeFirstAndTheOthersAreNotKeptOut() {
        var state = AdmissionState(maximumRunning: 1, maximumWaiting: 100)
        _ = state.request(0, label: "a", labelLimit: 1_000)
        for id in 1...4 { #expect(state.request(UInt64(id), label: "a", labelLimit: 1_000) == .wait) }
        for id in 101...108 {
            #expect(state.request(UInt64(id), label: "a", labelLimit: 1_000, isUrgent: true) == .wait)
        }
        let order = (0..<12).compactMap { _ in state.leave(label: "a") }
        #expect(order == [101, 102, 103, 1, 104, 105, 106, 2, 107, 108, 3, 4])
        #expect(state.leave(label: "a") == nil && state.running == 0)
    }

    @Test func anUrgentOneFindsRoomWhereTheOthersHaveFilledTheirs() {
        var state = AdmissionState(maximumRunning: 1, maximumWaiting: 4)
        for id in 0..<5 { _ = state.request(UInt64(id), label: "a", labelLimit: 100) }
        #expect(state.request(5, label: "a", labelLimit: 100) == .shed(.pool))
        #expect(state.request(6, label: "a", labelLimit: 100, isUrgent: true) == .wait)
        #expect(state.request(7, label: "a", labelLimit: 100, isUrgent: true) == .shed(.pool))
        #expect(state.abandon(6, label: "a") == true)
        #expect(state.waiting == 4)
        #expect(state.request(8, label: "a", labelLimit: 100, isUrgent: true) == .wait)
        #expect(state.leave(label: "a") == 8)
    }

    @Test func whatHasNoPlaceIsKnownBeforeItAsks() {
        var state = AdmissionState(maximumRunning: 1, maximumWaiting: 1)
        #expect(state.limit(label: "a", labelLimit: 2, isUrgent: false) == nil)
        #expect(state.request(1, label: "a", labelLimit: 2) == .run)
        #expect(state.limit(label: "a", labelLimit: 1, isUrgent: false) == .label)
        #expect(state.limit(label: "a", labelLimit: 2, isUrgent: false) == nil)
        #expect(state.request(2, label: "a", labelLimit: 2) == .wait)
        #expect(state.limit(label: "b", labelLimit: 2, isUrgent: false) == .pool)
        #expect(state.limit(label: "b", labelLimit: 2, isUrgent: true) == nil)
        #expect(state.request(3, label: "b", labelLimit: 2, isUrgent: true) == .wait)
        #expect(state.limit(label: "b", labelLimit: 2, isUrgent: true) == .pool)
    }

    @Test func whatFindsNoPlaceIsCountedByLabelAndReason() {
        let counts = ShedCounts()
        let pool = ServiceError(.overloaded, "Too many.", reason: .init(rawValue: "overloaded-pool"))
        for label in ["b", "a", "a"] { #expect(counts.count(pool, label: label)) }
        #expect(counts.count(ServiceError(.overloaded, "The signer has too much to do."), label: "a"))
        #expect(!counts.count(ServiceError(.credentialRefused, "No."), label: "a"))
        #expect(
            counts.takeReports() == [
                ShedCounts.Report(label: "a", reason: "overloaded", count: 1),
                ShedCounts.Report(label: "a", reason: "overloaded-pool", count: 2),
                ShedCounts.Report(label: "b", reason: "overloaded-pool", count: 1),
            ])
        #expect(counts.takeReports().isEmpty)
    }

    @Test func thePoolNeverRunsMoreThanItsBound() async throws {
        let pool = EnrollmentPool(maximumRunning: 4, maximumWaiting: 1_000, patience: .seconds(60))
        let counter = Counter()
        try await withThrowingTaskGroup { group in
            for _ in 0..<500 {
                group.addTask {
                    try await pool.run(label: "a", limit: 1_000) {
                        await counter.enter()
                        await Task.yield()
                        await counter.leave()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(await counter.highest <= 4)
        #expect(await counter.total == 500)
        #expect(pool.counts == (0, 0))
    }

    @Test func aCancelledWaiterLeavesAndOthersGoOn() async throws {
        let pool = EnrollmentPool(maximumRunning: 1, maximumWaiting: 10, patience: .seconds(60))
        let (blocker, release) = AsyncStream<Void>.makeStream()
        let first = Task {
            try await pool.run(label: "a", limit: 10) { for await _ in blocker { break } }
        }
        try await eventually { pool.counts.running == 1 }
        let waiting = Task { try await pool.run(label: "a", limit: 10) {} }
        try await eventually { pool.counts.waiting == 1 }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        release.finish()
        try await first.value
        try await pool.run(label: "a", limit: 10) {}
        #expect(pool.counts == (0, 0))
    }

    @Test func whoIsCancelledBeforeItWaitsHasNoPlace() async throws {
        let pool = EnrollmentPool(maximumRunning: 1, maximumWaiting: 10, patience: .seconds(60))
        let (blocker, release) = AsyncStream<Void>.makeStream()
        let first = Task {
            try await pool.run(label: "a", limit: 10) { for await _ in blocker { break } }
        }
        try await eventually { pool.counts.running == 1 }
        let cancelled = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await pool.run(label: "a", limit: 10) {}
        }
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        #expect(pool.counts == (1, 0))
        release.finish()
        try await first.value
        #expect(pool.counts == (0, 0))
    }

    private actor Counter {
        private var inside = 0
        private(set) var highest = 0
        private(set) var total = 0

        func enter() {
            inside += 1
            total += 1
            highest = max(highest, inside)
        }

        func leave() {
            inside -= 1
        }
    }
}
