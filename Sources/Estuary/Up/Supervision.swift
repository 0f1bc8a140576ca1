/// Which processes are to run, which to be started again and when, and in which order they end: the rules, without any
/// process, clock or randomness.
///
/// Events come in as method calls and the actions to take come out. Times are seconds on any clock that never goes back.
struct Supervision {
    struct Settings {
        /// How long to wait before the first restart; each further one doubles it.
        var firstDelay = 0.5
        var maximumDelay = 30.0
        /// The part of the delay by which chance may lengthen it, so that processes that died together don't come back
        /// together.
        var jitter = 0.25
        /// A process that has run this long starts over with the first delay.
        var stablePeriod = 30.0
        /// How long a process has to end in good order before it is killed: more than the longest that its configuration
        /// allows (30 s), what a frontend adds for its last events (5 s) and its own cancellation after that (5 s).
        var terminationLimit = 45.0
    }

    enum Action: Equatable {
        case start(String)
        /// Report ``restartDue(_:)`` after so many seconds.
        case wait(String, seconds: Double)
        /// Ask the process to end, and report ``terminationOverdue(_:)`` after so many seconds.
        case terminate(String, limit: Double)
        case kill(String)
        /// Every process has ended; nothing more will come.
        case finish
    }

    private enum Phase: Equatable {
        /// Next: running, at ``started``; waiting, where it could not be started.
        case starting
        /// Next: waiting, when it exits; ending, when it is stopped; ended, when it exits after ``killAll()``.
        case running(since: Double)
        /// Next: starting, when its time has come; ended, when it is stopped.
        case waiting
        /// Asked to end. Next: ended.
        case ending
        case ended
    }

    private struct Process {
        var phase = Phase.ended
        /// Exits in a row, each after less than the stable period.
        var failures = 0
    }

    /// The order of ending: all of a stage end before the next is asked to.
    private let stages: [[String]]
    private let settings: Settings
    private var processes: [String: Process]
    /// nil until ``stop()``.
    private var stage: Int?
    private var isFinished = false

    /// - Parameter stages: the names of the processes, in the order in which they are to end. They start in the reverse
    ///   order.
    init(stages: [[String]], settings: Settings = Settings()) {
        self.stages = stages
        self.settings = settings
        processes = Dictionary(uniqueKeysWithValues: stages.joined().map { ($0, Process()) })
    }

    /// Starts everything. Once.
    mutating func begin() -> [Action] {
        stages.reversed().joined().map { name in
            processes[name]?.phase = .starting
            return .start(name)
        }
    }

    /// The process runs.
    mutating func started(_ name: String, at now: Double) -> [Action] {
        guard processes[name]?.phase == .starting else { return [] }
        processes[name]?.phase = .running(since: now)
        guard stage != nil else { return [] }
        // It was being started when the end began.
        return endStage()
    }

    /// The process has ended, or could not be started.
    ///
    /// - Parameter chance: from 0 up to 1.
    mutating func exited(_ name: String, at now: Double, chance: Double) -> [Action] {
        guard var process = processes[name] else { return [] }
        if stage != nil {
            processes[name]?.phase = .ended
            return endStage()
        }
        if case .running(let since) = process.phase, now - since >= settings.stablePeriod { process.failures = 0 }
        process.failures += 1
        process.phase = .waiting
        processes[name] = process
        return [.wait(name, seconds: delay(failures: process.failures, chance: chance))]
    }

    /// The wait before a restart is over.
    mutating func restartDue(_ name: String) -> [Action] {
        guard processes[name]?.phase == .waiting, stage == nil else { return [] }
        processes[name]?.phase = .starting
        return [.start(name)]
    }

    /// Ends everything, stage by stage. A second time it does nothing.
    mutating func stop() -> [Action] {
        guard stage == nil else { return [] }
        stage = 0
        return endStage()
    }

    /// A process has not ended within its limit.
    mutating func terminationOverdue(_ name: String) -> [Action] {
        processes[name]?.phase == .ending ? [.kill(name)] : []
    }

    /// Kills what still runs, whatever its stage.
    mutating func killAll() -> [Action] {
        var actions: [Action] = []
        for name in stages.joined() {
            switch processes[name]?.phase {
            case .running, .ending:
                processes[name]?.phase = .ending
                actions.append(.kill(name))
            case .waiting: processes[name]?.phase = .ended
            case .starting, .ended, nil: break
            }
        }
        stage = stage ?? 0
        return actions + endStage()
    }

    /// Seconds before the restart that follows so many failures in a row.
    private func delay(failures: Int, chance: Double) -> Double {
        var delay = settings.firstDelay
        for _ in 1..<max(failures, 1) where delay < settings.maximumDelay { delay *= 2 }
        return min(delay, settings.maximumDelay) * (1 + settings.jitter * chance)
    }

    /// Asks the current stage's processes to end, and goes on to the next stage when they have.
    private mutating func endStage() -> [Action] {
        var actions: [Action] = []
        while let current = stage, current < stages.count {
            var isOver = true
            for name in stages[current] {
                switch processes[name]?.phase {
                case .running:
                    processes[name]?.phase = .ending
                    actions.append(.terminate(name, limit: settings.terminationLimit))
                    isOver = false
                case .waiting: processes[name]?.phase = .ended
                case .starting, .ending: isOver = false
                case .ended, nil: break
                }
            }
            guard isOver else { return actions }
            stage = current + 1
        }
        guard !isFinished else { return actions }
        isFinished = true
        return actions + [.finish]
    }
}
