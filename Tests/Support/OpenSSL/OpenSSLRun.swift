internal import Foundation

/// A run of the real `openssl`, in a folder of its own with the files that it needs.
package struct OpenSSLRun: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    package let status: Int32
    /// Standard output and standard error.
    package let text: String
    /// The file `out`, where the command wrote one.
    package let out: [UInt8]?

    /// - Parameter files: by name; the arguments name them so.
    package static func run(_ arguments: [String], files: [String: [UInt8]] = [:]) async throws -> OpenSSLRun {
        try await withCheckedThrowingContinuation { continuation in
            // A thread of its own: the cooperative ones are few.
            Thread.detachNewThread {
                continuation.resume(with: Result { try perform(arguments, files: files) })
            }
        }
    }

    /// What a command that must succeed prints.
    package static func text(_ arguments: [String], files: [String: [UInt8]] = [:]) async throws -> String {
        let run = try await run(arguments, files: files)
        guard run.status == 0 else { throw Failure(description: "\(arguments): \(run.text)") }
        return run.text
    }

    /// The file `out` that a command writes, which must succeed.
    package static func output(_ arguments: [String], files: [String: [UInt8]] = [:]) async throws -> [UInt8] {
        let run = try await run(arguments, files: files)
        guard run.status == 0, let out = run.out else { throw Failure(description: "\(arguments): \(run.text)") }
        return out
    }

    /// PEM of a DER structure.
    package static func pem(_ der: some Sequence<UInt8>, _ kind: String = "CERTIFICATE") -> [UInt8] {
        let text = Data(der).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        return Array("-----BEGIN \(kind)-----\n\(text)\n-----END \(kind)-----\n".utf8)
    }

    private static func perform(_ arguments: [String], files: [String: [UInt8]]) throws -> OpenSSLRun {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("estuary-ssl-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, contents) in files {
            try Data(contents).write(to: folder.appendingPathComponent(name))
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.currentDirectoryURL = folder
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let out = folder.appendingPathComponent("out")
        return OpenSSLRun(
            status: process.terminationStatus, text: text,
            out: FileManager.default.fileExists(atPath: out.path) ? Array(try Data(contentsOf: out)) : nil)
    }
}
