internal import Foundation
internal import Synchronization
internal import Testing

/// A command that has run to its end: what it said, and how it ended.
struct CommandRun: Sendable {
    var status: Int32
    var output: Data
    var errors: String

    var text: String { String(decoding: output, as: UTF8.self) }

    /// Runs a command without a shell.
    ///
    /// - Parameters:
    ///   - arguments: the command, as a path or as a name that PATH has, and its arguments.
    ///   - limit: after this the command is killed.
    static func run(
        _ arguments: [String], input: Data? = nil, environment: [String: String] = [:], limit: Duration = .seconds(60)
    ) async throws -> CommandRun {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let (standardInput, standardOutput, standardError) = (Pipe(), Pipe(), Pipe())
        process.standardInput = standardInput
        process.standardOutput = standardOutput
        process.standardError = standardError
        return try await withCheckedThrowingContinuation { continuation in
            // Its own threads: a command may wait for another one that a test runs at the same time.
            Thread.detachNewThread {
                do {
                    try process.run()
                } catch {
                    continuation.resume(throwing: error)
                    return
                }
                let timer = DispatchSource.makeTimerSource()
                timer.schedule(deadline: .now() + .seconds(Int(limit.components.seconds)))
                timer.setEventHandler { kill(process.processIdentifier, SIGKILL) }
                timer.resume()
                let errors = Mutex(Data())
                let errorsRead = DispatchSemaphore(value: 0)
                let box = ReadingBox(errors)
                Thread.detachNewThread {
                    box.append(standardError.fileHandleForReading.readDataToEndOfFile())
                    errorsRead.signal()
                }
                if let input {
                    // A command that ends without reading its input closes the pipe.
                    try? standardInput.fileHandleForWriting.write(contentsOf: input)
                }
                try? standardInput.fileHandleForWriting.close()
                let output = standardOutput.fileHandleForReading.readDataToEndOfFile()
                errorsRead.wait()
                process.waitUntilExit()
                timer.cancel()
                continuation.resume(
                    returning: CommandRun(
                        status: process.terminationStatus, output: output,
                        errors: String(decoding: box.data, as: UTF8.self)))
            }
        }
    }

    /// Runs a command that must succeed; its output as text.
    @discardableResult
    static func text(
        _ arguments: [String], input: Data? = nil, environment: [String: String] = [:],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let run = try await run(arguments, input: input, environment: environment)
        try #require(run.status == 0, "\(arguments): \(run.errors) \(run.text)", sourceLocation: sourceLocation)
        return run.text
    }
}

private final class ReadingBox: Sendable {
    private let contents: Mutex<Data>

    init(_ contents: consuming sending Mutex<Data>) {
        self.contents = contents
    }

    var data: Data { contents.withLock { $0 } }

    func append(_ data: Data) {
        contents.withLock { $0 += data }
    }
}

/// Waits until a condition holds.
func wait(
    _ what: String, limit: Duration = .seconds(30), sourceLocation: SourceLocation = #_sourceLocation,
    until condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + limit
    while try await !condition() {
        try #require(ContinuousClock.now < end, "did not come true in time: \(what)", sourceLocation: sourceLocation)
        try await Task.sleep(for: .milliseconds(20))
    }
}
