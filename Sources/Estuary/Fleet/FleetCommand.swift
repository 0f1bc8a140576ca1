internal import ArgumentParser
internal import Device
internal import Fleet
internal import Foundation

/// `estuary fleet`
struct FleetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fleet", abstract: "Simulate a fleet of devices, to measure what an EST server bears.",
        discussion: """
            estuary fleet --server est.example.com --trust-anchor ca.pem --secret-file secret --count 1000
            estuary fleet --server est.example.com --trust-anchor ca.pem --secret-file secret \\
                --mix reenroll=9,cacerts=1 --connection new --rate 500 --duration 60s --plot latency.svg

            It makes keys and requests first, then starts the clock. The closed loop (--concurrency) begins a request \
            when one has ended, and so shows the most that the server can do; the open loop (--rate) begins them as \
            devices would, without regard to the server, and counts latency from the moment at which a request was \
            to begin. `reenroll` shows each device's newest certificate; the devices enroll with the secret before \
            the clock starts. Ctrl-C ends a run in order, a second one at once.

            This is a load generator: against a server that others depend on, ask before.
            """)

    @OptionGroup(title: "Server") var server: FleetServerOptions
    @OptionGroup(title: "Secret") var secret: SecretOptions
    @OptionGroup(title: "Load") var load: FleetLoadOptions
    @OptionGroup(title: "Devices") var devices: FleetDeviceOptions
    @OptionGroup(title: "Report") var report: FleetReportOptions

    func validate() throws {
        _ = try plan()
    }

    /// Everything but the trust anchors and the secret, which are read when the run begins.
    func plan() throws -> FleetPlan {
        var plan = FleetPlan(server: try server.address(), trust: .system, mix: load.mix.mix)
        plan.authentication = load.authentication
        plan.connectionUse = load.connection
        plan.load = load.load
        plan.end = load.end
        plan.rampSeconds = Double(load.ramp?.seconds ?? 0)
        plan.threads = load.threads
        plan.timeoutSeconds = Double(load.timeout.seconds)
        plan.offersHybridKeyAgreement = load.hybridKeyAgreement
        plan.obeysRetryAfter = load.obeyRetryAfter
        return plan
    }

    func run() async throws {
        var plan = try plan()
        plan.trust = try server.trust()
        plan.password = try secret.password()
        if plan.password == nil, plan.needsFreshDevices || plan.needsEnrolledDevices && devices.credentials == nil {
            throw Failure(
                "The devices need a secret to enroll with: name its file with --secret-file, or set "
                    + "\(SecretOptions.variable).",
                hint: "Or take devices that an earlier run has enrolled and saved, with --credentials.")
        }
        let stop = StopSwitch()
        let signals = StopSignals()
        let numbers = signals.numbers
        let listener = Task {
            for await number in numbers {
                stop.press()
                if number == 1 { Output.remark("Ending; once more drops what is in flight.") }
            }
        }
        defer {
            signals.end()
            listener.cancel()
        }
        let display = FleetDisplay(isTerminal: isatty(STDERR_FILENO) == 1, isQuiet: report.quiet)
        let fleet = try await PreparedFleet(plan: plan, options: devices, stop: stop, display: display)
        guard stop.level == 0 else { throw ExitCode(130) }
        var run = FleetRun(plan: plan, fresh: fleet.fresh, enrolled: fleet.enrolled)
        run.serverProcesses = try report.serverProcesses()
        display.begin(plan)
        let result = try await run.run(stop: stop, interval: display.interval) { display.show($0) }
        display.end()
        let facts = FleetReport(plan: plan, preparation: fleet.preparation, result: result)
        try Output.line(FleetSummary(facts).text)
        try report.write(facts, result)
        try devices.save(fleet.fresh + fleet.enrolled)
        if result.succeeded == 0 || result.hasUnexpectedFailures { throw ExitCode.failure }
    }
}
