internal import Foundation
internal import Testing

/// The auditor's page in headless Chromium, before a cluster of real processes: `Console/Python/console.py`.
@Suite struct ConsoleBrowserTests {
    private static let program = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Python/console.py").path

    /// Pictures of the views go into the folder that ESTUARY_SCREENSHOTS names, if it does.
    @Test(arguments: ["page", "away", "sign-in"]) func thePageShowsTheLog(scenario: String) async throws {
        for program in ["python3", "chromium", "openssl"] {
            _ = try InstalledProgram.require(program, package: program)
        }
        await ClusterPlaces.shared.take()
        defer { ClusterPlaces.shared.giveBack(ports: []) }
        let run = try await CommandRun.run(
            ["python3", "-B", Self.program, scenario, "--programs", TestCluster.executables], limit: .seconds(400))
        #expect(run.status == 0, "\(run.text)\(run.errors.suffix(6000))")
        let last = try #require(run.text.split(separator: "\n").last)
        #expect(last.hasSuffix(" cases, 0 failed") && !last.hasPrefix("0 "))
    }
}
