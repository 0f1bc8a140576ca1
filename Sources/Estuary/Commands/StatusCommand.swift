internal import ArgumentParser
internal import ClusterProtocol

/// `estuary status`
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show how every process of the cluster is.",
        discussion: """
            Exit status 0 when every process is reachable. In a signer's first seconds the frontends that have not \
            reported to it yet are awaited, which is no failure.
            """)

    @OptionGroup var state: StateOptions
    @OptionGroup var output: OutputOptions
    @Flag(help: "Print the signer's metrics as Prometheus text instead.")
    var metrics = false

    func validate() throws {
        if metrics && output.json { throw ValidationError("--metrics and --json exclude each other.") }
    }

    func run() async throws {
        var connection = try state.connection()
        connection.callTimeout = .seconds(5)
        if metrics {
            let text = try await connection.withSigner { try await $0.metrics(MetricsRequest()) }.text
            try Output.line(text.hasSuffix("\n") ? String(text.dropLast()) : text)
            return
        }
        var report = StatusReport(now: TimeText.now)
        do {
            report.signer = try await connection.withSigner { try await $0.status(SignerStatusRequest()) }
        } catch let failure as Failure {
            report.signerProblem = failure.message
        }
        do {
            report.auditor = try await connection.withAuditor { try await $0.status(AuditorStatusRequest()) }
        } catch let failure as Failure {
            report.auditorProblem = failure.message
        }
        if output.json {
            try Output.json(report)
        } else {
            try Output.line(report.text)
        }
        guard report.isHealthy else { throw ExitCode.failure }
    }
}
