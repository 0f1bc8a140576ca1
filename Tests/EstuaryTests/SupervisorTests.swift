internal import Foundation
internal import Synchronization
internal import Testing

@testable internal import estuary

/// The supervisor with real processes: shell scripts that stand in for the cluster's.
@Suite struct SupervisorTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func program(_ name: String, _ script: String) -> Supervisor.Program {
        Supervisor.Program(name: name, path: "/bin/sh", arguments: ["-c", script])
    }

    private func lines(_ name: String) -> [Substring] {
        ((try? folder.text(name)) ?? "").split(separator: "\n")
    }

    @Test func restartsAProcessThatDiesAndKeepsItsOutput() async throws {
        var settings = Supervision.Settings()
        settings.firstDelay = 0.01
        let reports = Mutex<[String]>([])
        let supervisor = try Supervisor(
            stages: [[program("worker", "echo started; echo oops >&2; exit 3")]], logFolder: folder.path,
            settings: settings, report: { text in reports.withLock { $0.append(text) } })
        await supervisor.begin()
        #expect(try await eventually { lines("worker.log").filter { $0 == "started" }.count >= 3 })
        await supervisor.stop()
        await supervisor.waitUntilFinished()
        let first = try #require(reports.withLock { $0.first })
        #expect(first.hasPrefix("worker ended with status 3 and starts again in 0.0 s."))
        #expect(first.hasSuffix("oops"))
    }

    @Test func endsProcessesInOrder() async throws {
        let order = folder.file("order")
        func obedient(_ name: String) -> Supervisor.Program {
            program(name, "trap 'echo \(name) >> \(order); exit 0' TERM; echo up; while :; do sleep 0.02; done")
        }
        let names = ["frontend", "signer", "auditor"]
        let supervisor = try Supervisor(
            stages: names.map { [obedient($0)] }, logFolder: folder.path, report: { _ in })
        await supervisor.begin()
        for name in names { #expect(try await eventually { lines("\(name).log") == ["up"] }) }
        await supervisor.stop()
        await supervisor.waitUntilFinished()
        #expect(lines("order").map(String.init) == names)
    }

    @Test func killsWhatDoesNotEnd() async throws {
        var settings = Supervision.Settings()
        settings.terminationLimit = 0.05
        let supervisor = try Supervisor(
            stages: [[program("deaf", "trap '' TERM; echo up; while :; do sleep 0.02; done")]],
            logFolder: folder.path, settings: settings, report: { _ in })
        await supervisor.begin()
        #expect(try await eventually { lines("deaf.log") == ["up"] })
        await supervisor.stop()
        await supervisor.waitUntilFinished()
    }

    @Test func aProcessSeesTheEndOfItsInputOnlyWhenTheSupervisorIsGone() async throws {
        // Ends by itself as soon as its standard input ends, which would be at once without the pipe.
        let supervisor = try Supervisor(
            stages: [[program("reader", "echo up; cat; echo end of input")], [program("other", "exec sleep 100")]],
            logFolder: folder.path, report: { _ in })
        await supervisor.begin()
        #expect(try await eventually { lines("reader.log") == ["up"] })
        #expect(try await eventually { await supervisor.identifiers.count == 2 })
        await supervisor.killAll()
        await supervisor.waitUntilFinished()
        #expect(lines("reader.log") == ["up"])
    }

    @Test func aProcessLogIsBounded() throws {
        var limits = ProcessLog.Limits()
        limits.bytes = 1000
        limits.predecessors = 2
        let log = try ProcessLog(path: folder.file("x.log"), limits: limits)
        for number in 0..<100 {
            Array("line \(number) \(String(repeating: ".", count: 60))\n".utf8).withUnsafeBytes(log.append)
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(names == ["x.log", "x.log.1", "x.log.2"])
        for name in names {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.file(name))
            #expect(try #require(attributes[.size] as? Int) <= 1000)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
        #expect(try folder.text("x.log").contains("line 99 "))
        #expect(log.lastLine?.hasPrefix("line 99 ") == true)
    }

    @Test func onlyOneRunsAStateDirectory() throws {
        let state = try StateDirectory(folder.path)
        let lock = try StateLock(state)
        let failure = try #require(throws: Failure.self) { try StateLock(state) }
        #expect(failure.message.contains("running already (process \(getpid()))"))
        withExtendedLifetime(lock) {}
    }

    @Test func aStateDirectoryIsFreeAgainAfterwards() throws {
        let state = try StateDirectory(folder.path)
        _ = try StateLock(state)
        _ = try StateLock(state)
    }
}
