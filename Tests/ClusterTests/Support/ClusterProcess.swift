internal import Foundation
internal import Synchronization
internal import Testing

/// One running process of a cluster under test.
final class ClusterProcess: Sendable {
    let name: String
    private let process: Process
    private let standardInput = Pipe()
    private let logFile: FileHandle

    /// Starts a process, its log appended to a file.
    init(name: String, executable: String, arguments: [String], environment: [String: String], log: String) throws {
        self.name = name
        if !FileManager.default.fileExists(atPath: log) {
            _ = FileManager.default.createFile(atPath: log, contents: nil)
        }
        logFile = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
        try logFile.seekToEnd()
        process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        // The process ends when this one does: its standard input then reaches its end.
        process.standardInput = standardInput
        process.standardOutput = logFile
        process.standardError = logFile
        try process.run()
    }

    var isRunning: Bool { process.isRunning }
    var identifier: pid_t { process.processIdentifier }

    func signal(_ signal: Int32) {
        kill(process.processIdentifier, signal)
    }

    /// Waits for the end, however it comes; the exit status, or the signal that ended it.
    @discardableResult
    func waitForEnd() async throws -> Int32 {
        try await wait("\(name) ends", limit: .seconds(40)) { !process.isRunning }
        return process.terminationStatus
    }

    /// Ends the process in good order.
    @discardableResult
    func stop() async throws -> Int32 {
        signal(SIGTERM)
        return try await waitForEnd()
    }

    /// Ends the process without warning.
    func killNow() async throws {
        signal(SIGKILL)
        try await waitForEnd()
    }
}
