internal import Foundation
internal import Testing

/// A program of `scripts/reliability`.
enum ReliabilityScript {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../scripts/reliability").standardizedFileURL.path

    static func run(_ name: String, _ arguments: [String], limit: Duration = .seconds(60)) async throws -> CommandRun {
        _ = try InstalledProgram.require("python3", package: "python3")
        return try await CommandRun.run(["python3", "\(folder)/\(name)"] + arguments, limit: limit)
    }

    /// Whether a program ends with status 0: asked while the tests are being listed.
    static func succeeds(_ name: String, _ arguments: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "\(folder)/\(name)"] + arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}

extension CommandRun {
    /// The last line of what it printed.
    var lastLine: String { text.split(separator: "\n").last.map(String.init) ?? "" }
}

/// A folder with a short path, since the local sockets' paths have a limit.
final class ReliabilityFolder: Sendable {
    let path = "/tmp/est-r\(UInt32.random(in: .min ... .max))"

    init() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit {
        // What stays behind in the temporary folder is not worth a failed test.
        try? FileManager.default.removeItem(atPath: path)
    }
}
