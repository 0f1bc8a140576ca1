internal import ArgumentParser
internal import Foundation

/// `estuary up`
struct Up: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Run a whole cluster on this machine: signer, auditor and frontends.",
        discussion: """
            The first time, makes the state directory (see `estuary init --help`). Starts every process, and again \
            the one that dies. When a device can enroll, prints the line `ready` and commands to try it. The \
            processes' logs are in DIR/logs. Ctrl-C stops all in order; a second Ctrl-C kills them.
            """)

    @OptionGroup var state: StateOptions
    @OptionGroup var cluster: ClusterOptions

    func validate() throws {
        try cluster.requireLoopbackConsole()
        guard cluster.frontends != 0 else { throw ClusterOptions.frontendsOutOfBounds }
    }

    func run() async throws {
        let directory = try state.directory()
        // A reader of the remarks that goes away must not take the cluster with it.
        signal(SIGPIPE, SIG_IGN)
        // Before anything is made: a signal that comes during a step is answered after it.
        let signals = StopSignals()
        let isNew = directory.isVacant
        if isNew {
            Output.remark("Making a new cluster in \(directory.path) …")
            try await cluster.initialization(of: directory).run(until: signals)
        }
        let installed = try InstalledCluster(directory)
        let lock = try StateLock(directory)
        if !isNew { try installed.check(cluster) }
        try installed.checkPorts()
        try? FileManager.default.createDirectory(
            atPath: directory.logs, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let supervisor = try Supervisor(
            stages: try installed.stages(), logFolder: directory.logs, report: { Output.remark($0) })
        await supervisor.begin()
        let stop = signals.stop
        let announcing = Task { () -> Failure? in
            do {
                try await announce(installed)
                return nil
            } catch {
                // Someone waits for the line `ready` and will not see it.
                stop()
                return error as? Failure ?? Failure("\(error)")
            }
        }
        for await number in signals.numbers {
            announcing.cancel()
            if number == 1 {
                Output.remark("Stopping: frontends, signer, auditor. Ctrl-C again kills them.")
                await supervisor.stop()
                let end = signals.end
                Task {
                    await supervisor.waitUntilFinished()
                    end()
                }
            } else {
                await supervisor.killAll()
            }
        }
        await supervisor.waitUntilFinished()
        withExtendedLifetime((lock, signals)) {}
        Output.remark("Stopped.")
        if let failure = await announcing.value { throw failure }
    }

    /// Waits until every frontend is ready, then says so, and how a device enrolls.
    ///
    /// - Throws: ``Failure`` where it can't be said.
    private func announce(_ installed: InstalledCluster) async throws {
        var remaining = installed.frontends
        var patience = ContinuousClock.now.advanced(by: .seconds(30))
        while !Task.isCancelled {
            var waiting: [InstalledCluster.Frontend] = []
            for frontend in remaining where !(await ReadinessProbe(address: frontend.operations).isReady()) {
                waiting.append(frontend)
            }
            remaining = waiting
            guard !remaining.isEmpty else { break }
            if ContinuousClock.now > patience {
                patience = .now.advanced(by: .seconds(60))
                Output.remark(
                    "Still waiting for \(remaining.map(\.name).joined(separator: ", ")). The logs are in"
                        + " \(installed.state.logs).")
            }
            try? await Task.sleep(for: .milliseconds(100))
        }
        guard !Task.isCancelled else { return }
        try Output.line("ready")
        try Output.line("")
        try Output.line(
            FirstSteps(
                state: installed.state, listen: installed.frontends[0].listen,
                program: Programs.folder + "/estuary", isFirstSecretFresh: installed.isFirstSecretFresh,
                consoleURL: installed.consoleURL
            ).text)
    }
}
