internal import Foundation
internal import Testing

/// `openssl s_client` as a client on TLS 1.3 that prints its exporter value.
struct OpenSSLClient: Sendable {
    let port: Int

    /// Connects, hands the exporter's value (base64) to the closure, sends what that returns, and returns what came.
    func exporter(_ request: @Sendable (String) throws -> String) async throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "openssl", "s_client", "-connect", "127.0.0.1:\(port)", "-tls1_3", "-keymatexport",
            "EXPORTER-Channel-Binding", "-keymatexportlen", "32", "-ign_eof", "-nocommands",
        ]
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
        try await eventually("openssl prints the exporter") {
            try printed().contains("Keying material: ") && printed().contains("---\n")
        }
        let line = try #require(
            try printed().split(separator: "\n").first { $0.contains("Keying material: ") })
        let digits = Array(line.split(separator: " ").last ?? "")
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(digits[$0...($0 + 1)]), radix: 16)
        }
        try input.fileHandleForWriting.write(contentsOf: Data(try request(Data(bytes).base64EncodedString()).utf8))
        try await eventually("the answer is there") { try printed().contains("\r\n\r\n") && !process.isRunning }
        return try printed()
    }
}
