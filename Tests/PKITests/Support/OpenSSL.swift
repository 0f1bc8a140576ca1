internal import Foundation
internal import Testing

/// The real `openssl` command, in a folder of its own for each call.
enum OpenSSL {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// The DER of the request that `openssl req -new -nodes …` makes.
    static func request(_ arguments: [String], configuration: String? = nil) throws -> [UInt8] {
        try inFolder { folder in
            var all = ["req", "-new", "-nodes", "-batch", "-outform", "DER", "-out", "csr", "-keyout", "key"]
            if let configuration {
                try configuration.write(to: folder.appendingPathComponent("c"), atomically: true, encoding: .utf8)
                all += ["-config", "c"]
            }
            try run(all + arguments, in: folder)
            return Array(try Data(contentsOf: folder.appendingPathComponent("csr")))
        }
    }

    /// What the command prints about a file with the given contents, named `in`.
    static func output(_ arguments: [String], input: [UInt8]) throws -> String {
        try inFolder { folder in
            try Data(input).write(to: folder.appendingPathComponent("in"))
            return try run(arguments, in: folder)
        }
    }

    private static func inFolder<T>(_ body: (URL) throws -> T) throws -> T {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("estuary-pki-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder)
    }

    @discardableResult
    private static func run(_ arguments: [String], in folder: URL) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.currentDirectoryURL = folder
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(description: output) }
        return output
    }
}
