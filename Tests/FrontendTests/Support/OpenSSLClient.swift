internal import Foundation
internal import Testing

/// `openssl s_client`: a client whose TLS is not ours.
struct OpenSSLClient: Sendable {
    let port: Int

    /// Connects, waits for the end of the handshake, sends what the closure makes of what openssl has printed so far,
    /// and returns everything that it printed.
    func exchange(
        _ options: [String], request: @Sendable (String) throws -> String
    ) async throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["openssl", "s_client", "-connect", "127.0.0.1:\(port)", "-ign_eof", "-nocommands"] + options
        let input = Pipe()
        let output = FileManager.default.temporaryDirectory.appending(path: "s_client-\(UUID().uuidString)")
        try Data().write(to: output)
        defer { try? FileManager.default.removeItem(at: output) }
        let handle = try FileHandle(forWritingTo: output)
        process.standardInput = input
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        defer { process.terminate() }
        func printed() throws -> String {
            String(decoding: try Data(contentsOf: output), as: UTF8.self)
        }
        try await eventually("openssl is connected") { try printed().contains("Verify return code") }
        try input.fileHandleForWriting.write(contentsOf: Data(try request(try printed()).utf8))
        try await eventually("the answer is there") { try printed().contains("HTTP/1.1 ") && !process.isRunning }
        return try printed()
    }

    /// The value of the exporter in what openssl printed, base64.
    static func exporter(in printed: String) throws -> String {
        let line = try #require(printed.split(separator: "\n").first { $0.contains("Keying material: ") })
        let digits = Array(line.split(separator: " ").last ?? "")
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(digits[$0...($0 + 1)]), radix: 16)
        }
        return Data(bytes).base64EncodedString()
    }
}
