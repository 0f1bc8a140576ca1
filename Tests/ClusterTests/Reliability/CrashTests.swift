internal import Foundation
internal import Testing

/// The short form of `scripts/crash-test`, and its checker's own test: a copy with something wrong in it must be found.
@Suite struct CrashTests {
    @Test func killedProcessesLoseNothingAndTheCheckerFindsWhatIsWrong() async throws {
        await ClusterPlaces.shared.take()
        defer { ClusterPlaces.shared.giveBack(ports: []) }
        let folder = try ReliabilityFolder()
        defer { withExtendedLifetime(folder) {} }
        let run = try await ReliabilityScript.run(
            "crash.py",
            ["--programs", TestCluster.executables, "--kills", "6", "--seed", "5", "--keep", "\(folder.path)/kept"],
            limit: .seconds(220))
        #expect(run.status == 0, "\(run.errors.suffix(6000))")
        #expect(run.lastLine == "6 kills, 0 lost, 0 duplicates, 0 unlogged")

        let table = try await CommandRun.text(["python3", Self.tamper])
        for (index, line) in table.split(separator: "\n").enumerated() {
            let words = line.split(separator: " ").map(String.init)
            let copy = "\(folder.path)/copy-\(index)"
            try await CommandRun.text(["python3", Self.tamper, "\(folder.path)/kept", copy, words[0]])
            let check = try await ReliabilityScript.run(
                "check.py", ["--state", "\(copy)/state", "--journal", "\(copy)/journal.jsonl", "--kills", "6"])
            #expect(check.status == 1, "\(words[0])")
            let counted = try #require(check.lastLine.firstMatch(of: try Regex("([0-9]+) \(words[1])")))
            #expect(counted.output[1].substring != "0", "\(words[0]): \(check.lastLine)")
            try FileManager.default.removeItem(atPath: copy)
        }
    }

    @Test func theSameSeedIsTheSameSchedule() async throws {
        func schedule(_ seed: Int) async throws -> String {
            try await ReliabilityScript.run(
                "crash.py", ["--programs", "/", "--kills", "50", "--seed", "\(seed)", "--show-schedule"]
            ).text
        }
        let first = try await schedule(1)
        #expect(first.split(separator: "\n").count == 100)
        #expect(try await schedule(1) == first)
        #expect(try await schedule(2) != first)
    }

    private static let tamper = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Python/tamper.py").path
}
