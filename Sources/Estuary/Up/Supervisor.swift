internal import Foundation

/// Runs the processes of a cluster by the rules of ``Supervision``.
actor Supervisor {
    struct Program: Sendable {
        var name: String
        var path: String
        var arguments: [String]
    }

    private let programs: [String: Program]
    private let logs: [String: ProcessLog]
    /// Tells a person what happens.
    private let report: @Sendable (String) -> Void
    private var supervision: Supervision
    private var children: [String: ChildProcess] = [:]
    private var isFinished = false
    private var waiters: [CheckedContinuation<Void, Never>] = []
    private let start = ContinuousClock.now

    /// - Parameter stages: the programs in the order in which they are to end.
    init(
        stages: [[Program]], logFolder: String, settings: Supervision.Settings = Supervision.Settings(),
        report: @escaping @Sendable (String) -> Void
    ) throws {
        let all = Array(stages.joined())
        programs = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
        logs = Dictionary(
            uniqueKeysWithValues: try all.map { program in
                (program.name, try ProcessLog(path: "\(logFolder)/\(program.name).log"))
            })
        supervision = Supervision(stages: stages.map { $0.map(\.name) }, settings: settings)
        self.report = report
    }

    func begin() {
        perform(supervision.begin())
    }

    /// Ends everything in order. Returns at once: see ``waitUntilFinished()``.
    func stop() {
        perform(supervision.stop())
    }

    func killAll() {
        perform(supervision.killAll())
    }

    /// Returns when every process has ended after ``stop()`` or ``killAll()``.
    func waitUntilFinished() async {
        guard !isFinished else { return }
        await withCheckedContinuation { waiters.append($0) }
    }

    /// For tests: the identifiers of the processes that run.
    var identifiers: [String: Int32] { children.mapValues(\.identifier) }

    private var now: Double {
        let elapsed = start.duration(to: .now).components
        return Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
    }

    private func perform(_ actions: [Supervision.Action]) {
        for action in actions {
            switch action {
            case .start(let name): startProgram(name)
            case .wait(let name, let seconds): after(seconds) { $0.restartDue(name) }
            case .terminate(let name, let limit):
                children[name]?.terminate()
                after(limit) { $0.terminationOverdue(name) }
            case .kill(let name): children[name]?.kill()
            case .finish:
                isFinished = true
                for waiter in waiters { waiter.resume() }
                waiters = []
            }
        }
    }

    /// Reports an event to the rules later. A report that comes too late does nothing there.
    private func after(_ seconds: Double, _ event: @escaping @Sendable (inout Supervision) -> [Supervision.Action]) {
        Task {
            try? await Task.sleep(for: .seconds(seconds))
            perform(event(&supervision))
        }
    }

    private func startProgram(_ name: String) {
        guard let program = programs[name], let log = logs[name] else { return }
        do {
            children[name] = try ChildProcess(
                program: program.path, arguments: program.arguments, output: { log.append($0) },
                exited: { exit in
                    Task { await self.exited(name, "\(exit)") }
                })
            perform(supervision.started(name, at: now))
        } catch {
            exited(name, "can't be started: \(error)")
        }
    }

    private func exited(_ name: String, _ how: String) {
        children[name] = nil
        let actions = supervision.exited(name, at: now, chance: Double.random(in: 0..<1))
        if case .wait(_, let seconds)? = actions.first, let log = logs[name] {
            let delay = String(format: "%.1f", seconds)
            report(
                "\(name) \(how) and starts again in \(delay) s. Its log: \(log.path)"
                    + (log.lastLine.map { "\n  \($0)" } ?? ""))
        }
        perform(actions)
    }
}
